package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

func registerCast() {
	register("Cast", operator{handle: cast, heeds: "to | saturate round_mode", integers: true}) // of float8
	register("CastLike", operator{handle: cast, heeds: "| saturate round_mode", integers: true})
}

// cast makes elements of another type. Between types of floats nothing is done, nor for floats of the whole numbers
// that a uint8 or int8 input is.
func cast(c *call) (*value, error) {
	to := elem(c.int("to", 0))
	if c.n.op == "CastLike" {
		if !c.has(1) {
			return nil, fmt.Errorf("input 2 is missing: %w", runtime.ErrGraph)
		}
		if to = c.elem(1); to == 0 {
			return nil, nil
		}
	}
	v, err := identity(c)
	if err != nil || v.t == nil && v.c == nil {
		return nil, err
	}
	from := c.elem(0)
	elem, known := elemOf[to]
	switch {
	case v.t != nil && v.t.DType == runtime.U8:
		c.unsupported("of quantised elements; only DequantizeLinear")
		return nil, nil
	case from == to:
		return v, nil
	case v.c != nil && (from.real() == to.real()) || !known && !to.real():
		c.unsupported("from %v to %v", from, to)
		return nil, nil
	case to.real() && v.c == nil && v.t.DType == runtime.F32:
		v.typ = to
		return v, nil
	}
	t, err := c.operand(0)
	if t == nil || err != nil {
		return nil, err
	}
	op := &runtime.Cast{To: runtime.I32, Elem: elem}
	if to.real() {
		op = &runtime.Cast{To: runtime.F32}
	}
	t, err = c.im.b.Each(c.name(), op, t)
	return of(to, t, err)
}
