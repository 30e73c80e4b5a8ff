//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// softmaxPass is the argument of the passes over whole blocks of 8 channels.
type softmaxPass struct {
	src, dst unsafe.Pointer
	n        int        // a multiple of 8
	m        float32    // the largest channel; of the last pass, the sum
	sums     [8]float32 // of channels i ≡ l (mod 8)
}

//go:noescape
func softmaxLargestNEON(a *softmaxPass)

//go:noescape
func softmaxExpNEON(a *softmaxPass)

//go:noescape
func softmaxDivideNEON(a *softmaxPass)

// softmaxF32NEON does whole blocks in assembly, and the channels behind them here.
func softmaxF32NEON(b *SoftmaxBlock) {
	n := b.c &^ 7
	for p := range b.pixels {
		src, dst := floats(b.src, p*b.srcStride, b.c), floats(b.dst, p*b.dstStride, b.c)
		a := softmaxPass{src: unsafe.Pointer(&src[0]), dst: unsafe.Pointer(&dst[0]), n: n, m: negInf}
		if n > 0 {
			softmaxLargestNEON(&a)
		}
		for _, x := range src[n:] {
			if x > a.m {
				a.m = x
			}
		}
		if n > 0 {
			softmaxExpNEON(&a)
		}
		for i, x := range src[n:] {
			e := expNegative(x - a.m)
			dst[n+i] = e
			a.sums[i] += e
		}
		s := &a.sums
		a.m = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
		if n > 0 {
			softmaxDivideNEON(&a)
		}
		for i := range dst[n:] {
			dst[n+i] /= a.m
		}
	}
}
