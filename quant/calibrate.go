package quant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Errors that callers may test for with errors.Is.
var (
	ErrNoInputs  = errors.New("no inputs to learn from")          // the source was empty
	ErrNotFinite = errors.New("a value is NaN or infinite")       // of the float graph, on calibration inputs
	ErrStats     = errors.New("statistics of another graph")      // a value is missing in the statistics
	ErrQuantised = errors.New("the graph is quantised already")   // Calibrate and Quantize want a float graph
	ErrUnlike    = errors.New("graphs with nothing in common")    // Compare found no layer of the same name and shape
	errNoOutputs = fmt.Errorf("no outputs: %w", runtime.ErrGraph) // as Compile says
)

// Stats is what calibration saw of each value of the simplified graph, by the name of its node or input.
type Stats struct {
	Graph    string                `json:"graph"`
	Inputs   int                   `json:"inputs"` // how many inputs were run
	Values   map[string]*Histogram `json:"values"`
	Channels map[string]*Channels  `json:"channels,omitempty"` // of convolutions and of functions
}

// Calibrate runs a float graph over the inputs of a source and keeps a histogram of every value. Once the context is
// done it returns the context's error.
func Calibrate(ctx context.Context, g *runtime.Graph, next Source, opts ...Option) (*Stats, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	if g, err = prepare(g); err != nil {
		return nil, err
	}
	r, err := newRunner(ctx, g, true, o.compile)
	if err != nil {
		return nil, err
	}
	defer r.close()
	s := &Stats{Graph: g.Name, Values: map[string]*Histogram{}, Channels: map[string]*Channels{}}
	hists, channels := make([]*Histogram, len(r.values)), make([]*Channels, len(r.values))
	for i, v := range r.values {
		hists[i] = new(Histogram)
		s.Values[v.Name] = hists[i]
		if i < r.ins {
			continue
		}
		if n := g.Nodes[i-r.ins]; runtime.FormOf(n.Op) == runtime.Rewritten || runtime.Pointwise(n.Op) {
			channels[i] = new(Channels)
			s.Channels[v.Name] = channels[i]
		}
	}
	var room []float32
	for {
		input := r.buffer
		if err := next(input); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("input %d: %w", s.Inputs, err)
		}
		if err := r.run(ctx, input); err != nil {
			return nil, err
		}
		for i := range r.values {
			xs := r.float(i)
			if c := channels[i]; c != nil {
				room = c.observe(xs, r.values[i].Shape.C, room)
			}
			hists[i].Observe(xs)
			if hists[i].Strange > 0 {
				return nil, fmt.Errorf("%q, input %d: %w", r.values[i].Name, s.Inputs, ErrNotFinite)
			}
		}
		s.Inputs++
		o.progress(s.Inputs)
	}
	if s.Inputs == 0 {
		return nil, ErrNoInputs
	}
	return s, nil
}

// Write writes the statistics as JSON.
func (s *Stats) Write(w io.Writer) error { return json.NewEncoder(w).Encode(s) }

// ReadStats reads what Write wrote. Its errors wrap runtime.ErrCorrupt.
func ReadStats(r io.Reader) (*Stats, error) {
	s := new(Stats)
	if err := json.NewDecoder(r).Decode(s); err != nil {
		if !errors.Is(err, runtime.ErrCorrupt) {
			err = fmt.Errorf("%w: %w", err, runtime.ErrCorrupt)
		}
		return nil, fmt.Errorf("calibration statistics: %w", err)
	}
	for name, h := range s.Values {
		if h == nil {
			return nil, fmt.Errorf("calibration statistics: %q is null: %w", name, runtime.ErrCorrupt)
		}
	}
	return s, nil
}

// runner runs a graph with all of its values to be seen.
type runner struct {
	values  []*runtime.Value // inputs, then what nodes make; of the graph given
	ops     []string         // what made them; not of the inputs
	outputs []int            // index in values of each of the graph's outputs
	session *runtime.Session
	buffer  []float32 // room for the graph's inputs
	scratch []float32 // of dequantised
	ins     int
}

// newRunner compiles a copy of a graph in which every value is an output, or the graph's outputs alone.
func newRunner(ctx context.Context, g *runtime.Graph, all bool, opts []runtime.Option) (*runner, error) {
	r := &runner{ins: len(g.Inputs)}
	c := runtime.NewGraphLike(g)
	c.SetLimits(unlimited)
	to, at := map[*runtime.Value]*runtime.Value{}, map[*runtime.Value]int{}
	size := 0
	for _, v := range g.Inputs {
		in, err := c.InputLike(v)
		if err != nil {
			return nil, err
		}
		to[v], at[v] = in, len(r.values)
		r.values = append(r.values, v)
		size += v.Shape.Elements()
	}
	r.buffer = make([]float32, size)
	for _, n := range g.Nodes {
		in := make([]*runtime.Value, len(n.In))
		for i, v := range n.In {
			in[i] = to[v]
		}
		out, err := c.Add(n.Name, n.Op, in...)
		if err != nil {
			return nil, err
		}
		to[n.Out] = out
		if !all && !slices.Contains(g.Outputs, n.Out) {
			continue
		}
		if err := c.Output(out); err != nil {
			return nil, err
		}
		at[n.Out] = len(r.values)
		r.values = append(r.values, n.Out)
		r.ops = append(r.ops, n.Op.Kind())
	}
	for _, v := range g.Outputs {
		r.outputs = append(r.outputs, at[v])
	}
	plan, err := runtime.CompileContext(ctx, c, opts...)
	if err != nil {
		return nil, err
	}
	r.session, err = plan.NewSession()
	return r, err
}

func (r *runner) close() { r.session.Close() }

// run computes all values of an input.
func (r *runner) run(ctx context.Context, input []float32) error {
	copy(r.buffer, input)
	for i := range r.ins {
		t := r.session.Input(i)
		n := copy(t.Float32(), input)
		for k, q := 0, t.Info().Quant; k < len(t.Uint8()); k++ {
			t.Uint8()[k] = q.Level(input[k])
			n++
		}
		n += whole(t.Int32(), input)
		input = input[n:]
	}
	return r.session.RunContext(ctx)
}

// whole fills dst with whole numbers, which a source gives as floats, and returns how many those are.
func whole(dst []int32, from []float32) int {
	for i := range dst {
		dst[i] = int32(max(-1<<24, min(1<<24, from[i])))
	}
	return len(dst)
}

// float returns value i as floats, whole numbers rounded to such, valid until the next call or run.
func (r *runner) float(i int) []float32 {
	if i < r.ins {
		at := 0
		for _, v := range r.values[:i] {
			at += v.Shape.Elements()
		}
		return r.buffer[at:][:r.values[i].Shape.Elements()]
	}
	t := r.session.Output(i - r.ins)
	if t.Info().DType == runtime.F32 {
		return t.Float32()
	}
	return r.dequantised(t)
}

func (r *runner) dequantised(t *runtime.Tensor) []float32 {
	q, u, w := t.Info().Quant, t.Uint8(), t.Int32()
	n := max(len(u), len(w))
	if len(r.scratch) < n {
		r.scratch = make([]float32, n)
	}
	out := r.scratch[:n]
	for i, v := range w {
		out[i] = float32(v)
	}
	for i, v := range u {
		out[i] = float32(int32(v)-int32(q.Zero)) * q.Scale
	}
	return out
}
