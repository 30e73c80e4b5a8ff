package onnx

import (
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// lazy is a float tensor that nobody has needed as floats yet: the dequantisation of a uint8 tensor, or an operation
// over such. A QuantizeLinear that reads it makes it uint8 without a detour; whatever else reads it makes it float.
type lazy struct {
	u     *axes.Tensor // what is dequantised; nil for an operation
	act   runtime.Clamp
	float func(runtime.Clamp) (*axes.Tensor, error)
	quant func(runtime.Quant, runtime.Clamp) (*axes.Tensor, error) // nil, or gives nil, if there is no quantised form
	made  *axes.Tensor
}

// plain returns v with its tensor made float if it is lazy.
func (im *importer) plain(v *value) (*value, error) {
	if v == nil || v.lazy == nil {
		return v, nil
	}
	lz := v.lazy
	if lz.made == nil {
		var err error
		if lz.made, err = lz.float(lz.act); err != nil {
			return nil, err
		}
	}
	return &value{t: lz.made, typ: elemFloat}, nil
}

// dequantised returns u as a lazy float value.
func (im *importer) dequantised(name string, u *axes.Tensor) *value {
	return &value{typ: elemFloat, lazy: &lazy{u: u, float: func(runtime.Clamp) (*axes.Tensor, error) {
		return im.dequantise(name, u)
	}}}
}

// dequantise returns u as floats, by one node however many ask.
func (im *importer) dequantise(name string, u *axes.Tensor) (*axes.Tensor, error) {
	if t := im.floats[u]; t != nil {
		return t, nil
	}
	t, err := im.b.Each(name, &runtime.Dequantize{}, u)
	if err == nil {
		im.floats[u] = t
	}
	return t, err
}

// quantise returns v as uint8.
func (im *importer) quantise(name string, v *value, to runtime.Quant) (*axes.Tensor, error) {
	if lz := v.lazy; lz != nil {
		if lz.u != nil && lz.u.Quant() == to {
			return lz.u, nil
		}
		if lz.quant != nil {
			if t, err := lz.quant(to, lz.act); t != nil || err != nil {
				return t, err
			}
		}
	}
	v, err := im.plain(v)
	if err != nil {
		return nil, err
	}
	return im.b.Each(name, &runtime.Quantize{To: to}, v.t)
}

// floats returns quantised tensors as floats, for an operator that has no other form; its result is float too.
func (c *call) floats(ts ...*axes.Tensor) ([]*axes.Tensor, error) {
	c.quanta = false
	out := make([]*axes.Tensor, len(ts))
	for i, t := range ts {
		var err error
		if out[i], err = c.im.dequantise(t.Name()+"/dequantized", t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// prepare gives the handler its inputs as it wants them. ok is false if it cannot take them, which is noted.
func (c *call) prepare() (ok bool, err error) {
	op := c.operator()
	if op.takes == onLazy {
		return true, nil
	}
	quanta := op.takes == onQuanta
	for i, v := range c.in {
		switch {
		case v == nil || v.c != nil:
			if i < 2 && c.n.op == "Add" {
				quanta = false
			}
		case v.lazy == nil || v.lazy.u == nil:
			quanta = false
		}
		if v != nil && v.c == nil && v.t != nil && !v.typ.real() {
			if c.typ = v.typ; !op.integers {
				c.unsupported("of %v elements; only floating point, or dequantised", v.typ)
				return false, nil
			}
		}
	}
	for i, v := range c.in {
		switch {
		case v == nil || v.lazy == nil:
		case quanta:
			c.in[i] = &value{t: v.lazy.u, typ: elemFloat}
			c.quanta = true
		default:
			if c.in[i], err = c.im.plain(v); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// done wraps a result of the builder.
func (c *call) done(t *axes.Tensor, err error) (*value, error) { return c.doneAs(c.name())(t, err) }

// doneAs is done for the output of that name.
func (c *call) doneAs(name string) func(*axes.Tensor, error) (*value, error) {
	return func(t *axes.Tensor, err error) (*value, error) {
		switch {
		case err != nil:
			return nil, err
		case c.quanta && t.DType == runtime.U8:
			return c.im.dequantised(name, t), nil
		case c.typ != 0:
			return &value{t: t, typ: c.typ}, nil
		}
		return &value{t: t, typ: elemFloat}, nil
	}
}

// add appends a node over ts. If those are what was dequantised, it is put off until it is known how its result is
// quantised; what moves or compares elements works on uint8 as they are.
func (c *call) add(op runtime.Op, ts ...*axes.Tensor) (*value, error) {
	if !c.quanta {
		return c.done(c.im.b.Add(c.name(), op, ts...))
	}
	if runtime.FormOf(op) == runtime.Moves {
		return c.done(c.im.b.Add(c.name(), op, ts...))
	}
	return c.put(func(act runtime.Clamp, ts ...*axes.Tensor) (runtime.Op, error) {
		if sum, ok := op.(*runtime.Add); ok && act.On {
			return &runtime.Add{Act: sum.Act.Then(act)}, nil
		}
		return op, nil
	}, func(to runtime.Quant, act runtime.Clamp) (runtime.Op, error) {
		if !hasQuantised(op, to, ts) {
			return nil, nil
		}
		q := &runtime.Quantised{Op: op, Out: to}
		if act.On {
			if _, ok := op.(*runtime.Add); !ok {
				return nil, nil
			}
			q.Op = &runtime.Add{Act: act}
		}
		return q, nil
	}, ts...), nil
}

// hasQuantised reports whether the kernels have a quantised form of an operation with these parameters.
func hasQuantised(op runtime.Op, to runtime.Quant, ts []*axes.Tensor) bool {
	const least, most = 1e-12, 1e24 // as package quant keeps scales: products and quotients of a few are normal numbers
	for _, t := range ts {
		if s := t.Quant().Scale; s < least || s > most {
			return false
		}
	}
	if to.Scale < least || to.Scale > most {
		return false
	}
	switch op := op.(type) {
	case *runtime.LRN:
		return op.Beta == 0.75 && op.Bias > 0 && op.Bias <= most && op.Alpha >= 0 && op.Alpha <= most && op.Size <= maxWindow
	case *runtime.Pool:
		return op.R*op.S <= math.MaxInt32/255 // the sum of a window is an int32
	case *runtime.GlobalPool:
		d := ts[0].Dims
		return len(d) < 4 || d[2] <= math.MaxInt32/255/d[3]
	}
	return true
}

// put returns an operation over uint8 tensors that is put off, with its float and its quantised form. An activation
// that the float form does not have built in follows it.
func (c *call) put(float func(runtime.Clamp, ...*axes.Tensor) (runtime.Op, error),
	quant func(runtime.Quant, runtime.Clamp) (runtime.Op, error), ts ...*axes.Tensor) *value {
	im, name := c.im, c.name()
	lz := &lazy{}
	lz.float = func(act runtime.Clamp) (*axes.Tensor, error) {
		op, err := float(act, ts...)
		if err != nil {
			return nil, err
		}
		in := make([]*axes.Tensor, len(ts))
		for i, u := range ts {
			if in[i], err = im.dequantise(u.Name()+"/dequantized", u); err != nil {
				return nil, err
			}
		}
		t, err := im.b.Add(name, op, in...)
		if err != nil || !act.On || builtIn(op) {
			return t, err
		}
		return im.b.Each(name+"/activation", &runtime.Activation{Act: act}, t)
	}
	lz.quant = func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
		op, err := quant(to, act)
		if op == nil || err != nil {
			return nil, err
		}
		return im.b.Add(name, op, ts...)
	}
	return &value{typ: elemFloat, lazy: lz}
}

// putOff is put for what takes several nodes: float makes them of t as floats, quant of t itself.
func (c *call) putOff(t *axes.Tensor, float func(*axes.Tensor, runtime.Clamp) (*axes.Tensor, error),
	quant func(runtime.Quant, runtime.Clamp) (*axes.Tensor, error)) *value {
	return &value{typ: elemFloat, lazy: &lazy{quant: quant, float: func(act runtime.Clamp) (*axes.Tensor, error) {
		x, err := c.im.dequantise(t.Name()+"/dequantized", t)
		if err != nil {
			return nil, err
		}
		return float(x, act)
	}}}
}

// builtIn reports whether an operation clamps its result itself.
func builtIn(op runtime.Op) bool {
	switch op.(type) {
	case *runtime.Conv, *runtime.Add:
		return true
	}
	return false
}

// clamped returns x clamped, without a node of its own if it is lazy and nothing else reads it.
func (c *call) clamped(x *value, act runtime.Clamp) *value {
	lz := x.lazy
	if math.IsNaN(float64(act.Lo)) || math.IsNaN(float64(act.Hi)) {
		return nil
	}
	if lz.u == nil {
		if c.im.uses[c.n.in[0]] != 1 {
			return nil
		}
		fused := *lz
		fused.act, fused.made = lz.act.Then(act), nil
		return &value{typ: elemFloat, lazy: &fused}
	}
	im, name := c.im, c.name()
	return &value{typ: elemFloat, lazy: &lazy{act: act,
		float: func(act runtime.Clamp) (*axes.Tensor, error) {
			t, err := im.plain(x)
			if err != nil {
				return nil, err
			}
			return im.b.Each(name, &runtime.Activation{Act: act}, t.t)
		},
		quant: func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
			if lo, hi := act.Levels(to); lz.u.Quant() == to && lo == 0 && hi == 255 { // what is quantised is in range already
				return lz.u, nil
			}
			return nil, nil
		}}}
}
