//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// The kernels of what moves and combines elements. Those whose assembly does whole blocks leave the rest to the
// portable kernel.

//go:noescape
func binaryRowsAVX2(b *binaryArgs)

// binaryF32AVX2 leaves to the portable kernel what the assembly has not.
func binaryF32AVX2(b *binaryArgs) {
	if b.common() && b.straight() {
		binaryRowsAVX2(b)
	} else {
		binaryF32Generic(b)
	}
}

//go:noescape
func levelsBlocksAVX2(a *convertArgs)

// levelsAVX2 does whole blocks of 8 in assembly.
func levelsAVX2(a *convertArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		levelsBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.src, part.dst = unsafe.Add(a.src, 4*part.c), unsafe.Add(a.dst, part.c)
		part.c = a.c - part.c
		levelsGeneric(&part)
	}
}

//go:noescape
func mixF32AVX2(m *mixArgs)

//go:noescape
func mixBlocksU8AVX2(m *mixArgs)

// mixU8AVX2 does whole blocks of 8 channels in assembly.
func mixU8AVX2(m *mixArgs) {
	part := *m
	if part.c = m.c &^ 7; part.c > 0 {
		mixBlocksU8AVX2(&part)
	}
	if part.c < m.c {
		part.src, part.dst = unsafe.Add(m.src, part.c), unsafe.Add(m.dst, 4*part.c)
		part.c = m.c - part.c
		mixU8Generic(&part)
	}
}

//go:noescape
func reorderRowsAVX2(b *reorderArgs)

//go:noescape
func transposeF32AVX2(t *transposeArgs)

//go:noescape
func reorderZipF32AVX2(b *reorderArgs)

//go:noescape
func reorderUnzipF32AVX2(b *reorderArgs)

//go:noescape
func transposeU8AVX2(t *transposeArgs)

//go:noescape
func reorderZipU8AVX2(b *reorderArgs)

//go:noescape
func reorderUnzipU8AVX2(b *reorderArgs)

// reorderF32AVX2 does whole blocks of an order that the assembly knows. Its rows are bytes.
func reorderF32AVX2(b *reorderArgs) {
	i, j, k := b.n[0], 0, 0
	switch order := b.order(); order {
	case reorderRows:
		part := *b
		part.n[2] *= 4
		for d := range 2 {
			part.dstStep[d] *= 4
			part.srcStep[d] *= 4
		}
		reorderRowsAVX2(&part)
		return
	case reorderZip:
		if j, k = b.n[1]&^3, 2; j > 0 {
			part := b.inner(i, j, k)
			reorderZipF32AVX2(&part)
		}
	case reorderUnzip:
		if j, k = 2, b.n[2]&^3; k > 0 {
			part := b.inner(i, j, k)
			reorderUnzipF32AVX2(&part)
		}
	case reorderTranspose, reorderPairs:
		var t transposeArgs
		t, i, j, k = b.transposed(order, 4)
		transposeF32AVX2(&t)
	}
	reorderEdges[uint32](b, i, j, k)
}

// reorderU8AVX2 likewise.
func reorderU8AVX2(b *reorderArgs) {
	i, j, k := b.n[0], 0, 0
	switch order := b.order(); order {
	case reorderRows:
		reorderRowsAVX2(b)
		return
	case reorderZip:
		if j, k = b.n[1]&^7, 2; j > 0 {
			part := b.inner(i, j, k)
			reorderZipU8AVX2(&part)
		}
	case reorderUnzip:
		if j, k = 2, b.n[2]&^7; k > 0 {
			part := b.inner(i, j, k)
			reorderUnzipU8AVX2(&part)
		}
	case reorderTranspose, reorderPairs:
		var t transposeArgs
		t, i, j, k = b.transposed(order, 1)
		transposeU8AVX2(&t)
	}
	reorderEdges[uint8](b, i, j, k)
}

//go:noescape
func reduceBlocksAVX2(a *reduceArgs)

// reduceF32AVX2 does lanes, and whole blocks of 8 channels, in assembly.
func reduceF32AVX2(a *reduceArgs) {
	part := *a
	if !a.lanes {
		part.c &^= 7
	}
	if a.how == Product {
		part.c = 0
	}
	if part.c > 0 {
		reduceBlocksAVX2(&part)
	}
	if part.c < a.c {
		part = a.from(part.c)
		reduceF32Generic(&part)
	}
}

//go:noescape
func reduceBlocksU8AVX2(a *reduceArgs)

// reduceU8AVX2 does whole blocks of 8 channels, or of a pixel's lanes, in assembly.
func reduceU8AVX2(a *reduceArgs) {
	part, whole := *a, a.c&^7
	switch {
	case whole == 0:
	case !a.lanes:
		part.c = whole
		reduceBlocksU8AVX2(&part)
	default: // lanes of a pixel are pixels of 8 channels
		part.lanes, part.c, part.pixels, part.stride = false, reduceLanes, whole/reduceLanes, reduceLanes
		for p := range a.pixels {
			part.src = unsafe.Add(a.src, p*a.stride)
			reduceBlocksU8AVX2(&part)
		}
	}
	if whole < a.c {
		part = *a
		part.src, part.c = unsafe.Add(a.src, whole), a.c-whole
		if !a.lanes {
			part.acc = unsafe.Add(a.acc, 4*whole)
		}
		reduceU8Generic(&part)
	}
}

//go:noescape
func softmaxOverBlocksAVX2(a *softmaxOverArgs)

// softmaxOverAVX2 does whole blocks of 8 channels of plain softmax in assembly.
func softmaxOverAVX2(a *softmaxOverArgs) {
	part := *a
	if part.c = a.c &^ 7; a.form != SoftmaxPlain {
		part.c = 0
	}
	if part.c > 0 {
		softmaxOverBlocksAVX2(&part)
	}
	if part.c < a.c {
		part = a.from(part.c)
		softmaxOverGeneric(&part)
	}
}

//go:noescape
func softmaxBlocksU8AVX2(b *softmaxU8Args)

// softmaxU8AVX2 does pixels of whole blocks of 8 channels, of which sums fit 32 bits, in assembly.
func softmaxU8AVX2(b *softmaxU8Args) {
	if b.c&7 == 0 && b.c <= 248 {
		softmaxBlocksU8AVX2(b)
	} else {
		softmaxU8Generic(b)
	}
}

//go:noescape
func wordsBlocksAVX2(a *flipArgs)

// wordsAVX2 does rows of 16 bytes and more in assembly.
func wordsAVX2(a *flipArgs) {
	if a.bytes < 16 {
		wordsGeneric(a)
		return
	}
	wordsBlocksAVX2(a)
}
