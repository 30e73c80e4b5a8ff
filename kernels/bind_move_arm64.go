//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// The kernels of what moves and combines elements. Those whose assembly does whole blocks leave the rest to the
// portable kernel.

//go:noescape
func binaryRowsNEON(b *binaryArgs)

// binaryF32NEON leaves to the portable kernel what the assembly has not.
func binaryF32NEON(b *binaryArgs) {
	if b.common() && b.straight() {
		binaryRowsNEON(b)
	} else {
		binaryF32Generic(b)
	}
}

//go:noescape
func levelsBlocksNEON(a *convertArgs)

// levelsNEON does whole blocks of 16 in assembly.
func levelsNEON(a *convertArgs) {
	part := *a
	if part.c = a.c &^ 15; part.c > 0 {
		levelsBlocksNEON(&part)
	}
	if part.c < a.c {
		part.src, part.dst = unsafe.Add(a.src, 4*part.c), unsafe.Add(a.dst, part.c)
		part.c = a.c - part.c
		levelsGeneric(&part)
	}
}

//go:noescape
func mixF32NEON(m *mixArgs)

//go:noescape
func mixBlocksU8NEON(m *mixArgs)

// mixU8NEON does whole blocks of 16 channels in assembly.
func mixU8NEON(m *mixArgs) {
	part := *m
	if part.c = m.c &^ 15; part.c > 0 {
		mixBlocksU8NEON(&part)
	}
	if part.c < m.c {
		part.src, part.dst = unsafe.Add(m.src, part.c), unsafe.Add(m.dst, 4*part.c)
		part.c = m.c - part.c
		mixU8Generic(&part)
	}
}

//go:noescape
func transposeF32NEON(t *transposeArgs)

//go:noescape
func reorderZipF32NEON(b *reorderArgs)

//go:noescape
func reorderUnzipF32NEON(b *reorderArgs)

//go:noescape
func transposeU8NEON(t *transposeArgs)

//go:noescape
func reorderZipU8NEON(b *reorderArgs)

//go:noescape
func reorderUnzipU8NEON(b *reorderArgs)

// reorderF32NEON does whole blocks of an order that the assembly knows.
func reorderF32NEON(b *reorderArgs) {
	i, j, k := b.n[0], 0, 0
	switch order := b.order(); order {
	case reorderZip:
		if j, k = b.n[1]&^3, 2; j > 0 {
			part := b.inner(i, j, k)
			reorderZipF32NEON(&part)
		}
	case reorderUnzip:
		if j, k = 2, b.n[2]&^3; k > 0 {
			part := b.inner(i, j, k)
			reorderUnzipF32NEON(&part)
		}
	case reorderTranspose, reorderPairs:
		var t transposeArgs
		t, i, j, k = b.transposed(order, 4)
		transposeF32NEON(&t)
	}
	reorderEdges[uint32](b, i, j, k)
}

// reorderU8NEON likewise.
func reorderU8NEON(b *reorderArgs) {
	i, j, k := b.n[0], 0, 0
	switch order := b.order(); order {
	case reorderZip:
		if j, k = b.n[1]&^7, 2; j > 0 {
			part := b.inner(i, j, k)
			reorderZipU8NEON(&part)
		}
	case reorderUnzip:
		if j, k = 2, b.n[2]&^7; k > 0 {
			part := b.inner(i, j, k)
			reorderUnzipU8NEON(&part)
		}
	case reorderTranspose, reorderPairs:
		var t transposeArgs
		t, i, j, k = b.transposed(order, 1)
		transposeU8NEON(&t)
	}
	reorderEdges[uint8](b, i, j, k)
}

//go:noescape
func reduceBlocksNEON(a *reduceArgs)

// reduceF32NEON does whole blocks of 8 channels in assembly. Of lanes, the channels behind a pixel's blocks come before
// the next pixel.
func reduceF32NEON(a *reduceArgs) {
	whole := a.c &^ 7
	if whole == 0 || a.how == Product {
		reduceF32Generic(a)
		return
	}
	part := *a
	if part.c = whole; whole == a.c || !a.lanes {
		reduceBlocksNEON(&part)
		if whole < a.c {
			part = a.from(whole)
			reduceF32Generic(&part)
		}
		return
	}
	part.pixels = 1
	for p := range a.pixels {
		part.src, part.c = unsafe.Add(a.src, p*a.stride), whole
		reduceBlocksNEON(&part)
		part.src, part.c = unsafe.Add(part.src, 4*whole), a.c-whole
		reduceF32Generic(&part)
	}
}
