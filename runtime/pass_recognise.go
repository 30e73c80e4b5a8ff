package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
)

// spelled is a value that a model has spelled out of another, x:
//
//	q·x³ + p·x² + s·x + t          of gate none
//	k·(g(q·x³ + s·x + t) + c)      or k·x·(…) if it is multiplied by x; but for tanhGate q is 0
type spelled struct {
	_       [0]func() // not compared; see uncompared of the kernels
	x       *Value
	gate    gate
	times   bool
	s, t, h float32 // g clamps to [0, h]
	p, q    float32
	k, c    float32
}

// itself is a value that is spelled out of nothing else.
func itself(v *Value) spelled { return spelled{x: v, s: 1, k: 1} }

// bent reports whether a value is a polynomial of a higher degree.
func (e spelled) bent() bool { return e.gate == none && (e.p != 0 || e.q != 0) }

// gate is the function within a spelled value.
type gate byte

const (
	none gate = iota
	clipGate
	sigmoidGate
	erfGate
	softplusGate
	tanhSoftplusGate
	tanhGate
)

// recognise finds SiLU, HardSwish, HardSigmoid, Gelu, GeluTanh and Mish where a model spells them out of other
// operations.
func recognise(g *Graph) (*Graph, error) {
	r, known := newRewriting(), map[*Value]spelled{}
	for _, n := range g.Nodes {
		e, ok := spell(n, func(v *Value) spelled {
			if e, ok := known[v]; ok {
				return e
			}
			return itself(v)
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
	if e, ok = bend(n, e, of); ok {
		return e, true
	}
	straight := func(v *Value) spelled { // for what takes no polynomials
		if e := of(v); !e.bent() {
			return e
		}
		return itself(v)
	}
	e = straight(n.In[0])
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
		x := straight(n.In[1])
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

// bend returns what a node makes of polynomials: another one, or its tanh. ok is false if it makes neither.
func bend(n *Node, e spelled, of func(*Value) spelled) (_ spelled, ok bool) {
	if e.gate != none {
		return e, false
	}
	two := func() (y spelled, ok bool) { // the second operand, if it is a polynomial of the same value
		if len(n.In) == 2 && n.In[0].Shape == n.In[1].Shape {
			y = of(n.In[1])
		}
		return y, y.gate == none && y.x == e.x
	}
	bare := !e.bent() && e.t == 0 // s·x
	switch op := n.Op.(type) {
	case *Affine:
		scale, shift, ok := op.uniform()
		return e.affine(scale, shift), ok && scale != 0 && e.bent()
	case *Curve:
		switch {
		case op.Of == kernels.Square && bare:
			e.s, e.p = 0, e.s*e.s
			return e, true
		case op.Of == kernels.Tanh && e.q != 0 && e.p == 0 && e.t == 0:
			e.gate = tanhGate
			return e, true
		}
	case *Add:
		if y, ok := two(); ok && !op.Act.On {
			e.s, e.t, e.p, e.q = e.s+y.s, e.t+y.t, e.p+y.p, e.q+y.q
			return e, true
		}
	case *Binary:
		switch {
		case op.Act.On:
		case len(op.Of) == 1 && op.How == kernels.Power && op.Of[0] == 3 && !op.First && bare:
			e.s, e.q = 0, e.s*e.s*e.s
			return e, true
		case len(op.Of) == 1:
			scale, shift, ok := op.line()
			return e.affine(scale, shift), ok && e.bent()
		case op.How == kernels.Plus:
			if y, ok := two(); ok {
				e.s, e.t, e.p, e.q = e.s+y.s, e.t+y.t, e.p+y.p, e.q+y.q
				return e, true
			}
		case op.How == kernels.Times:
			if y, ok := two(); ok {
				return e.product(y)
			}
		}
	}
	return e, false
}

// product is the product of two polynomials; ok is false if it is of a higher degree than three.
func (e spelled) product(y spelled) (_ spelled, ok bool) {
	a, b := [4]float32{e.t, e.s, e.p, e.q}, [4]float32{y.t, y.s, y.p, y.q}
	var out [4]float32
	for i, v := range a {
		for j, w := range b {
			switch {
			case v == 0 || w == 0:
			case i+j > 3:
				return e, false
			default:
				out[i+j] += float32(v * w)
			}
		}
	}
	e.t, e.s, e.p, e.q = out[0], out[1], out[2], out[3]
	return e, true
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
		e.p, e.q = e.p*scale, e.q*scale
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
	case e.gate == tanhGate && about(e.k, 0.5) && about(e.c, 1) && about(e.s, math.Sqrt2/math.SqrtPi) &&
		about(e.q, 0.044715*e.s):
		return &Curve{Of: kernels.GeluTanh}
	case e.gate == erfGate && e.t == 0 && about(e.k, 0.5) && about(e.c, 1) && about(e.s, math.Sqrt2/2):
		return &Curve{Of: kernels.Gelu}
	}
	return nil
}
