package kernels

import (
	"math"
	"math/bits"
)

// Functions of which few are computed, in binary64. The order of operations is written, a product is rounded before
// another number is added to it, and of package math there is only what is exact: roots, whole numbers, remainders. So
// every CPU gives the same bits. Errors are below 2⁻³⁰ of the result, which is then rounded to binary32.

// narrow is the loop of a function of binary32. There is one of it in a program, not one for each function.
//
//go:noinline
func narrow(f func(x, a, b float32) float32) curveRow {
	return func(dst, src []float32, a, b float32) {
		for i, x := range src {
			dst[i] = f(x, a, b)
		}
	}
}

// wide is the loop of a function of binary64, as narrow is.
//
//go:noinline
func wide(f func(float64) float64) curveRow {
	return func(dst, src []float32, _, _ float32) {
		for i, x := range src {
			dst[i] = float32(f(float64(x)))
		}
	}
}

// horner is c₀ + c₁·x + c₂·x² + …
func horner(x float64, c ...float64) float64 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = float64(p*x) + c[i]
	}
	return p
}

const (
	ln2Hi = 0x1.62e42feep-1 // ln 2 in few bits, so that whole multiples are exact
	ln2Lo = math.Ln2 - ln2Hi
)

// exp64 is eˣ for |x| ≤ 700: a power of 2 times a Taylor series.
func exp64(x float64) float64 {
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(n*ln2Hi)
	r -= float64(n * ln2Lo)
	p := horner(r, 1, 1, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040, 1./40320, 1./362880, 1./3628800, 1./39916800)
	return float64(p * math.Float64frombits(uint64(int64(n)+1023)<<52))
}

// log1p64 is ln(1+x) for x ≥ −½.
func log1p64(x float64) float64 {
	u := 1 + x
	if u == 1 {
		return x
	}
	return float64(logarithm(u)*x) / (u - 1) // what the sum lost
}

// reduceAngle returns x less n quarter turns, and n modulo 4.
func reduceAngle(x float64) (r float64, n int) {
	if a := math.Abs(x); a < 1<<20 {
		const hi, lo = 0x1.921fb544p0, 0x1.0b4611a626331p-34 // π/2, the former in few bits
		k := math.Floor(float64(x*(2/math.Pi)) + 0.5)
		r = x - float64(k*hi)
		return r - float64(k*lo), int(k) & 3
	}
	// x = m·2ᵉ with a whole m of 24 bits: of m·2/π only some of the 192 bits of 2/π make less than 4 and more than 2⁻⁶⁴.
	b := math.Float32bits(float32(math.Abs(x)))
	m, e := uint64(b&(1<<23-1)|1<<23), int(b>>23)-150
	at := func(i int) uint64 { // 64 bits of 2/π from bit i after the point
		w := i / 64
		if i%64 == 0 {
			return twoOverPi[w]
		}
		return twoOverPi[w]<<(i%64) | twoOverPi[w+1]>>(64-i%64)
	}
	from := max(e-2, 0) // bits before it make whole multiples of 4 quarter turns
	over, _ := bits.Mul64(m, at(from+64))
	top, f := bits.Mul64(m, at(from))
	f, carry := bits.Add64(f, over, 0)
	if s := from - (e - 2); s > 0 {
		f = (top+carry)<<(64-s) | f>>s
	} // f is modulo 4, in units of 2⁻⁶²
	n = int((f + 1<<61) >> 62)
	r = float64(int64(f-uint64(n)<<62)) * (math.Pi / 2 * 0x1p-62)
	if x < 0 {
		return -r, -n & 3
	}
	return r, n & 3
}

// twoOverPi are the bits of 2/π after the point.
var twoOverPi = [...]uint64{0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561}

// sineAt and cosineAt are for |r| ≤ π/4.
func sineAt(r float64) float64 {
	return r * horner(float64(r*r), 1, -1./6, 1./120, -1./5040, 1./362880, -1./39916800, 1./6227020800)
}

func cosineAt(r float64) float64 {
	return horner(float64(r*r), 1, -1./2, 1./24, -1./720, 1./40320, -1./3628800, 1./479001600)
}

// sineOf is the sine of x and n quarter turns.
func sineOf(x float64, turns int) float64 {
	if !(math.Abs(x) <= math.MaxFloat32) {
		return math.NaN()
	}
	r, n := reduceAngle(x)
	s := 0.0
	if n += turns; n&1 == 0 {
		s = sineAt(r)
	} else {
		s = cosineAt(r)
	}
	if n&2 != 0 {
		return -s
	}
	return s
}

func sine(x float64) float64    { return sineOf(x, 0) }
func cosine(x float64) float64  { return sineOf(x, 1) }
func tangent(x float64) float64 { return sineOf(x, 0) / sineOf(x, 1) }

// arctangent reduces to |x| ≤ tan(π/8) by 1/x and (x−1)/(x+1).
func arctangent(x float64) float64 {
	a, turn := math.Abs(x), 0.0
	over := a > 1
	if over {
		a = 1 / a
	}
	if a > 0.41421356237309503 {
		a, turn = (a-1)/(a+1), math.Pi/4
	}
	p := float64(a*horner(float64(a*a), 1, -1./3, 1./5, -1./7, 1./9, -1./11, 1./13, -1./15, 1./17, -1./19, 1./21,
		-1./23, 1./25)) + turn
	if over {
		p = math.Pi/2 - p
	}
	return math.Copysign(p, x)
}

func arcsine(x float64) float64 { return arctangent(x / math.Sqrt((1-x)*(1+x))) }

func arccosine(x float64) float64 { return 2 * arctangent(math.Sqrt((1-x)/(1+x))) }

func sinh(x float64) float64 {
	a := min(math.Abs(x), 200)
	s := a
	if a < 0.02 {
		s = a * horner(float64(a*a), 1, 1./6, 1./120)
	} else {
		s = (exp64(a) - exp64(-a)) / 2
	}
	return math.Copysign(s, x)
}

func cosh(x float64) float64 {
	a := min(math.Abs(x), 200)
	return (exp64(a) + exp64(-a)) / 2
}

func asinh(x float64) float64 {
	a := math.Abs(x)
	if !(a <= math.MaxFloat32) {
		return x
	}
	q := float64(a * a)
	return math.Copysign(log1p64(a+q/(1+math.Sqrt(1+q))), x)
}

func acosh(x float64) float64 {
	switch {
	case x < 1:
		return math.NaN()
	case !(x <= math.MaxFloat32):
		return x
	}
	t := x - 1
	return log1p64(t + math.Sqrt(float64(2*t)+float64(t*t)))
}

func atanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a > 1:
		return math.NaN()
	case !(a < 1):
		return x / (1 - a) // ±∞ for ±1
	}
	return math.Copysign(log1p64(2*a/(1-a))/2, x)
}
