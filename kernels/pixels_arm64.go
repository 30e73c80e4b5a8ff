//go:build gc && !purego && !noasm

package kernels

//go:noescape
func blendRowBlocksNEON(b *BlendRows)

//go:noescape
func laneDotsNEON(d *LaneDots)

func blendRowsNEON(b *BlendRows) {
	if b.c < 32 { // the least number of columns that the assembly takes
		blendRowsGeneric(b)
		return
	}
	blendRowBlocksNEON(b)
}
