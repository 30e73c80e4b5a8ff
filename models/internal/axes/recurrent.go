package axes

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Recurrent is one direction of a recurrent layer over a sequence whose length is known: each step becomes nodes of its
// own.
type Recurrent struct {
	*Builder
	Kind         string // LSTM, GRU or RNN
	Name         string
	In, Hidden   int
	W, R, BW, BR []float32 // [gates·hidden][in], [gates·hidden][hidden], [gates·hidden]; the order of gates is ONNX's
	Linear       bool      // GRU's linear_before_reset
	Clip         float32   // bounds LSTM's C, if it is above 0
	H, C         *Tensor   // the state, [batch, hidden]; C is LSTM's
}

// Gates is how many gates a kind of layer has.
func Gates(kind string) int { return map[string]int{"RNN": 1, "GRU": 3, "LSTM": 4}[kind] }

// Run computes all steps and returns what each gives, in the order of the input; H and C are the last states then.
func (l *Recurrent) Run(x *Tensor, backward bool) ([]*Tensor, error) {
	b, steps, batch := l.Builder, x.Dims[0], x.Dims[1]
	rows, err := b.Rearrange(l.Name+"/rows", x, nil, []int{steps * batch, l.In})
	if err != nil {
		return nil, err
	}
	all, err := b.Add(l.Name+"/input", &runtime.FC{K: Gates(l.Kind) * l.Hidden, Weights: l.W, Bias: l.BW}, rows)
	if err != nil {
		return nil, err
	}
	ys := make([]*Tensor, steps)
	for i := range steps {
		at := i
		if backward {
			at = steps - 1 - i
		}
		s := step{Recurrent: l, name: fmt.Sprintf("%s/%d", l.Name, at)}
		s.x, err = b.Slice(s.name+"/x", all, []Range{{From: at * batch, Step: 1, Count: batch}, {}})
		if err != nil {
			return nil, err
		}
		switch l.Kind {
		case "LSTM":
			s.lstm()
		case "GRU":
			s.gru()
		default:
			s.h = s.curve("h", kernels.Tanh, s.both("sum", kernels.Plus, s.x, s.product(l.H, 0, 1)))
		}
		if s.err != nil {
			return nil, s.err
		}
		l.H, ys[at] = s.h, s.h
	}
	return ys, nil
}

// step is one step of a direction. The first error stays; after it nothing is added.
type step struct {
	*Recurrent
	name string
	x, h *Tensor // the input's share of all gates; the new state
	err  error
}

// try notes the error of a node.
func (s *step) try(t *Tensor, err error) *Tensor {
	if s.err == nil {
		s.err = err
	}
	return t
}

// both is arithmetic between two values.
func (s *step) both(word string, how kernels.Arithmetic, p, q *Tensor) *Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.Builder.Broadcast(s.name+"/"+word, &runtime.Binary{How: how}, p, q))
}

func (s *step) curve(word string, of kernels.Curve, t *Tensor) *Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.Builder.Add(s.name+"/"+word, &runtime.Curve{Of: of}, t))
}

// product is the share of a state in gates from on, n of them.
func (s *step) product(h *Tensor, from, n int) *Tensor {
	if s.err != nil {
		return nil
	}
	at, size := from*s.Hidden, n*s.Hidden
	return s.try(s.Builder.Add(fmt.Sprintf("%s/state%d", s.name, from), &runtime.FC{K: size,
		Weights: s.R[at*s.Hidden:][:size*s.Hidden], Bias: s.BR[at:][:size]}, h))
}

// gate is a gate's part of a value of several.
func (s *step) gate(word string, of *Tensor, i, n int) *Tensor {
	if s.err != nil {
		return nil
	}
	return s.try(s.Builder.Slice(s.name+"/"+word, of, []Range{{}, {From: i * s.Hidden, Step: 1, Count: n * s.Hidden}}))
}

// lstm has the gates i, o, f, c: C = f·C + i·c, H = o·tanh(C). C may be clipped.
func (s *step) lstm() {
	all := s.both("sum", kernels.Plus, s.x, s.product(s.H, 0, 4))
	open := s.curve("open", kernels.Sigmoid, s.gate("iof", all, 0, 3))
	fresh := s.curve("fresh", kernels.Tanh, s.gate("c", all, 3, 1))
	kept := s.both("kept", kernels.Times, s.gate("f", open, 2, 1), s.C)
	added := s.both("added", kernels.Times, s.gate("i", open, 0, 1), fresh)
	s.C = s.both("cell", kernels.Plus, kept, added)
	if s.Clip > 0 && s.err == nil {
		clip := &runtime.Activation{Act: runtime.Clamp{On: true, Lo: -s.Clip, Hi: s.Clip}}
		s.C = s.try(s.Builder.Add(s.name+"/clipped", clip, s.C))
	}
	s.h = s.both("h", kernels.Times, s.gate("o", open, 1, 1), s.curve("seen", kernels.Tanh, s.C))
}

// gru has the gates z, r, h: H = h' + z·(H − h'), h' of the state times r, before its product or after.
func (s *step) gru() {
	old := s.H
	open := s.curve("open", kernels.Sigmoid, s.both("sum", kernels.Plus, s.gate("zr", s.x, 0, 2), s.product(old, 0, 2)))
	reset := s.gate("r", open, 1, 1)
	var share *Tensor
	if s.Linear {
		share = s.both("reset", kernels.Times, reset, s.product(old, 2, 1))
	} else {
		share = s.product(s.both("reset", kernels.Times, reset, old), 2, 1)
	}
	fresh := s.curve("fresh", kernels.Tanh, s.both("new", kernels.Plus, s.gate("h'", s.x, 2, 1), share))
	kept := s.both("kept", kernels.Times, s.gate("z", open, 0, 1), s.both("apart", kernels.Minus, old, fresh))
	s.h = s.both("h", kernels.Plus, fresh, kept)
}
