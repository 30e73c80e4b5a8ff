package kernels

import (
	"github.com/gneiss-go/gneiss/arch"
)

// OpCompare compares numbers: func(*spreadArgs).
const OpCompare OpKind = "compare"

// Comparison is a relation of two numbers.
type Comparison uint8

// The relations of [NewCompare], p ? q. Of a NaN all are false, but that it is not equal to anything. Never renumber.
const (
	Equal Comparison = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	comparisons
)

// String returns the relation's word.
func (c Comparison) String() string {
	if c >= comparisons {
		return "Comparison"
	}
	return [...]string{"Equal", "NotEqual", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}[c]
}

// Check refuses a number that stands for no relation.
func (c Comparison) Check() error {
	if c >= comparisons {
		return errorf("%w: comparison %d", ErrShape, uint8(c))
	}
	return nil
}

func compareF32Generic(a *spreadArgs) { compareGeneric[float32](a) }
func compareS32Generic(a *spreadArgs) { compareGeneric[int32](a) }

// compareGeneric is 1 where the relation holds, and 0 where it does not.
func compareGeneric[T float32 | int32](a *spreadArgs) {
	dst, p, q, i, j := outputs[int32](a), operands[T](a, 0), operands[T](a, 1), a.step[0], a.step[1]
	how := Comparison(a.how)
	if how == Greater || how == GreaterOrEqual {
		p, q, i, j = q, p, j, i
	}
	switch how {
	case Equal, NotEqual:
		yes, no := int32(1), int32(0)
		if how == NotEqual {
			yes, no = no, yes
		}
		for k := range dst {
			dst[k] = no
			if p[k*i] == q[k*j] {
				dst[k] = yes
			}
		}
	case Less, Greater:
		for k := range dst {
			dst[k] = 0
			if p[k*i] < q[k*j] {
				dst[k] = 1
			}
		}
	default:
		for k := range dst {
			dst[k] = 0
			if p[k*i] <= q[k*j] {
				dst[k] = 1
			}
		}
	}
}

// NewCompare returns the operation that compares two inputs of type dt, float32 or int32, elementwise; its output is
// int32, 1 or 0. Smaller inputs are repeated.
func NewCompare(dt DType, how Comparison, limit arch.ISA) (Op, error) {
	if err := how.Check(); err != nil {
		return nil, err
	}
	if dt != F32 && dt != S32 {
		return nil, errorf("%w: comparison of %v", ErrShape, dt)
	}
	k, fn := Select[func(*spreadArgs)](OpCompare, dt, limit)
	return newSpread(k, fn, uint8(how), S32, dt, dt), nil
}
