//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// The kernels of rows advance pixels and cols of their argument.

//go:noescape
func depthRowF32AVX2(a *depthRowArgs)

//go:noescape
func depthRowF32AVX512(a *depthRowArgs)

//go:noescape
func depthRowU8AVX512VNNI(a *depthRowArgs)

//go:noescape
func depthRowU8AVXVNNI(a *depthRowArgs)

//go:noescape
func depthRowU8AVX2(a *depthRowArgs)

//go:noescape
func depthPairU8AVX2(a *depthRowArgs)

//go:noescape
func groupRowF32AVX2(a *depthRowArgs)

//go:noescape
func groupWholeF32AVX2(a *depthRowArgs)

//go:noescape
func groupWholeU8AVX2(a *depthRowArgs)

//go:noescape
func groupRowF32AVX512(a *depthRowArgs)

//go:noescape
func groupRowU8AVX512VNNI(a *depthRowArgs)

//go:noescape
func groupRowU8AVXVNNI(a *depthRowArgs)

//go:noescape
func groupRowU8AVX2(a *depthRowArgs)

//go:noescape
func depthWeaveAVX512(a *depthWeaveArgs)

//go:noescape
func depthWeaveAVX2(a *depthWeaveArgs)

//go:noescape
func depthwiseF32BlocksAVX2(a *depthArgs)

//go:noescape
func depthwiseU8BlocksAVX2(a *depthArgs)

// depthwiseF32AVX2 does whole blocks of 8 channels in assembly and leaves the rest to the portable kernel.
func depthwiseF32AVX2(a *depthArgs) {
	k := a.c &^ 7
	if k > 0 {
		whole := *a
		whole.c = k // counted down there
		depthwiseF32BlocksAVX2(&whole)
	}
	if k < a.c {
		depthwiseF32Generic(a.from(k, 4))
	}
}

// depthwiseU8AVX2 likewise, 16 channels.
func depthwiseU8AVX2(a *depthArgs) {
	k := a.c &^ 15
	if k > 0 {
		whole := *a
		whole.c = k // counted down there
		depthwiseU8BlocksAVX2(&whole)
	}
	if k < a.c {
		depthwiseU8Generic(a.from(k, 1))
	}
}

//go:noescape
func fcF32AVX2(a *fcArgs)

//go:noescape
func fcF32AVX512(a *fcArgs)

//go:noescape
func lrnF32AVX2(b *lrnArgs)

//go:noescape
func lrnF32AVX512(b *lrnArgs)

//go:noescape
func maxPoolF32AVX2(a *poolArgs)

//go:noescape
func avgPoolF32AVX2(a *poolArgs)

//go:noescape
func maxPool3F32AVX2(a *maxPool3Args)

//go:noescape
func maxPoolU8AVX2(a *poolArgs)

//go:noescape
func maxPool3U8AVX2(a *maxPool3Args)

//go:noescape
func lrnU8AVX2(a *lrnU8Args)

//go:noescape
func lrnU8AVX512(a *lrnU8Args)

//go:noescape
func fcU8AVX2(t *fcU8Args)

//go:noescape
func fcU8AVX512VNNI(t *fcU8Args)

//go:noescape
func narrowBlocksAVX2(a *convertArgs)

//go:noescape
func widenBlocksAVX2(a *convertArgs)

//go:noescape
func depthwiseOneU8AVX512(a *depthArgs)

// depthwiseU8AVX512 leaves windows of more than one tap to AVX2.
func depthwiseU8AVX512(a *depthArgs) {
	if a.taps == 1 {
		depthwiseOneU8AVX512(a)
	} else {
		depthwiseU8AVX2(a)
	}
}

// narrowAVX2 does whole blocks in assembly and leaves the rest to the portable kernel.
func narrowAVX2(a *convertArgs) {
	whole, rest := a.split(8, 4, 2)
	if whole.c > 0 {
		narrowBlocksAVX2(&whole)
	}
	if rest.c > 0 {
		narrowGeneric(&rest)
	}
}

// widenAVX2 likewise.
func widenAVX2(a *convertArgs) {
	whole, rest := a.split(8, 2, 4)
	if whole.c > 0 {
		widenBlocksAVX2(&whole)
	}
	if rest.c > 0 {
		widenGeneric(&rest)
	}
}

//go:noescape
func quantizeBlocksAVX2(a *convertArgs)

//go:noescape
func sumBlocksAVX2(a *sumU8Args)

//go:noescape
func avgRowAVX2(a *avgRowArgs)

// quantizeAVX2 does whole blocks of 8 in assembly and leaves the rest to the portable kernel.
func quantizeAVX2(a *convertArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		quantizeBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.src, part.dst = unsafe.Add(a.src, 4*part.c), unsafe.Add(a.dst, part.c)
		part.c = a.c - part.c
		quantizeGeneric(&part)
	}
}

// sumU8AVX2 likewise.
func sumU8AVX2(a *sumU8Args) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		sumBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.src, part.sums = unsafe.Add(a.src, part.c), unsafe.Add(a.sums, 4*part.c)
		part.c = a.c - part.c
		sumU8Generic(&part)
	}
}

//go:noescape
func clampF32AVX2(e *eltwiseArgs)

//go:noescape
func addF32AVX2(e *eltwiseArgs)

//go:noescape
func affineF32AVX2(e *eltwiseArgs)

// The function of csrc/dequantize_u8.c, compiled by csrc/generate.sh.
//
//go:noescape
func _dequantize_u8_avx2(dst, src unsafe.Pointer, n int, scale, zero unsafe.Pointer)

//go:noescape
func addU8AVX512(e *addU8Args)

//go:noescape
func addBlocksU8AVX2(e *addU8Args)

// addU8AVX2 does whole blocks of 8 in assembly and leaves the rest to the portable kernel.
func addU8AVX2(e *addU8Args) {
	part, whole := *e, e.c&^7
	if whole > 0 {
		part.c = whole
		addBlocksU8AVX2(&part)
	}
	if part.rest(e, whole) {
		addU8Generic(&part)
	}
}

//go:noescape
func addFixedBlocksAVX2(e *addU8Args)

// addFixedAVX2 likewise, 16.
func addFixedAVX2(e *addU8Args) {
	part, whole := *e, e.c&^15
	if whole > 0 {
		part.c = whole
		addFixedBlocksAVX2(&part)
	}
	if part.rest(e, whole) {
		addFixedGeneric(&part)
	}
}

// dequantizeAVX2 likewise, 8.
func dequantizeAVX2(a *convertArgs) {
	whole, rest := a.split(8, 1, 4)
	if whole.c > 0 {
		for r := range a.rows {
			_dequantize_u8_avx2(unsafe.Add(a.dst, r*a.dstStride), unsafe.Add(a.src, r*a.srcStride), whole.c,
				unsafe.Pointer(&a.scale), unsafe.Pointer(&a.zero))
		}
	}
	if rest.c > 0 {
		dequantizeGeneric(&rest)
	}
}

//go:noescape
func requantizeBlocksAVX2(a *requantizeArgs)

// requantizeAVX2 likewise.
func requantizeAVX2(a *requantizeArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		requantizeBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.dst, part.sums = unsafe.Add(a.dst, part.c), unsafe.Add(a.sums, 4*part.c)
		part.c = a.c - part.c
		requantizeGeneric(&part)
	}
}

//go:noescape
func softmaxF32AVX2(b *softmaxArgs)

//go:noescape
func blendRowBlocksAVX2(b *blendRowsArgs)

//go:noescape
func laneDotsAVX2(d *laneDotsArgs)

// blendBlock is the least number of columns that the assembly takes.
const blendBlock = 64

func blendRowsAVX2(b *blendRowsArgs) {
	if b.c < blendBlock {
		blendRowsGeneric(b)
		return
	}
	blendRowBlocksAVX2(b)
}

//go:noescape
func tableU8AVX512VBMI(a *tableArgs)

// tablePlaces are the offsets of 64 pixels from src and dst.
type tablePlaces struct{ src, dst [tablesPixels]int }

// tablesPixels is how many pixels a block of the assembly has: it takes fewer as long.
const tablesPixels = 64

// tablesFew is how many pixels the kernel of AVX2 takes as fast as one of such blocks.
const tablesFew = 24

//go:noescape
func tablesBlocksAVX512VBMI(a *tableArgs, at *tablePlaces)

//go:noescape
func tableRowsAVX2(a *tableArgs)

// tablesU8AVX512VBMI does blocks of 64 pixels and 8 channels, and leaves few pixels and the rest of the channels to the
// kernel of AVX2.
func tablesU8AVX512VBMI(a *tableArgs) {
	part, c, at := *a, a.c&^7, tablePlaces{}
	for r := 0; r < a.rows; r += tablesPixels {
		part.rows = min(a.rows-r, tablesPixels)
		part.dst, part.src = unsafe.Add(a.dst, r*a.dstStride), unsafe.Add(a.src, r*a.srcStride)
		part.table, part.c = a.table, c
		if c == 0 || part.rows < tablesFew {
			part.c = a.c
			tablesU8AVX2(&part)
			continue
		}
		for i := range tablesPixels {
			at.src[i] = min(i, part.rows-1) * a.srcStride
			at.dst[i] = min(i, part.rows-1) * a.dstStride
		}
		tablesBlocksAVX512VBMI(&part, &at)
		if part.c = a.c; part.rest(c) {
			part.table = unsafe.Add(part.table, 256*c)
			tablesGeneric(&part)
		}
	}
}

// tablesU8AVX2 does blocks of 8 channels in assembly and leaves the rest to the portable kernel.
func tablesU8AVX2(a *tableArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		tableRowsAVX2(&part)
	}
	if k := part.c; k < a.c {
		part = *a
		part.rest(k)
		part.table = unsafe.Add(part.table, 256*k)
		tablesGeneric(&part)
	}
}
