//go:build gc && !purego && !noasm

package kernels

import "unsafe"

//go:noescape
func lrnU8AVX2(a *LRNU8)

//go:noescape
func lrnU8AVX512(a *LRNU8)

//go:noescape
func fcU8AVX2(t *FCTileU8)

//go:noescape
func fcU8AVX512VNNI(t *FCTileU8)

//go:noescape
func quantizeBlocksAVX2(a *Convert)

//go:noescape
func sumBlocksAVX2(a *SumU8)

// quantizeAVX2 does whole blocks of 8 in assembly and leaves the rest to the portable kernel.
func quantizeAVX2(a *Convert) {
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
func sumU8AVX2(a *SumU8) {
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
