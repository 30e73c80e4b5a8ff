package mutate_test

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// whole is an operation over whole numbers, or one that makes such; nil for another.
func (w *grower) whole(v *runtime.Value) runtime.Op {
	r := w.r
	if v.DType == runtime.U8 || v.DType == runtime.F32 && r.IntN(12) > 0 {
		return nil
	}
	compare := &runtime.Compare{How: kernels.Comparison(r.IntN(6))}
	elem := pick(r, []runtime.Elem{runtime.ElemSame, runtime.ElemInt64, runtime.ElemBool, runtime.ElemUint8})
	if v.DType == runtime.F32 {
		return pick(r, []runtime.Op{&runtime.Cast{To: runtime.I32, Elem: elem}, compare, &runtime.Arg{Last: r.IntN(2) > 0},
			&runtime.TopK{K: 1 + r.IntN(v.Shape.C), Least: r.IntN(2) > 0, Indices: r.IntN(2) > 0},
			&runtime.Constant{Shape: runtime.Shape{N: 1, H: 1, W: 2, C: 3}, Floats: w.floats(6)},
			&runtime.Constant{Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 2}, Ints: []int32{int32(r.Uint32()), 3}}})
	}
	return pick(r, []runtime.Op{compare, &runtime.Whole{How: kernels.Whole(r.IntN(15))}, &runtime.Cast{To: runtime.F32},
		&runtime.Cast{To: runtime.I32, Elem: elem}, &runtime.Where{}, &runtime.Where{}, &runtime.Identity{},
		&runtime.Flatten{}, &runtime.Concat{}, &runtime.Take{Channels: []int32{0, -1, 0}, Fill: 7}})
}
