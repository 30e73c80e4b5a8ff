//go:build gc && !purego && !noasm

package kernels

import "unsafe"

//go:noescape
func maxPoolF32NEON(a *PoolTaps)

//go:noescape
func maxPool3F32NEON(a *MaxPool3Row)

//go:noescape
func fcBlocksNEON(t *FCTile)

//go:noescape
func avgPoolF32NEON(a *PoolTaps)

//go:noescape
func lrnBlocksNEON(b *LRNBlock)

//go:noescape
func clampBlocksNEON(e *Eltwise)

//go:noescape
func addBlocksNEON(e *Eltwise)

//go:noescape
func affineBlocksNEON(e *Eltwise)

// The kernels below do whole blocks of channels in assembly and leave the rest to the portable kernel.

func fcF32NEON(t *FCTile) {
	c := t.c
	if t.c &^= 15; t.c > 0 {
		fcBlocksNEON(t)
	}
	if k := t.c; k < c {
		for r := range genericFCRows {
			t.w[r] = unsafe.Add(t.w[r], 4*k)
		}
		t.x, t.c = unsafe.Add(t.x, 4*k), c-k
		fcF32Generic(t)
	}
}

// lrnF32NEON: a window reaches over the end of a block, so a pixel is done whole.
func lrnF32NEON(b *LRNBlock) {
	if b.c%4 != 0 {
		lrnF32Generic(b)
		return
	}
	lrnBlocksNEON(b)
}

func clampF32NEON(e *Eltwise) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		clampBlocksNEON(&whole)
	}
	if e.skip(whole.c) {
		clampF32Generic(e)
	}
}

func addF32NEON(e *Eltwise) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		addBlocksNEON(&whole)
	}
	if e.skip(whole.c) {
		addF32Generic(e)
	}
}

func affineF32NEON(e *Eltwise) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		affineBlocksNEON(&whole)
	}
	if e.skip(whole.c) {
		affineF32Generic(e)
	}
}

// skip leaves out the first k channels and reports whether others are left.
func (e *Eltwise) skip(k int) bool {
	if k == e.c {
		return false
	}
	e.a, e.dst, e.c = unsafe.Add(e.a, 4*k), unsafe.Add(e.dst, 4*k), e.c-k
	if e.b != nil {
		e.b = unsafe.Add(e.b, 4*k)
	}
	if e.scale != nil {
		e.scale, e.shift = unsafe.Add(e.scale, 4*k), unsafe.Add(e.shift, 4*k)
	}
	return true
}
