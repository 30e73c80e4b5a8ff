//go:build (arm || arm64) && gc && !purego && !noasm

package kernels

import "unsafe"

// The kernels that ARMv7 and arm64 have both: their functions, and what those leave to the portable kernels, the
// channels behind whole blocks.

//go:noescape
func convTileF32NEON(a *convTileArgs)

//go:noescape
func convTileU8NEON(a *convTileArgs)

//go:noescape
func depthwiseF32BlocksNEON(a *depthArgs)

//go:noescape
func depthwiseU8BlocksNEON(a *depthArgs)

//go:noescape
func maxPoolF32NEON(a *poolArgs)

//go:noescape
func maxPool3F32NEON(a *maxPool3Args)

//go:noescape
func fcBlocksNEON(t *fcArgs)

//go:noescape
func affineBlocksNEON(e *eltwiseArgs)

//go:noescape
func maxPoolU8NEON(a *poolArgs)

//go:noescape
func maxPool3U8NEON(a *maxPool3Args)

//go:noescape
func quantizeNEON(a *convertArgs)

//go:noescape
func addU8NEON(e *addU8Args)

//go:noescape
func fcU8NEON(t *fcU8Args)

//go:noescape
func sumU8NEON(a *sumU8Args)

//go:noescape
func blendRowBlocksNEON(b *blendRowsArgs)

// depthwiseF32NEON does whole blocks of 4 channels in assembly and leaves the rest to the portable kernel.
func depthwiseF32NEON(a *depthArgs) {
	whole := *a
	if whole.c &^= 3; whole.c > 0 {
		depthwiseF32BlocksNEON(&whole)
	}
	if whole.c < a.c {
		depthwiseF32Generic(a.from(whole.c, 4))
	}
}

// depthwiseU8NEON likewise, 8 channels.
func depthwiseU8NEON(a *depthArgs) {
	whole := *a
	if whole.c &^= 7; whole.c > 0 {
		depthwiseU8BlocksNEON(&whole)
	}
	if whole.c < a.c {
		depthwiseU8Generic(a.from(whole.c, 1))
	}
}

func fcF32NEON(t *fcArgs) {
	if t.c%16 == 0 {
		fcBlocksNEON(t)
		return
	}
	part := *t // the caller's argument keeps all but its sums
	if part.c = t.c &^ 15; part.c > 0 {
		fcBlocksNEON(&part)
	}
	k := part.c
	for r := range genericFCRows {
		part.w[r] = unsafe.Add(t.w[r], 4*k)
	}
	part.x, part.c = unsafe.Add(t.x, 4*k), t.c-k
	fcF32Generic(&part)
	t.sum = part.sum
}

func affineF32NEON(e *eltwiseArgs) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		affineBlocksNEON(&whole)
	}
	if e.skip(whole.c, 4) {
		affineF32Generic(e)
	}
}

// skip leaves out the first k channels, of so many bytes each, and reports whether others are left.
func (e *eltwiseArgs) skip(k, size int) bool {
	if k == e.c {
		return false
	}
	e.a, e.dst, e.c = unsafe.Add(e.a, k*size), unsafe.Add(e.dst, k*size), e.c-k
	if e.b != nil {
		e.b = unsafe.Add(e.b, k*size)
	}
	if e.scale != nil {
		e.scale, e.shift = unsafe.Add(e.scale, 4*k), unsafe.Add(e.shift, 4*k)
	}
	return true
}

func blendRowsNEON(b *blendRowsArgs) {
	if b.c < blendColumns {
		blendRowsGeneric(b)
		return
	}
	blendRowBlocksNEON(b)
}

//go:noescape
func lrnBlocksNEON(b *lrnArgs)

// lrnF32NEON: a window reaches over the end of a block, so a pixel is done whole.
func lrnF32NEON(b *lrnArgs) {
	if b.c%4 != 0 {
		lrnF32Generic(b)
		return
	}
	lrnBlocksNEON(b)
}

//go:noescape
func lrnU8NEON(a *lrnU8Args)

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
func softmaxF32NEON(b *softmaxArgs) {
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

//go:noescape
func softmaxOverBlocksNEON(a *softmaxOverArgs)

// softmaxOverNEON does whole blocks of 8 channels of plain softmax in assembly.
func softmaxOverNEON(a *softmaxOverArgs) {
	part := *a
	if part.c = a.c &^ 7; a.form != SoftmaxPlain {
		part.c = 0
	}
	if part.c > 0 {
		softmaxOverBlocksNEON(&part)
	}
	if part.c < a.c {
		part = a.from(part.c)
		softmaxOverGeneric(&part)
	}
}

//go:noescape
func tableBlocksNEON(a *tableArgs)

// tableU8NEON does whole blocks in assembly and leaves the rest to the portable kernel.
func tableU8NEON(a *tableArgs) {
	whole := *a
	if whole.c = a.c &^ (tableBlock - 1); whole.c > 0 {
		tableBlocksNEON(&whole)
	}
	if a.rest(whole.c) {
		tableGeneric(a)
	}
}

//go:noescape
func tablesNEON(a *tableArgs)
