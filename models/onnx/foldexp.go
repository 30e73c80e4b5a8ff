package onnx

import "math"

// The functions of package math whose results differ between architectures, in float64 with each operation rounded:
// within a few units of the last place.

// expOf is e^x: x = k·ln 2 + r, and the series of e^r.
func expOf(x float64) float64 {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	switch {
	case x != x:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	k := math.RoundToEven(x * (1 / math.Ln2))
	r := float64(x-float64(k*ln2Hi)) - float64(k*ln2Lo)
	sum := 1.0
	for n := 18; n > 0; n-- { // |r| ≤ 0.35: r¹⁹/19! is below 2⁻⁸⁰
		sum = float64(sum*r)/float64(n) + 1
	}
	return math.Ldexp(sum, int(k))
}

// logOf is the natural logarithm: x = m·2^k with m near 1, and the series of artanh((m−1)/(m+1)).
func logOf(x float64) float64 {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, k := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, k = 2*m, k-1
	}
	s := (m - 1) / (m + 1) // |s| ≤ 0.172
	z := float64(s * s)
	sum := 0.0
	for n := 25; n > 0; n -= 2 {
		sum = float64(sum*z) + 1/float64(n)
	}
	return float64(float64(k)*ln2Hi) + float64(float64(2*s*sum)+float64(float64(k)*ln2Lo))
}

// powOf is x^y, by products for whole powers.
func powOf(x, y float64) float64 {
	switch {
	case y == 0.5 && x >= 0:
		return math.Sqrt(x)
	case y == -0.5 && x >= 0:
		return 1 / math.Sqrt(x)
	case y == math.Trunc(y) || !(x > 0) || math.IsInf(x, 0) || y != y:
		return math.Pow(x, y) // products alone, or a special case
	}
	return expOf(y * logOf(x))
}
