package kernels

import "math"

// arithmetic computes dst[i] = x[i] ∘ y[i]; x or y may have one element, for all.
func arithmetic(how Arithmetic, dst, x, y []float32) {
	switch {
	case len(x) == len(dst) && len(y) == len(dst):
		both(how, dst, x, y)
	case len(y) == 1 && len(x) == len(dst):
		byOne(how, dst, x, y[0])
	case len(x) == 1 && len(y) == len(dst):
		ofOne(how, dst, x[0], y)
	default:
		v := [1]float32{}
		both(how, v[:], x[:1], y[:1])
		for i := range dst {
			dst[i] = v[0]
		}
	}
}

// both is of two rows.
func both(how Arithmetic, dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	switch how {
	case Plus:
		for i, p := range x {
			dst[i] = p + y[i]
		}
	case Minus:
		for i, p := range x {
			dst[i] = p - y[i]
		}
	case Times:
		for i, p := range x {
			dst[i] = p * y[i]
		}
	case Over:
		for i, p := range x {
			dst[i] = p / y[i]
		}
	case Larger:
		for i, p := range x {
			dst[i] = max(p, y[i])
		}
	case Smaller:
		for i, p := range x {
			dst[i] = min(p, y[i])
		}
	case Sloped:
		for i, p := range x {
			dst[i] = below(p, y[i]) * p
		}
	default:
		f := rare[how]
		for i, p := range x {
			dst[i] = f(p, y[i])
		}
	}
}

// byOne is of a row and one number.
func byOne(how Arithmetic, dst, x []float32, q float32) {
	x = x[:len(dst)]
	switch how {
	case Plus:
		for i, p := range x {
			dst[i] = p + q
		}
	case Minus:
		for i, p := range x {
			dst[i] = p - q
		}
	case Times:
		for i, p := range x {
			dst[i] = p * q
		}
	case Over:
		for i, p := range x {
			dst[i] = p / q
		}
	case Sloped:
		for i, p := range x {
			dst[i] = below(p, q) * p
		}
	default:
		for i := range dst {
			both(how, dst[i:i+1], x[i:i+1], []float32{q})
		}
	}
}

// ofOne is of one number and a row.
func ofOne(how Arithmetic, dst []float32, p float32, y []float32) {
	y = y[:len(dst)]
	switch how {
	case Plus, Times, Larger, Smaller:
		byOne(how, dst, y, p)
	case Minus:
		for i, q := range y {
			dst[i] = p - q
		}
	case Over:
		for i, q := range y {
			dst[i] = p / q
		}
	default:
		for i := range dst {
			both(how, dst[i:i+1], []float32{p}, y[i:i+1])
		}
	}
}

// rare are the operations of which few are computed.
var rare = [arithmetics]func(p, q float32) float32{
	Power:             power,
	SquaredDifference: func(p, q float32) float32 { return (p - q) * (p - q) },
	Remainder:         remainder,
	FloorRemainder: func(p, q float32) float32 {
		if r := remainder(p, q); r != 0 && r < 0 != (q < 0) {
			return r + q
		} else {
			return r
		}
	},
	FloorQuotient: func(p, q float32) float32 { return float32(math.Floor(float64(p / q))) },
	Angle:         angle,
}

// remainder is exact.
func remainder(p, q float32) float32 { return float32(math.Mod(float64(p), float64(q))) }

// angle is C's atan2.
func angle(p, q float32) float32 {
	y, x := float64(p), float64(q)
	switch {
	case p != p || q != q:
		return p + q
	case p == 0:
		return float32(math.Copysign(turned(x), y))
	case math.IsInf(x, 0) && math.IsInf(y, 0):
		x, y = math.Copysign(1, x), math.Copysign(1, y)
	}
	a := arctangent(math.Abs(y / x)) // ∞ where x is 0
	if x < 0 {
		a = math.Pi - a
	}
	return float32(math.Copysign(a, y))
}

// turned is π where x has a sign, else 0.
func turned(x float64) float64 {
	if math.Signbit(x) {
		return math.Pi
	}
	return 0
}

// power is C's pow: e to the power of q·ln |p|, with the sign of p where q is odd.
func power(p, q float32) float32 {
	x, y := math.Abs(float64(p)), float64(q)
	whole := math.Floor(y) == y
	negative := math.Signbit(float64(p)) && math.Abs(math.Mod(y, 2)) == 1
	var r float64
	switch {
	case q == 0 || p == 1 || p == -1 && math.IsInf(y, 0):
		return 1
	case p != p || q != q:
		return p + q
	case p < 0 && !whole && x <= math.MaxFloat32:
		return float32(math.NaN())
	case x == 0 || x > math.MaxFloat32 || math.IsInf(y, 0): // 0 or ∞
		if (x > 1) != (y > 0) {
			return signed(0, negative)
		}
		return signed(posInf, negative)
	default:
		r = exp64(min(max(y*logarithm(x), -200), 200))
	}
	return signed(float32(r), negative)
}

func signed(v float32, negative bool) float32 {
	if negative {
		return -v
	}
	return v
}

// Apply computes dst[i] = x[i] ∘ q, or q ∘ x[i], of a list and one number; dst may be x.
func (a Arithmetic) Apply(dst, x, q []float32, swapped bool) {
	if swapped {
		arithmetic(a, dst, q[:1], x)
	} else {
		arithmetic(a, dst, x, q[:1])
	}
}
