package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Add", operator{handle: arithmetic, takes: onQuanta})
	_ = register("Div", operator{handle: arithmetic})
	_ = register("Mean", operator{handle: sum})
	_ = register("Mul", operator{handle: arithmetic})
	_ = register("Sub", operator{handle: arithmetic})
	_ = register("Sum", operator{handle: sum})
)

func arithmetic(c *call) (*value, error) {
	if !c.has(0) || !c.has(1) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	x, y := c.in[0], c.in[1]
	switch {
	case x.c != nil && y.c != nil:
		c.unsupported("constants of %v and %v", x.c.typ, y.c.typ)
		return nil, nil
	case x.t != nil && y.t != nil:
		return c.residual(x.t, y.t)
	case x.c == nil && x.t == nil || y.c == nil && y.t == nil:
		return nil, nil
	}
	ki, xi := 1, 0
	if x.c != nil {
		ki, xi = 0, 1
	}
	k, err := c.real(ki)
	if k == nil || err != nil {
		return nil, err
	}
	t := c.in[xi].t
	if extra := len(k.c.dims) - len(t.Dims); extra > 0 { // the result has the constant's rank
		wide, ok := c.im.b.Reshape(t, slices.Concat(slices.Repeat([]int{1}, extra), t.Dims))
		if !ok {
			c.unsupported("a constant of %v over %v, of fewer dimensions", k.c.dims, t.Dims)
			return nil, nil
		}
		t = wide
	}
	side, err := c.beside(t, k)
	if side == nil || err != nil {
		return nil, err
	}
	f := side.Of
	switch c.n.op {
	case "Add":
		if !side.Whole() {
			if v, done, err := c.addBias(c.in[xi], t, c.n.in[xi], f); done || err != nil {
				return v, err
			}
		}
		return c.done(side.Affine(c.im.b, c.name(), nil, f))
	case "Mul":
		return c.done(side.Affine(c.im.b, c.name(), f, nil))
	case "Sub":
		if ki == 0 {
			return c.done(side.Affine(c.im.b, c.name(), []float32{-1}, f))
		}
		if f, err = c.im.b.Scaled(f, -1); err != nil {
			return nil, err
		}
		return c.done(side.Affine(c.im.b, c.name(), nil, f))
	}
	if ki == 0 {
		c.unsupported("a constant divided by an activation")
		return nil, nil
	}
	inv, err := c.im.b.Fill(len(f), 0)
	if err != nil {
		return nil, err
	}
	for i := range inv {
		inv[i] = 1 / f[i]
	}
	return c.done(side.Affine(c.im.b, c.name(), inv, nil))
}

// beside aligns a constant with t; nil if it does not broadcast to t's dimensions, which is noted.
func (c *call) beside(t *axes.Tensor, k *value) (*axes.Spreading, error) {
	s, err := c.im.b.Beside(c.name(), t, k.src)
	if errors.Is(err, runtime.ErrShape) {
		c.unsupported("%v; only what broadcasts to the activation's dimensions", err)
		return nil, nil
	}
	return s, err
}

// residual is arithmetic between two activations.
func (c *call) residual(x, y *axes.Tensor) (*value, error) {
	if op := c.n.op; slices.Equal(x.Dims, y.Dims) && (op == "Add" || op == "Sub") { // of which there are fast kernels
		if op == "Sub" {
			var err error
			if y, err = c.im.b.Affine(c.name()+"/negated", y, []float32{-1}, nil); err != nil {
				return nil, err
			}
		}
		return c.add(&runtime.Add{}, x, y)
	}
	if c.quanta { // whose sums are of one shape
		ts, err := c.floats(x, y)
		if err != nil {
			return nil, err
		}
		x, y = ts[0], ts[1]
	}
	how := map[string]kernels.Arithmetic{"Add": kernels.Plus, "Sub": kernels.Minus, "Mul": kernels.Times,
		"Div": kernels.Over}[c.n.op]
	return c.done(c.im.b.Binary(c.name(), how, x, y))
}

// sum is Sum and Mean, of activations of one shape.
func sum(c *call) (*value, error) {
	var acc *axes.Tensor
	for i := range c.in {
		t, err := c.any(i)
		if t == nil || err != nil {
			return nil, err
		}
		if acc == nil {
			acc = t
			continue
		}
		if !slices.Equal(acc.Dims, t.Dims) {
			c.unsupported("activations of %v and %v; only of one shape", acc.Dims, t.Dims)
			return nil, nil
		}
		name := c.name()
		if i < len(c.in)-1 {
			name = fmt.Sprintf("%s/%d", name, i)
		}
		if acc, err = c.im.b.Add(name, &runtime.Add{}, acc, t); err != nil {
			return nil, err
		}
	}
	if acc == nil {
		return nil, fmt.Errorf("no inputs: %w", runtime.ErrGraph)
	}
	if c.n.op == "Mean" && len(c.in) > 1 {
		return c.done(c.im.b.Affine(c.name(), acc, []float32{1 / float32(len(c.in))}, nil))
	}
	return &value{t: acc, typ: elemFloat}, nil
}
