//go:build gc && !purego && !noasm

package kernels

//go:noescape
func blendRowBlocksAVX2(b *BlendRows)

//go:noescape
func laneDotsAVX2(d *LaneDots)

// blendBlock is the least number of columns that the assembly takes.
const blendBlock = 64

func blendRowsAVX2(b *BlendRows) {
	if b.c < blendBlock {
		blendRowsGeneric(b)
		return
	}
	blendRowBlocksAVX2(b)
}
