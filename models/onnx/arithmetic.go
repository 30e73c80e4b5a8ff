package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerArithmetic() {
	register("Add", operator{handle: arithmetic, takes: onQuanta})
	register("Div", operator{handle: arithmetic})
	register("Max", operator{handle: join, takes: onLazy})
	register("Mean", operator{handle: join})
	register("Min", operator{handle: join, takes: onLazy})
	register("Mod", operator{handle: mod, heeds: "fmod"})
	register("Mul", operator{handle: arithmetic})
	register("Pow", operator{handle: pow})
	register("PRelu", operator{handle: prelu})
	register("Sub", operator{handle: arithmetic})
	register("Sum", operator{handle: join})
}

// words are the operators of arithmetic.
var words = map[string]kernels.Arithmetic{"Add": kernels.Plus, "Sum": kernels.Plus, "Mean": kernels.Plus,
	"Sub": kernels.Minus, "Mul": kernels.Times, "Div": kernels.Over, "Max": kernels.Larger, "Min": kernels.Smaller}

// arithmetic is Add, Div, Mul and Sub. A constant that is one number, or one for each channel, is a scale or shift, or
// the bias of the layer before.
func arithmetic(c *call) (*value, error) {
	if !c.has(0) || !c.has(1) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	x, y := c.in[0], c.in[1]
	switch {
	case x.t != nil && y.t != nil:
		return c.residual(x.t, y.t)
	case x.c == nil && x.t == nil || y.c == nil && y.t == nil:
		return nil, nil
	}
	how, ki := words[c.n.op], 1
	if x.c != nil {
		ki = 0
	}
	if x.c != nil && y.c != nil || how == kernels.Over && ki == 0 {
		return c.between(how, 0, 1)
	}
	k, err := c.real(ki)
	if k == nil || err != nil {
		return nil, err
	}
	t := c.in[1-ki].t
	f, err := c.im.b.PerChannel(t, k.src)
	if err != nil {
		return nil, err
	}
	if f == nil || len(f) > 1 && c.dequantised(t) { // which has a form on uint8
		return c.between(how, 0, 1)
	}
	var scale, shift []float32
	switch how {
	case kernels.Plus:
		if v, done, err := c.addBias(c.in[1-ki], t, c.n.in[1-ki], f); done || err != nil {
			return v, err
		}
		shift = f
	case kernels.Times:
		scale = f
	case kernels.Minus:
		if ki == 0 {
			scale, shift = []float32{-1}, f
		} else if shift, err = c.im.b.Scaled(f, -1); err != nil {
			return nil, err
		}
	default:
		if scale, err = c.im.b.Fill(len(f), 0); err != nil {
			return nil, err
		}
		for i := range scale {
			scale[i] = 1 / f[i]
		}
	}
	return c.done(c.im.b.Affine(c.name(), t, scale, shift))
}

// dequantised reports whether a tensor is made of bytes by nothing but their scale.
func (c *call) dequantised(t *axes.Tensor) bool {
	n := c.im.b.Node(t)
	if n == nil {
		return false
	}
	_, ok := n.Op.(*runtime.Dequantize)
	return ok
}

// between is arithmetic between inputs i and j, of which one may be a constant.
func (c *call) between(how kernels.Arithmetic, i, j int) (*value, error) {
	for _, k := range []int{i, j} {
		if !c.has(k) {
			return nil, fmt.Errorf("input %d is missing: %w", k+1, runtime.ErrGraph)
		}
		if v := c.in[k]; v.c == nil && v.t == nil {
			return nil, nil
		}
	}
	op := runtime.Binary{How: how}
	x, y := c.in[i], c.in[j]
	switch {
	case x.t != nil && y.t != nil:
		return c.done(c.im.b.Binary(c.name(), op, x.t, y.t))
	case x.t == nil && y.t == nil:
		c.unsupported("arithmetic between constants; fold them before export")
		return nil, nil
	}
	if x.t == nil {
		op.First = true
		i, j = j, i
	}
	k, err := c.real(j)
	if k == nil || err != nil {
		return nil, err
	}
	return c.done(c.im.b.Beside(c.name(), op, c.in[i].t, k.src))
}

// residual is arithmetic between two activations.
func (c *call) residual(x, y *axes.Tensor) (*value, error) {
	if c.n.op == "Add" && slices.Equal(x.Dims, y.Dims) { // of which there is a fast kernel
		return c.add(&runtime.Add{}, x, y)
	}
	if c.quanta {
		ts, err := c.floats(x, y)
		if err != nil {
			return nil, err
		}
		x, y = ts[0], ts[1]
	}
	return c.done(c.im.b.Binary(c.name(), runtime.Binary{How: words[c.n.op]}, x, y))
}

// join is Max, Min, Sum and Mean, of any number of activations and constants, two by two from the left.
func join(c *call) (*value, error) {
	if len(c.in) == 0 || !c.has(0) {
		return nil, fmt.Errorf("no inputs: %w", runtime.ErrGraph)
	}
	how := words[c.n.op]
	if v, ok, err := c.bounded(how); ok || err != nil {
		return v, err
	}
	for i, v := range c.in {
		var err error
		if c.in[i], err = c.im.plain(v); err != nil {
			return nil, err
		}
	}
	all, n := c.in, len(c.in)
	acc := all[0]
	for i, v := range all[1:] {
		step := *c.n
		if step.in = []string{c.n.in[0], c.n.in[i+1]}; i < n-2 || c.n.op == "Mean" {
			step.name = fmt.Sprintf("%s/%d", c.name(), i+1)
		}
		sub := &call{im: c.im, n: &step, in: []*value{acc, v}}
		var err error
		if how == kernels.Plus {
			step.op = "Add"
			acc, err = arithmetic(sub)
		} else {
			acc, err = sub.between(how, 0, 1)
		}
		if acc == nil || err != nil {
			return nil, err
		}
	}
	if acc.t == nil {
		c.unsupported("of constants; fold them before export")
		return nil, nil
	}
	if c.n.op == "Mean" && n > 1 {
		return c.done(c.im.b.Affine(c.name(), acc.t, []float32{1 / float32(n)}, nil))
	}
	return &value{t: acc.t, typ: elemFloat}, nil
}

// bounded is the maximum or minimum of one activation and a constant number, another way to say Clip. ok is false if c
// is not that.
func (c *call) bounded(how kernels.Arithmetic) (v *value, ok bool, err error) {
	if how == kernels.Plus || len(c.in) != 2 || !c.has(1) || (c.in[0].c == nil) == (c.in[1].c == nil) {
		return nil, false, nil
	}
	k := 1
	if c.in[0].c != nil {
		k = 0
	}
	if t := c.in[1-k].t; c.in[k].c.elements() != 1 || t != nil && len(c.in[k].c.dims) > len(t.Dims) {
		return nil, false, nil
	}
	f, err := c.vector(k, 1)
	if f == nil || err != nil {
		return nil, true, err
	}
	clamp := runtime.Clamp{On: true, Lo: f[0], Hi: float32(math.Inf(1))}
	if how == kernels.Smaller {
		clamp = runtime.Clamp{On: true, Lo: float32(math.Inf(-1)), Hi: f[0]}
	}
	if k == 0 { // the constant comes second
		swapped := *c.n
		swapped.in = []string{c.n.in[1], c.n.in[0]}
		c.n, c.in = &swapped, []*value{c.in[1], c.in[0]}
	}
	v, err = c.activation(clamp)
	return v, true, err
}

// powers are those that have a function of their own.
var powers = map[float32]kernels.Curve{2: kernels.Square, 0.5: kernels.Sqrt, -0.5: kernels.Rsqrt,
	-1: kernels.Reciprocal}

func pow(c *call) (*value, error) {
	if len(c.in) == 2 && c.has(0) && c.has(1) && c.in[0].t != nil && c.in[1].c != nil {
		if k := c.in[1].c; k.typ.whole() && k.raw != nil {
			if err := c.im.b.Take(k.elements()); err != nil {
				return nil, err
			}
			c.in[1] = k.asFloat()
		}
		if k := c.in[1].c; k.typ.real() && k.elements() == 1 && len(k.dims) <= len(c.in[0].t.Dims) {
			f, err := c.vector(1, 1)
			if f == nil || err != nil {
				return nil, err
			}
			if of, ok := powers[f[0]]; ok {
				return c.done(c.im.b.Each(c.name(), &runtime.Curve{Of: of}, c.in[0].t))
			}
		}
	}
	return c.between(kernels.Power, 0, 1)
}

// mod is the remainder of floating-point numbers, which has the sign of the dividend.
func mod(c *call) (*value, error) {
	if c.int("fmod", 0) != 1 {
		c.unsupported("fmod 0, which is of integers")
		return nil, c.err
	}
	return c.between(kernels.Remainder, 0, 1)
}

// prelu is x where it is positive, else x times a slope that is repeated over x.
func prelu(c *call) (*value, error) {
	v, err := c.between(kernels.Sloped, 0, 1)
	if v != nil && err == nil && c.in[0].t != nil && !slices.Equal(v.t.Dims, c.in[0].t.Dims) {
		return nil, fmt.Errorf("slopes of more dimensions than %v: %w", c.in[0].t.Dims, runtime.ErrShape)
	}
	return v, err
}
