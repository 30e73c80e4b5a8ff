//go:build gc && !purego && !noasm

package kernels

// Kernels of float16.

//go:noescape
func convHalfFP16(a *convTileArgs)

//go:noescape
func wino23InputFP16(a *winoInputArgs)

//go:noescape
func wino23OutputFP16(a *winoOutputArgs)

//go:noescape
func maxPoolFP16(a *poolArgs)

//go:noescape
func maxPool3FP16(a *maxPool3Args)

//go:noescape
func depthRowFP16(a *depthRowArgs)

//go:noescape
func lrnHalfBlocksNEON(b *lrnArgs)

// lrnHalfNEON: a window reaches over the end of a block, so a pixel is done whole.
func lrnHalfNEON(b *lrnArgs) {
	if b.c%8 != 0 {
		lrnHalfGeneric(b)
		return
	}
	lrnHalfBlocksNEON(b)
}

//go:noescape
func avgPoolHalfNEON(a *poolArgs)

func avgPoolHalf(a *poolArgs) {
	if a.c < 8 {
		avgPoolHalfGeneric(a)
		return
	}
	avgPoolHalfNEON(a)
}

//go:noescape
func clampBlocksFP16(e *eltwiseArgs)

//go:noescape
func addBlocksFP16(e *eltwiseArgs)

// clampHalfFP16 does whole blocks of 8 elements in assembly and leaves the rest to the portable kernel.
func clampHalfFP16(e *eltwiseArgs) {
	whole := *e
	if whole.c &^= 7; whole.c > 0 {
		clampBlocksFP16(&whole)
	}
	if e.skip(whole.c, 2) {
		clampHalfGeneric(e)
	}
}

// addHalfFP16 likewise.
func addHalfFP16(e *eltwiseArgs) {
	whole := *e
	if whole.c &^= 7; whole.c > 0 {
		addBlocksFP16(&whole)
	}
	if e.skip(whole.c, 2) {
		addHalfGeneric(e)
	}
}

//go:noescape
func fcBlocksFP16(t *fcArgs)

// fcHalfFP16: what is left of sixteens is a block of its own.
func fcHalfFP16(t *fcArgs) {
	whole := *t
	if whole.c &^= 15; whole.c > 0 {
		fcBlocksFP16(&whole)
		t.sum = whole.sum
	}
	if whole.c < t.c {
		fcHalfRest(t)
	}
}
