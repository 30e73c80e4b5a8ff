package kernels

import "github.com/gneiss-go/gneiss/arch"

// OpWhere chooses between two inputs: func(*spreadArgs); by element size, as OpCopy.
const OpWhere OpKind = "where"

func where32Generic(a *spreadArgs) { whereGeneric[uint32](a) }
func where8Generic(a *spreadArgs)  { whereGeneric[uint8](a) }

func whereGeneric[T uint8 | uint32](a *spreadArgs) {
	if is := operands[int32](a, 0); a.step[0] == 0 { // the same for all
		k := 1
		if is[0] == 0 {
			k = 2
		}
		repeatTo(outputs[T](a), operands[T](a, k), a.step[k])
		return
	}
	dst, is, p, q := outputs[T](a), operands[int32](a, 0), operands[T](a, 1), operands[T](a, 2)
	for k := range dst {
		if dst[k] = q[k*a.step[2]]; is[k] != 0 {
			dst[k] = p[k*a.step[1]]
		}
	}
}

// repeatTo copies src to dst, or its one element to all of it.
func repeatTo[T any](dst, src []T, step int) {
	if step > 0 {
		copy(dst, src)
		return
	}
	for k := range dst {
		dst[k] = src[0]
	}
}

// NewWhere returns the operation that is in₁ where in₀, of int32, is not 0, and in₂ where it is, elementwise, of any
// type. Smaller inputs are repeated.
func NewWhere(dt DType, limit arch.ISA) (Op, error) {
	k, fn := Select[func(*spreadArgs)](OpWhere, bySize(dt), limit)
	return newSpread(k, fn, 0, dt, S32, dt, dt), nil
}
