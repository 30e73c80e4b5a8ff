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
