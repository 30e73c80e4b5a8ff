//go:build gc && !purego && !noasm

package kernels

//go:noescape
func depthwiseF32BlocksAVX2(a *DepthTaps)

//go:noescape
func depthwiseU8BlocksAVX2(a *DepthTaps)

// depthwiseF32AVX2 does whole blocks of 8 channels in assembly and leaves the rest to the portable kernel.
func depthwiseF32AVX2(a *DepthTaps) {
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
func depthwiseU8AVX2(a *DepthTaps) {
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
