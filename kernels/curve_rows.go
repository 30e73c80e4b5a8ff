package kernels

import "math"

// The loops of curves that networks spend time in, in binary32. A product is rounded by float32() before another number
// is added to it.

// magnitude is |x|.
func magnitude(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// below returns less where x has a sign, else 1, without a branch.
func below(x, less float32) float32 {
	const one = 0x3f800000
	mask := uint32(int32(math.Float32bits(x)) >> 31)
	return math.Float32frombits(one&^mask | math.Float32bits(less)&mask)
}

func sigmoid(x float32) float32 {
	e := expNegative(-magnitude(x))
	return below(x, e) / (1 + e)
}

// floor128 bounds what is multiplied by something that is 0 there: −∞ would make it a NaN.
func floor128(x float32) float32 { return max(x, -128) }

// tanh is Cephes' tanhf.c (Moshier, netlib.org/cephes): a polynomial near 0, where the quotient would cancel.
func tanh(x float32) float32 {
	a := max(x, -x)
	if a < 0.625 {
		z := float32(x * x)
		p := float32(-5.70498872745e-3*z) + 2.06390887954e-2
		p = float32(p*z) - 5.37397155531e-2
		p = float32(p*z) + 1.33314422036e-1
		p = float32(p*z) - 3.33332819422e-1
		return float32(float32(p*z)*x) + x
	}
	e := expNegative(-2 * a)
	if t := (1 - e) / (1 + e); x < 0 {
		return -t
	} else {
		return t
	}
}

// splitPower splits x into n·ln 2 + r, as expNegative does, and returns eʳ − 1 and n.
func splitPower(x float32) (p float32, n int32) {
	t := float32(x*expLog2e) + expRound
	k := t - expRound
	r := x - float32(k*expLn2Hi)
	r -= float32(k * expLn2Lo)
	p = float32(expP0*r) + expP1
	p = float32(p*r) + expP2
	p = float32(p*r) + expP3
	p = float32(p*r) + expP4
	p = float32(p*r) + expP5
	return float32(p*float32(r*r)) + r, int32(math.Float32bits(t)) - 0x4b400000
}

// power2 is 2ⁿ for −126 ≤ n ≤ 127.
func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// exp is eˣ for any x; results below 2⁻¹²⁶ have fewer bits.
func exp(x float32) float32 {
	switch {
	case x > 88.8:
		return posInf
	case x < -104:
		return 0
	case x != x:
		return x
	}
	p, n := splitPower(x)
	half := n >> 1
	return float32((p + 1) * power2(half) * power2(n-half))
}

// expm1 is eˣ − 1.
func expm1(x float32) float32 {
	switch {
	case x > 88.8:
		return posInf
	case x < -17.5:
		return -1
	case x != x:
		return x
	}
	p, n := splitPower(x)
	s := power2(n - 1)
	return 2 * (float32(p*s) + (s - 0.5))
}

// erf is a polynomial near 0 and 1 − e to a polynomial beyond (N. Juffa).
func erf(x float32) float32 {
	a, s := min(magnitude(x), 4), float32(x*x)
	if a <= 0.927734375 {
		r := float32(-5.96761703e-4*s) + 4.99119423e-3
		r = float32(r*s) - 2.67681349e-2
		r = float32(r*s) + 1.12819925e-1
		r = float32(r*s) - 3.76125336e-1
		r = float32(r*s) + 1.28379166e-1
		return float32(r*x) + x
	}
	s = float32(a * a)
	r := float32(-1.72853470e-5*a) + 3.83197126e-4
	u := float32(-3.88396438e-3*a) + 2.42546219e-2
	r = float32(r*s) + u
	r = float32(r*a) - 1.06777877e-1
	r = float32(r*a) - 6.34846687e-1
	r = float32(r*a) - 1.28717512e-1
	r = 1 - exp(float32(r*a)-a)
	if x < 0 {
		return -r
	}
	return r
}

func sigmoidRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = sigmoid(x)
	}
}

func tanhRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = tanh(x)
	}
}

func siluRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = floor128(x) * sigmoid(x)
	}
}

// hardSwishRow multiplies by a sixth: six of them are 1.
func hardSwishRow(dst, src []float32, _, _ float32) {
	const sixth = float32(1) / 6
	for i, x := range src {
		dst[i] = max(x, -3) * float32(min(max(x+3, 0), 6)*sixth)
	}
}

func hardSigmoidRow(dst, src []float32, a, b float32) {
	for i, x := range src {
		dst[i] = min(max(float32(a*x)+b, 0), 1)
	}
}

func leakyRow(dst, src []float32, a, _ float32) {
	for i, x := range src {
		dst[i] = below(x, a) * x
	}
}

func eluRow(dst, src []float32, a, _ float32) {
	for i, x := range src {
		if !(x >= 0) {
			x = a * expm1(x)
		}
		dst[i] = x
	}
}

func selu(x, a, b float32) float32 {
	if !(x >= 0) {
		x = a * expm1(x)
	}
	return b * x
}

func celu(x, a, _ float32) float32 { return max(x, 0) + min(float32(a*expm1(x/a)), 0) }

func geluRow(dst, src []float32, _, _ float32) {
	const root = 0.70710678118654752
	for i, x := range src {
		dst[i] = float32(0.5*floor128(x)) * (1 + erf(float32(x*root)))
	}
}

func geluTanhRow(dst, src []float32, _, _ float32) {
	const twice, cubic = 1.5957691216057308, 0.044715 // 2·√(2/π)
	for i, x := range src {
		u := float32(x * (1 + float32(cubic*float32(x*x))))
		dst[i] = floor128(x) * sigmoid(float32(twice*u))
	}
}

// mishRow has tanh(ln(1+eˣ)) = ((1+eˣ)²−1)/((1+eˣ)²+1), divided by e²ˣ where x is positive.
func mishRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		e := expNegative(-magnitude(x))
		n := 1 + float32(2*e)
		d := n + float32(2*float32(e*e))
		if x < 0 {
			n = float32(e * (e + 2))
			d = n + 2
		}
		dst[i] = floor128(x) * (n / d)
	}
}

// softsignRow makes of infinities the largest numbers.
func softsignRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		x = max(min(x, math.MaxFloat32), -math.MaxFloat32)
		dst[i] = x / (1 + magnitude(x))
	}
}

// softplusTerms are the polynomial P, its highest power first, in ln(1+e) = e + e²·P(e) for 0 ≤ e ≤ 1, of least
// relative error there.
var softplusTerms = [...]float32{0.0020729179959744215, -0.013631332665681839, 0.0419810488820076, -0.0830736979842186,
	0.12467096000909805, -0.16129323840141296, 0.19897928833961487, -0.24988578259944916, 0.33332690596580505,
	-0.49999988079071045}

func softplusRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		e := expNegative(-magnitude(x))
		p := softplusTerms[0]
		for _, term := range softplusTerms[1:] {
			p = float32(p*e) + term
		}
		dst[i] = max(x, 0) + (float32(float32(e*e)*p) + e)
	}
}

func thresholded(x, a, _ float32) float32 {
	if x <= a {
		return 0
	}
	return x
}

func shrink(x, a, b float32) float32 {
	switch {
	case x < -a:
		return x + b
	case x > a:
		return x - b
	case x != x:
		return x
	}
	return 0
}

func sign(x, _, _ float32) float32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func expRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = exp(x)
	}
}

func squareRoot(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func sqrtRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = squareRoot(x)
	}
}

func rsqrtRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = 1 / squareRoot(x)
	}
}

func reciprocalRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = 1 / x
	}
}

func squareRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = x * x
	}
}

func absRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = magnitude(x)
	}
}

func negRow(dst, src []float32, _, _ float32) {
	for i, x := range src {
		dst[i] = -x
	}
}
