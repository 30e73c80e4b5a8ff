//go:build gc && !purego && !noasm

package kernels

//go:noescape
func scaleBlocksNEON(a *scaleArgs)

//go:noescape
func slopeBlocksNEON(a *scaleArgs)

//go:noescape
func scaleU8BlocksNEON(a *scaleArgs)

// scaleF32NEON leaves what is no block of 4 channels to the portable kernel.
func scaleF32NEON(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 3; whole.c > 0 {
		scaleBlocksNEON(&whole)
	}
	if a.rest(whole.c, 4) {
		scaleF32Generic(a)
	}
}

// slopeF32NEON likewise.
func slopeF32NEON(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 3; whole.c > 0 {
		slopeBlocksNEON(&whole)
	}
	if a.rest(whole.c, 4) {
		slopeF32Generic(a)
	}
}

// scaleU8NEON likewise, of 16.
func scaleU8NEON(a *scaleArgs) {
	whole := *a
	if whole.c = a.c &^ 15; whole.c > 0 {
		scaleU8BlocksNEON(&whole)
	}
	if a.rest(whole.c, 1) {
		scaleU8Generic(a)
	}
}
