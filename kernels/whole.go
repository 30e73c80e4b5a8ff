package kernels

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
)

// OpWhole is arithmetic and logic of whole numbers: func(*spreadArgs).
const OpWhole OpKind = "whole"

// Whole is an operation between two whole numbers.
type Whole uint8

// The operations of [NewWhole], p ∘ q. Sums, differences and products wrap around, as does −2³¹ divided by −1. A
// division by 0 gives 0, and so does its remainder. Of And, Or and Xor whatever is not 0 is true, and the result 0 or
// 1. Never renumber.
const (
	WholePlus           Whole = iota
	WholeMinus                // p − q
	WholeTimes                // p·q
	WholeOver                 // p/q, toward zero
	WholeRemainder            // of that, with the sign of p
	WholeFloorQuotient        // p/q, downward
	WholeFloorRemainder       // of that, with the sign of q
	WholeLarger               // the maximum
	WholeSmaller              // the minimum
	WholeAnd                  // both
	WholeOr                   // one or both
	WholeXor                  // one but not both
	WholeBitAnd               // bit by bit
	WholeBitOr
	WholeBitXor
	WholePower // p to the power of q; of one below 0, the quotient 1/p to its power
	wholes
)

// String returns the operation's word.
func (w Whole) String() string {
	if w >= wholes {
		return "Whole"
	}
	return [...]string{"Plus", "Minus", "Times", "Over", "Remainder", "FloorQuotient", "FloorRemainder", "Larger",
		"Smaller", "And", "Or", "Xor", "BitAnd", "BitOr", "BitXor", "Power"}[w]
}

// Check refuses a number that stands for no operation.
func (w Whole) Check() error {
	if w >= wholes {
		return errorf("%w: arithmetic %d of whole numbers", ErrShape, uint8(w))
	}
	return nil
}

// Of computes one element.
func (w Whole) Of(p, q int32) int32 {
	switch w {
	case WholePlus:
		return p + q
	case WholeMinus:
		return p - q
	case WholeTimes:
		return p * q
	case WholeOver, WholeRemainder, WholeFloorQuotient, WholeFloorRemainder:
		return w.divided(p, q)
	case WholeLarger:
		return max(p, q)
	case WholeSmaller:
		return min(p, q)
	case WholeBitAnd:
		return p & q
	case WholeBitOr:
		return p | q
	case WholeBitXor:
		return p ^ q
	case WholePower:
		return wholePower(p, q)
	}
	a, b := p != 0, q != 0
	if w == WholeAnd && a && b || w == WholeOr && (a || b) || w == WholeXor && a != b {
		return 1
	}
	return 0
}

func (w Whole) divided(p, q int32) int32 {
	quotient, rest := int32(math.MinInt32), int32(0)
	switch {
	case q == 0:
		return 0
	case p != math.MinInt32 || q != -1:
		quotient, rest = p/q, p%q
	}
	if (w == WholeFloorQuotient || w == WholeFloorRemainder) && rest != 0 && (rest < 0) != (q < 0) {
		quotient, rest = quotient-1, rest+q
	}
	if w == WholeRemainder || w == WholeFloorRemainder {
		return rest
	}
	return quotient
}

// wholePower is p^q by squares; it wraps around as products do.
func wholePower(p, q int32) int32 {
	switch {
	case q >= 0:
	case p == -1: // its own inverse
		q &= 1
	case p == 1:
	default:
		return 0
	}
	out := int32(1)
	for ; q > 0; q >>= 1 {
		if q&1 != 0 {
			out *= p
		}
		p *= p
	}
	return out
}

func wholeGeneric(a *spreadArgs) {
	dst, p, q, how := outputs[int32](a), operands[int32](a, 0), operands[int32](a, 1), Whole(a.how)
	for k := range dst {
		dst[k] = how.Of(p[k*a.step[0]], q[k*a.step[1]])
	}
}

// NewWhole returns the operation out = in₀ ∘ in₁ of int32, elementwise. Smaller inputs are repeated.
func NewWhole(how Whole, limit arch.ISA) (Op, error) {
	if err := how.Check(); err != nil {
		return nil, err
	}
	k, fn := Select[func(*spreadArgs)](OpWhole, S32, limit)
	return newSpread(k, fn, uint8(how), S32, S32, S32), nil
}
