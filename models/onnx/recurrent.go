package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const recurrentHeeds = "activations clip direction hidden_size input_forget layout linear_before_reset | " +
	"activation_alpha activation_beta output_sequence"

func registerRecurrent() {
	// Recurrent layers of sequences whose length is known: each step becomes nodes of its own. They keep nothing from one
	// run to the next; initial states are inputs, last ones outputs.
	register("GRU", operator{handle: recurrentLayer, heeds: recurrentHeeds})
	register("LSTM", operator{handle: recurrentLayer, heeds: recurrentHeeds})
	register("RNN", operator{handle: recurrentLayer, heeds: recurrentHeeds})
}

// recurrent is one direction of a layer.
type recurrent struct {
	*call
	name         string
	gates        int
	in, hidden   int
	w, r, bw, br []float32 // [gates·hidden][in], [gates·hidden][hidden], [gates·hidden]
	linear       bool      // GRU's linear_before_reset
	h, c         *axes.Tensor
}

// inputs of the operators.
const (
	inX, inW, inR, inB, inLens, inH, inC, inP = 0, 1, 2, 3, 4, 5, 6, 7
)

func recurrentLayer(c *call) (*value, error) {
	layers, x, err := c.recurrent()
	if layers == nil || err != nil {
		return nil, err
	}
	b, name := c.im.b, c.name()
	batch, hidden := x.Dims[1], layers[0].hidden
	var all, lastH, lastC []*axes.Tensor
	for d, l := range layers {
		backward := d == 1 || c.str("direction", "forward") == "reverse"
		ys, err := l.run(x, backward)
		if err != nil {
			return nil, err
		}
		for i, y := range ys {
			if ys[i], err = b.Rearrange(fmt.Sprintf("%s/step%d", l.name, i), y, nil, []int{1, 1, batch, hidden}); err != nil {
				return nil, err
			}
		}
		y, err := b.Concat(l.name+"/steps", 0, ys...)
		if err != nil {
			return nil, err
		}
		all = append(all, y)
		for i, s := range []*axes.Tensor{l.h, l.c} {
			if s == nil {
				continue
			}
			s, err := b.Rearrange(fmt.Sprintf("%s/last%d", l.name, i), s, nil, []int{1, batch, hidden})
			if err != nil {
				return nil, err
			}
			if i == 0 {
				lastH = append(lastH, s)
			} else {
				lastC = append(lastC, s)
			}
		}
	}
	outs := make([]*value, 3)
	for i, parts := range [][]*axes.Tensor{all, lastH, lastC} {
		if len(parts) == 0 {
			continue
		}
		perm := []int{1, 0, 2} // [D B H] to [B D H], if the batch comes first
		along := 0
		if i == 0 {
			perm, along = []int{2, 0, 1, 3}, 1
		}
		t, err := b.Concat(fmt.Sprintf("%s/output%d", name, i), along, parts...)
		if err == nil && c.int("layout", 0) != 0 {
			t, err = b.Transpose(fmt.Sprintf("%s/batches%d", name, i), t, perm)
		}
		if err == nil {
			t, err = b.As(fmt.Sprintf("%s/laid%d", name, i), t, runtime.ChannelsLast)
		}
		if err != nil {
			return nil, err
		}
		outs[i] = &value{t: t, typ: elemFloat}
	}
	c.more = outs[1:]
	return outs[0], nil
}

// recurrent reads the layer's parameters, one for each direction, and its input as [steps, batch, in]. It gives none if
// something is unsupported, which is noted.
func (c *call) recurrent() ([]*recurrent, *axes.Tensor, error) {
	gates := map[string]int{"RNN": 1, "GRU": 3, "LSTM": 4}[c.n.op]
	dirs := 1
	switch dir := c.str("direction", "forward"); dir {
	case "forward", "reverse":
	case "bidirectional":
		dirs = 2
	default:
		return nil, nil, fmt.Errorf("direction %q: %w", dir, runtime.ErrGraph)
	}
	for _, attr := range []string{"activations", "clip", "input_forget"} {
		if c.n.find(attr) != nil && (attr != "input_forget" || c.int(attr, 0) != 0) {
			c.unsupported("%s; only the usual functions", attr)
			return nil, nil, nil
		}
	}
	if c.has(inLens) || c.has(inP) {
		c.unsupported("lengths of sequences, or peepholes")
		return nil, nil, nil
	}
	x, err := c.sequence()
	if x == nil || err != nil {
		return nil, nil, err
	}
	b, batchFirst := c.im.b, c.int("layout", 0) != 0
	w, err := c.real(inW)
	if w == nil || err != nil {
		return nil, nil, err
	}
	r, err := c.real(inR)
	if r == nil || err != nil {
		return nil, nil, err
	}
	in := x.Dims[2]
	if len(r.c.dims) != 3 || r.c.dims[2] < 1 {
		return nil, nil, fmt.Errorf("recurrent weights of %v: %w", r.c.dims, runtime.ErrShape)
	}
	hidden := r.c.dims[2]
	if !slices.Equal(w.c.dims, []int{dirs, gates * hidden, in}) ||
		!slices.Equal(r.c.dims, []int{dirs, gates * hidden, hidden}) {
		return nil, nil, fmt.Errorf("weights of %v and %v over %v: %w", w.c.dims, r.c.dims, x.Dims, runtime.ErrShape)
	}
	fw, err := b.Floats(w.src)
	if err != nil {
		return nil, nil, err
	}
	fr, err := b.Floats(r.src)
	if err != nil {
		return nil, nil, err
	}
	bias, err := b.Fill(2*dirs*gates*hidden, 0)
	if err == nil && c.has(inB) {
		bias, err = c.vector(inB, len(bias))
	}
	if bias == nil || err != nil {
		return nil, nil, err
	}
	layers := make([]*recurrent, dirs)
	for d := range layers {
		g := gates * hidden
		l := &recurrent{call: c, name: fmt.Sprintf("%s/direction%d", c.name(), d), gates: gates, in: in, hidden: hidden,
			w: fw[d*g*in:][:g*in], r: fr[d*g*hidden:][:g*hidden], bw: bias[2*d*g:][:g], br: bias[(2*d+1)*g:][:g],
			linear: c.int("linear_before_reset", 0) != 0}
		if l.h, err = c.initial(inH, d, dirs, x.Dims[1], hidden, batchFirst); l.h == nil || err != nil {
			return nil, nil, err
		}
		if c.n.op == "LSTM" {
			if l.c, err = c.initial(inC, d, dirs, x.Dims[1], hidden, batchFirst); l.c == nil || err != nil {
				return nil, nil, err
			}
		}
		layers[d] = l
	}
	return layers, x, nil
}

// sequence is the layer's input as [steps, batch, in].
func (c *call) sequence() (*axes.Tensor, error) {
	x, err := c.operand(inX)
	if x == nil || err != nil {
		return nil, err
	}
	b := c.im.b
	if x, err = b.As(c.name()+"/written", x, runtime.AsWritten); err != nil {
		return nil, err
	}
	if len(x.Dims) != 3 {
		return nil, fmt.Errorf("an input of %v: %w", x.Dims, runtime.ErrShape)
	}
	if c.int("layout", 0) == 0 {
		return x, nil
	}
	if x, err = b.Transpose(c.name()+"/steps", x, []int{1, 0, 2}); err != nil {
		return nil, err
	}
	return b.As(c.name()+"/inorder", x, runtime.AsWritten)
}

// initial is the state that direction d begins with, [batch, hidden]; zeros if the node does not say.
func (c *call) initial(i, d, dirs, batch, hidden int, batchFirst bool) (*axes.Tensor, error) {
	b, name := c.im.b, fmt.Sprintf("%s/initial%d.%d", c.name(), i, d)
	if !c.has(i) {
		return b.Constant(name, &axes.Source{Dims: []int{batch, hidden}, Decode: func([]float32) {}}, nil)
	}
	t, err := c.operand(i)
	if t == nil || err != nil {
		return nil, err
	}
	want, at := []int{dirs, batch, hidden}, 0
	if batchFirst {
		want, at = []int{batch, dirs, hidden}, 1
	}
	if !slices.Equal(t.Dims, want) {
		return nil, fmt.Errorf("an initial state of %v, want %v: %w", t.Dims, want, runtime.ErrShape)
	}
	ranges := make([]axes.Range, 3)
	ranges[at] = axes.Range{From: d, Step: 1, Count: 1}
	if t, err = b.Slice(name, t, ranges); err == nil {
		t, err = b.As(name+"/written", t, runtime.AsWritten)
	}
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/rows", t, nil, []int{batch, hidden})
}

// run computes all steps and returns what each gives, in the order of the input; h and c are the last states then.
func (l *recurrent) run(x *axes.Tensor, backward bool) ([]*axes.Tensor, error) {
	b, steps, batch := l.im.b, x.Dims[0], x.Dims[1]
	rows, err := b.Rearrange(l.name+"/rows", x, nil, []int{steps * batch, l.in})
	if err != nil {
		return nil, err
	}
	all, err := b.Add(l.name+"/input", &runtime.FC{K: l.gates * l.hidden, Weights: l.w, Bias: l.bw}, rows)
	if err != nil {
		return nil, err
	}
	ys := make([]*axes.Tensor, steps)
	for i := range steps {
		at := i
		if backward {
			at = steps - 1 - i
		}
		s := step{recurrent: l, name: fmt.Sprintf("%s/%d", l.name, at)}
		s.x, err = b.Slice(s.name+"/x", all, []axes.Range{{From: at * batch, Step: 1, Count: batch}, {}})
		if err != nil {
			return nil, err
		}
		switch l.n.op {
		case "LSTM":
			s.lstm()
		case "GRU":
			s.gru()
		default:
			s.h = s.curve("h", kernels.Tanh, s.both("sum", kernels.Plus, s.x, s.product(l.h, 0, 1)))
		}
		if s.err != nil {
			return nil, s.err
		}
		l.h, ys[at] = s.h, s.h
	}
	return ys, nil
}

// step is one step of a direction. The first error stays; after it nothing is added.
type step struct {
	*recurrent
	name string
	x, h *axes.Tensor // the input's share of all gates; the new state
	err  error
}

// try notes the error of a node.
func (s *step) try(t *axes.Tensor, err error) *axes.Tensor {
	if s.err == nil {
		s.err = err
	}
	return t
}

// both is arithmetic between two values.
func (s *step) both(word string, how kernels.Arithmetic, p, q *axes.Tensor) *axes.Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.im.b.Broadcast(s.name+"/"+word, &runtime.Binary{How: how}, p, q))
}

func (s *step) curve(word string, of kernels.Curve, t *axes.Tensor) *axes.Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.im.b.Add(s.name+"/"+word, &runtime.Curve{Of: of}, t))
}

// product is the share of a state in gates from on, n of them.
func (s *step) product(h *axes.Tensor, from, n int) *axes.Tensor {
	if s.err != nil {
		return nil
	}
	at, size := from*s.hidden, n*s.hidden
	return s.try(s.im.b.Add(fmt.Sprintf("%s/state%d", s.name, from), &runtime.FC{K: size,
		Weights: s.r[at*s.hidden:][:size*s.hidden], Bias: s.br[at:][:size]}, h))
}

// gate is a gate's part of a value of several.
func (s *step) gate(word string, of *axes.Tensor, i, n int) *axes.Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.im.b.Slice(s.name+"/"+word, of, []axes.Range{{}, {From: i * s.hidden, Step: 1, Count: n * s.hidden}}))
}

// lstm has the gates i, o, f, c: C = f·C + i·c, H = o·tanh(C).
func (s *step) lstm() {
	all := s.both("sum", kernels.Plus, s.x, s.product(s.recurrent.h, 0, 4))
	open := s.curve("open", kernels.Sigmoid, s.gate("iof", all, 0, 3))
	fresh := s.curve("fresh", kernels.Tanh, s.gate("c", all, 3, 1))
	kept := s.both("kept", kernels.Times, s.gate("f", open, 2, 1), s.recurrent.c)
	added := s.both("added", kernels.Times, s.gate("i", open, 0, 1), fresh)
	s.recurrent.c = s.both("cell", kernels.Plus, kept, added)
	s.h = s.both("h", kernels.Times, s.gate("o", open, 1, 1), s.curve("seen", kernels.Tanh, s.recurrent.c))
}

// gru has the gates z, r, h: H = h' + z·(H − h'), h' of the state times r, before its product or after.
func (s *step) gru() {
	old := s.recurrent.h
	open := s.curve("open", kernels.Sigmoid, s.both("sum", kernels.Plus, s.gate("zr", s.x, 0, 2), s.product(old, 0, 2)))
	reset := s.gate("r", open, 1, 1)
	var share *axes.Tensor
	if s.linear {
		share = s.both("reset", kernels.Times, reset, s.product(old, 2, 1))
	} else {
		share = s.product(s.both("reset", kernels.Times, reset, old), 2, 1)
	}
	fresh := s.curve("fresh", kernels.Tanh, s.both("new", kernels.Plus, s.gate("h'", s.x, 2, 1), share))
	kept := s.both("kept", kernels.Times, s.gate("z", open, 0, 1), s.both("apart", kernels.Minus, old, fresh))
	s.h = s.both("h", kernels.Plus, fresh, kept)
}
