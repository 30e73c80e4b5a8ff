package onnx

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// recurrentCase is a layer with its numbers: steps × batch × in, hidden.
type recurrentCase struct {
	op                       string
	steps, batch, in, hidden int
	linear                   bool
	w, r, b                  []float32 // of one direction
}

// run is the definition in plain loops, of one direction.
func (c recurrentCase) run(x []float32, backward bool) []float64 {
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	n := c.hidden
	out := make([]float64, c.steps*c.batch*n)
	for k := range c.batch {
		h, cell := make([]float64, n), make([]float64, n)
		for s := range c.steps {
			at := s
			if backward {
				at = c.steps - 1 - s
			}
			in := func(g, i int) (v float64) { // the input's share of a gate
				for j := range c.in {
					v += float64(c.w[(g*n+i)*c.in+j]) * float64(x[(at*c.batch+k)*c.in+j])
				}
				return v + float64(c.b[g*n+i])
			}
			state := func(h []float64, g, i int) (v float64) {
				for j := range n {
					v += float64(c.r[(g*n+i)*n+j]) * h[j]
				}
				return v + float64(c.b[len(c.b)/2+g*n+i])
			}
			old, reset := slices.Clone(h), slices.Clone(h)
			gate := func(g, i int) float64 { return in(g, i) + state(old, g, i) }
			for i := range n {
				if c.op == "GRU" {
					reset[i] = sigmoid(gate(1, i)) * old[i]
				}
			}
			for i := range n {
				switch c.op {
				case "RNN":
					h[i] = math.Tanh(gate(0, i))
				case "LSTM":
					cell[i] = sigmoid(gate(2, i))*cell[i] + sigmoid(gate(0, i))*math.Tanh(gate(3, i))
					h[i] = sigmoid(gate(1, i)) * math.Tanh(cell[i])
				case "GRU":
					z, fresh := sigmoid(gate(0, i)), math.Tanh(in(2, i)+state(reset, 2, i))
					if c.linear {
						fresh = math.Tanh(in(2, i) + sigmoid(gate(1, i))*state(old, 2, i))
					}
					h[i] = (1-z)*fresh + z*old[i]
				}
			}
			copy(out[(at*c.batch+k)*n:], h)
		}
	}
	return out
}

// Recurrent layers in every direction give what their definition does; states begin with zeros in each run.
func TestRecurrent(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	random := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64()) / 2
		}
		return v
	}
	for _, op := range []string{"RNN", "GRU", "LSTM"} {
		for i, direction := range []string{"forward", "reverse", "bidirectional"} {
			gates := map[string]int{"RNN": 1, "GRU": 3, "LSTM": 4}[op]
			c := recurrentCase{op: op, steps: 4, batch: 2, in: 3, hidden: 2, linear: i%2 == 0}
			dirs, g := 1+i/2, gates*c.hidden
			w, rec, b := random(dirs*g*c.in), random(dirs*g*c.hidden), random(dirs*2*g)
			attrs := []wire.Msg{attrInt("hidden_size", int64(c.hidden)), attrStr("direction", direction)}
			if op == "GRU" && c.linear {
				attrs = append(attrs, attrInt("linear_before_reset", 1))
			}
			d, n, m := int64(dirs), int64(g), int64(c.hidden)
			model, err := Load(modelOf(14, []int64{4, 2, 3}, []wire.Msg{floats("w", []int64{d, n, 3}, w...),
				floats("r", []int64{d, n, m}, rec...), floats("b", []int64{d, 2 * n}, b...)},
				nodeOf(op, "x w r b", "y", attrs...)))
			if err != nil {
				t.Fatal(err)
			}
			x := random(24)
			for range 2 {
				got := compiled(t, model, x)
				for k := range dirs {
					c.w, c.r, c.b = w[k*g*c.in:][:g*c.in], rec[k*g*c.hidden:][:g*c.hidden], b[k*2*g:][:2*g]
					want := c.run(x, direction == "reverse" || k == 1)
					for j, v := range want { // [steps, directions, batch, hidden]
						s, rest := j/(2*c.hidden), j%(2*c.hidden)
						if f := got[(s*dirs+k)*2*c.hidden+rest]; math.Abs(float64(f)-v) > 1e-5 {
							t.Fatalf("%s %s, direction %d, element %d: %v, want %v", op, direction, k, j, f, v)
						}
					}
				}
			}
		}
	}
	for _, bad := range []wire.Msg{attrFloat("clip", 1), attrInt("input_forget", 1)} {
		_, err := Load(modelOf(14, []int64{4, 2, 3}, []wire.Msg{floats("w", []int64{1, 8, 3}, random(24)...),
			floats("r", []int64{1, 8, 2}, random(16)...)}, nodeOf("LSTM", "x w r", "y", bad)))
		var u *runtime.UnsupportedError
		if !errors.As(err, &u) {
			t.Errorf("%s: %v", fmt.Sprint(bad), err)
		}
	}
}

// compiled is a run in the model's order.
func compiled(t *testing.T, g *runtime.Graph, x []float32) []float32 {
	t.Helper()
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := make([]float32, s.Output(0).Shape().Elements())
	if err := errors.Join(s.Input(0).CopyFrom(x), s.Run(), s.Output(0).CopyTo(out)); err != nil {
		t.Fatal(err)
	}
	return out
}
