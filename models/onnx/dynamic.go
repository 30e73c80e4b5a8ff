package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerDynamic() {
	register("DynamicQuantizeLinear", operator{handle: dynamicQuantize})
	register("DynamicQuantizeMatMul", operator{handle: dynamicMatMul, contrib: onlyContrib})
}

// A model that is quantised dynamically has weights of eight bits, and rounds each activation to levels of a scale that
// its own smallest and largest numbers give, anew in each run. It is imported as what it rounds: the activation as it
// is times the weights that the levels stand for. What an operator gives on the way has no value of its own here:
//
//	DynamicQuantizeLinear    x → levels, scale, zero point
//	MatMulInteger            levels × weights → sums in units of the scale
//	Mul                      scale × constants → the same; sums × scale → x × weights × constants

// dynamic is a value on that way.
type dynamic struct {
	what dynamicKind
	x    *axes.Tensor // what was quantised
	sums *axes.Tensor // x times the weights' levels
	by   *value       // constants by which the scale was multiplied; nil if by none
}

type dynamicKind int

const (
	dynamicLevels dynamicKind = iota
	dynamicScale
	dynamicZero
	dynamicSums
)

func dynamicQuantize(c *call) (*value, error) {
	x, err := c.any(0)
	if x == nil || err != nil {
		return nil, err
	}
	c.more = []*value{{dyn: &dynamic{what: dynamicScale, x: x}}, {dyn: &dynamic{what: dynamicZero, x: x}}}
	return &value{dyn: &dynamic{what: dynamicLevels, x: x}}, nil
}

// isDynamic reports whether an input is a value of dynamic quantisation.
func (c *call) isDynamic() bool {
	return slices.ContainsFunc(c.in, func(v *value) bool { return v != nil && v.dyn != nil })
}

// overDynamic imports a node with such inputs.
func (c *call) overDynamic() (*value, error) {
	at := func(i int) *dynamic {
		if !c.has(i) || c.in[i].dyn == nil {
			return &dynamic{what: -1}
		}
		return c.in[i].dyn
	}
	like := c.n.op // whose attributes it has
	if like == "ConvInteger" {
		like = "Conv"
	}
	if ok, err := c.plainForm(operators[like].heeds); !ok || err != nil {
		return nil, err
	}
	first, second := at(0), at(1)
	switch op := c.n.op; {
	case op == "Identity" || op == "Cast" && first.what == dynamicSums && elem(c.int("to", 0)).real():
		return renamed(c.in[0]), c.err
	case (op == "MatMulInteger" || op == "ConvInteger") && first.what == dynamicLevels:
		if zero := at(2); zero.what == dynamicZero && zero.x == first.x {
			return c.dynamicSums(first.x)
		}
	case op == "Mul" && first.what == dynamicSums && second.what == dynamicScale:
		return c.descaled(first, second)
	case op == "Mul" && first.what == dynamicScale && second.what == dynamicSums:
		return c.descaled(second, first)
	case op == "Mul" && (first.what == dynamicScale || second.what == dynamicScale):
		d, k := first, 1
		if second.what == dynamicScale {
			d, k = second, 0
		}
		if d.by == nil && c.has(k) && c.in[k].c != nil {
			by := *d
			by.by = c.in[k]
			return &value{dyn: &by}, nil
		}
	}
	c.unsupported("over levels, a scale or sums of dynamic quantisation; " + dynamicAdvice)
	return nil, nil
}

// dynamicSums are x times the levels of constant weights less their zero points.
func (c *call) dynamicSums(x *axes.Tensor) (*value, error) {
	w, err := c.constant(1)
	if w == nil || err != nil {
		return nil, err
	}
	op, a := "Conv", 0
	if c.n.op == "MatMulInteger" {
		op, a = "MatMul", len(w.c.dims)-1
	}
	p := &params{scale: []float32{1}, zero: []int32{0}}
	if c.has(3) {
		z, err := c.constant(3)
		if z == nil || err != nil {
			return nil, err
		}
		if err := c.im.b.Take(3 * z.c.elements()); err != nil {
			return nil, err
		}
		zeros, ok := z.c.ints(z.c.elements())
		if !ok || len(zeros) == 0 {
			return nil, fmt.Errorf("zero points of %v %v: %w", z.c.typ, z.c.dims, runtime.ErrShape)
		}
		p = &params{scale: slices.Repeat([]float32{1}, len(zeros)), zero: make([]int32, len(zeros)), typ: z.c.typ}
		for i, v := range zeros {
			p.zero[i] = int32(v)
		}
	}
	k, err := c.dequantConstant(w.c, p, a)
	if k == nil || err != nil {
		return nil, err
	}
	v, err := c.as(op, operators[op].handle, &value{t: x, typ: elemFloat}, k)
	if v == nil || err != nil {
		return nil, err
	}
	return &value{dyn: &dynamic{what: dynamicSums, x: x, sums: v.t}}, nil
}

// descaled is sums times the scale in whose units they are.
func (c *call) descaled(sums, scale *dynamic) (*value, error) {
	if sums.x != scale.x {
		c.unsupported("sums by the scale of another activation")
		return nil, nil
	}
	v := &value{t: sums.sums, typ: elemFloat}
	if scale.by == nil {
		return v, nil
	}
	return c.as("Mul", operators["Mul"].handle, v, scale.by)
}

// dynamicMatMul is the whole way in one node of ONNX Runtime: a, b, b's scale and zero point, and a bias.
func dynamicMatMul(c *call) (*value, error) {
	w, err := c.dequant(1, 2, 3, -1)
	if w == nil || err != nil || w.c == nil {
		return nil, err
	}
	v, err := c.as("MatMul", operators["MatMul"].handle, c.in[0], w)
	if v == nil || err != nil || !c.has(4) {
		return v, err
	}
	return c.as("Add", operators["Add"].handle, v, c.in[4])
}
