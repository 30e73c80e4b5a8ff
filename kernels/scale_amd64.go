//go:build gc && !purego && !noasm

package kernels

//go:noescape
func scaleBlocksAVX2(a *scaleArgs)

//go:noescape
func slopeBlocksAVX2(a *scaleArgs)

//go:noescape
func scaleU8BlocksAVX2(a *scaleArgs)

//go:noescape
func scaleU8AVX512(a *scaleArgs)

// scaleF32AVX2 leaves what is no block of 8 channels to the portable kernel.
func scaleF32AVX2(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 7; whole.c > 0 {
		scaleBlocksAVX2(&whole)
	}
	if a.rest(whole.c, 4) {
		scaleF32Generic(a)
	}
}

// slopeF32AVX2 likewise.
func slopeF32AVX2(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 7; whole.c > 0 {
		slopeBlocksAVX2(&whole)
	}
	if a.rest(whole.c, 4) {
		slopeF32Generic(a)
	}
}

// scaleU8AVX2 likewise.
func scaleU8AVX2(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 7; whole.c > 0 {
		scaleU8BlocksAVX2(&whole)
	}
	if a.rest(whole.c, 1) {
		scaleU8Generic(a)
	}
}
