package kernels

import "math"

// LRN of float16 numbers: squares and their sums are float32, x^−¾ comes from estimates of square roots.

// halfRoots reports whether [lrnHalfGeneric] can do with such parameters: x is then of a size in which no step of its
// roots overflows or loses bits.
func (o *lrn) halfRoots() bool {
	const least, most = 0x1p-20, 0x1p40
	return o.beta == 0.75 && o.alpha >= 0 && o.alpha <= most && o.bias >= least && o.bias <= most &&
		o.c*o.size <= 16*maxChannels
}

// lrnHalfGeneric is [lrnArgs] with src and dst of float16, for β = ¾ and an x ≥ 2⁻²⁰. Squares, their sum and
// x = alpha·sum + bias are float32, each operation rounded. Then
//
//	r = root(x), q = root(r)
//	dst[p][i] = ToHalf(src[p][i] · (r·(r·q)))        r·q of 0 and infinity is 2
//
// root(x) = e·(3 − x·e²)/2 is a step of Newton's method from an estimate e of 1/√x, within 2⁻¹⁵·³ of it: (3 − x·e²)/2
// is rounded once, as the instruction FRSQRTS does, e is FRSQRTE's. The result before its rounding is within 2⁻¹⁴ of
// the formula. An infinite x gives 0, as division does.
func lrnHalfGeneric(b *lrnArgs) {
	squares := floats(b.squares, 0, lrnSquares(b.c, b.size))
	for p := range b.pixels {
		src, dst := halves(b.src, p*b.srcStride, b.c), halves(b.dst, p*b.dstStride, b.c)
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			squares := squares[b.before+at:]
			for i, h := range src[at:min(at+heed, b.c)] {
				v := h.Float()
				squares[i] = v * v
			}
		}
		for i, h := range src {
			if i%lrnHeed == 0 && b.stop.Asked() {
				return
			}
			var sum float32
			for _, q := range squares[i : i+b.size] {
				sum += q
			}
			r := reciprocalRoot(float32(b.alpha*sum) + b.bias)
			rq := r * reciprocalRoot(r)
			if r == 0 {
				rq = 2
			}
			dst[i] = ToHalf(h.Float() * float32(r*rq))
		}
	}
}

// reciprocalRoot is 1/√x, within 2⁻¹⁵·³, for x ≥ 0.
func reciprocalRoot(x float32) float32 {
	e := rootEstimate(x)
	step := float32(1.5) // of zero and infinity
	if p := float64(x) * float64(float32(e*e)); p == p {
		step = float32((3 - p) / 2)
	} else if x != x {
		return x
	}
	return e * step
}

// rootEstimate is 1/√x to eight bits, for x ≥ 0 that is no subnormal number: what the instruction FRSQRTE of ARM gives
// (Arm ARM, RecipSqrtEstimate).
func rootEstimate(x float32) float32 {
	b := math.Float32bits(x)
	switch {
	case x != x:
		return x
	case x == 0:
		return posInf
	case x == posInf:
		return 0
	}
	exponent := b >> 23
	a := 256 | b>>15&255 // units of 2⁻⁹: [½, 1), where the exponent is even; else [¼, ½) as 128…255
	if exponent&1 == 1 {
		a = 128 | b>>16&127
		a = 2*a + 1
	} else {
		a = 2 * (a&^1 + 1)
	}
	root := uint32(math.Ceil(math.Sqrt((1 << 28) / float64(a)))) // no a makes this a whole number
	return math.Float32frombits((380-exponent)/2<<23 | root/2&255<<15)
}
