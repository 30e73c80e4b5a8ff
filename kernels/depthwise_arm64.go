//go:build gc && !purego && !noasm

package kernels

//go:noescape
func depthwiseF32BlocksNEON(a *DepthTaps)

//go:noescape
func depthwiseU8BlocksNEON(a *DepthTaps)

// depthwiseF32NEON does whole blocks of 4 channels in assembly and leaves the rest to the portable kernel.
func depthwiseF32NEON(a *DepthTaps) {
	whole := *a
	if whole.c &^= 3; whole.c > 0 {
		depthwiseF32BlocksNEON(&whole)
	}
	if whole.c < a.c {
		depthwiseF32Generic(a.from(whole.c, 4))
	}
}

// depthwiseU8NEON likewise, 8 channels.
func depthwiseU8NEON(a *DepthTaps) {
	whole := *a
	if whole.c &^= 7; whole.c > 0 {
		depthwiseU8BlocksNEON(&whole)
	}
	if whole.c < a.c {
		depthwiseU8Generic(a.from(whole.c, 1))
	}
}
