package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
)

// spelled is a value that a model has spelled out of another, x:
//
//	s·x + t                        of gate none
//	k·(g(s·x + t) + c)             or k·x·(…) if it is multiplied by x
type spelled struct {
	x       *Value
	gate    gate
	times   bool
	s, t, h float32 // g clamps to [0, h]
	k, c    float32
}

// gate is the function within a spelled value.
type gate byte

const (
	none gate = iota
	clipGate
	sigmoidGate
	erfGate
	softplusGate
	tanhSoftplusGate
)

// recognise finds SiLU, HardSwish, HardSigmoid, Gelu and Mish where a model spells them out of other operations.
func recognise(g *Graph) (*Graph, error) {
	r, known := newRewriting(), map[*Value]spelled{}
	for _, n := range g.Nodes {
		e, ok := spell(n, func(v *Value) spelled {
			if e, ok := known[v]; ok {
				return e
			}
			return spelled{x: v, s: 1, k: 1}
		})
		if !ok {
			continue
		}
		known[n.Out] = e
		if f := e.function(); f != nil {
			if had, ok := n.Op.(*Curve); !ok || *had != *f {
				r.become(n, f, e.x)
			}
		}
	}
	return r.apply(g)
}

// spell returns what a node makes of what its inputs are.
func spell(n *Node, of func(*Value) spelled) (e spelled, ok bool) {
	if len(n.In) == 0 || n.Out.DType != F32 {
		return e, false
	}
	e = of(n.In[0])
	plain := e.gate == none
	switch op := n.Op.(type) {
	case *Identity:
		return e, true
	case *Affine:
		scale, shift, ok := op.uniform()
		return e.affine(scale, shift), ok && scale != 0 && (!e.times || shift == 0)
	case *Activation:
		e.gate, e.h = clipGate, op.Act.Hi
		return e, plain && op.Act.On && op.Act.Lo == 0 && op.Act.Hi > 0 && op.Act.Hi <= math.MaxFloat32
	case *Curve:
		switch op.Of {
		case kernels.HardSigmoid:
			e = e.affine(op.A, op.B)
			e.gate, e.h = clipGate, 1
			return e, plain && op.A != 0
		case kernels.Sigmoid:
			e.gate = sigmoidGate
		case kernels.Erf:
			e.gate = erfGate
		case kernels.Softplus:
			e.gate = softplusGate
		case kernels.Tanh:
			plain = e.gate == softplusGate && !e.times && e.k == 1 && e.c == 0
			e.gate = tanhSoftplusGate
		default:
			return e, false
		}
		return e, plain && e.t == 0
	case *Binary:
		if len(op.Of) == 1 && !op.Act.On {
			scale, shift, ok := op.line()
			return e.affine(scale, shift), ok && (!e.times || shift == 0)
		}
		if op.How != kernels.Times || op.Act.On || len(n.In) != 2 || n.In[0].Shape != n.In[1].Shape {
			return e, false
		}
		x := of(n.In[1])
		if plain {
			e, x = x, e
		}
		e.k *= x.s
		ok = e.gate != none && !e.times && x.gate == none && x.t == 0 && x.x == e.x
		e.times = true
		return e, ok
	}
	return e, false
}

// line returns arithmetic with one constant as a scale and shift; ok is false if it is none.
func (b *Binary) line() (scale, shift float32, ok bool) {
	k := b.Of[0]
	switch {
	case b.How == kernels.Plus:
		return 1, k, true
	case b.How == kernels.Minus && b.First:
		return -1, k, true
	case b.How == kernels.Minus:
		return 1, -k, true
	case b.How == kernels.Times:
		return k, 0, k != 0
	case b.How == kernels.Over && !b.First:
		return 1 / k, 0, k != 0
	}
	return 0, 0, false
}

// affine is e·scale + shift.
func (e spelled) affine(scale, shift float32) spelled {
	if e.gate == none {
		e.s, e.t = e.s*scale, float32(e.t*scale)+shift
		return e
	}
	e.k *= scale
	e.c += shift / e.k
	return e
}

// about reports whether two numbers are the same, but for how they were rounded.
func about(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-6*math.Abs(float64(b)) }

// function returns the curve that e is; nil if it is none.
func (e spelled) function() *Curve {
	whole := e.c == 0 && e.t == 0 && about(e.k, 1) && about(e.s, 1)
	switch {
	case e.gate == clipGate && e.c == 0 && about(e.k*e.h, 1):
		a, b := e.k*e.s, e.k*e.t
		switch {
		case !e.times && e.t != 0:
			return &Curve{Of: kernels.HardSigmoid, A: a, B: b}
		case e.times && about(a, 1./6) && about(b, 0.5):
			return &Curve{Of: kernels.HardSwish}
		}
	case !e.times:
	case e.gate == sigmoidGate && whole:
		return &Curve{Of: kernels.SiLU}
	case e.gate == tanhSoftplusGate && whole:
		return &Curve{Of: kernels.Mish}
	case e.gate == erfGate && e.t == 0 && about(e.k, 0.5) && about(e.c, 1) && about(e.s, math.Sqrt2/2):
		return &Curve{Of: kernels.Gelu}
	}
	return nil
}
