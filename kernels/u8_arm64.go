//go:build gc && !purego && !noasm

package kernels

//go:noescape
func maxPoolU8NEON(a *PoolTaps)

//go:noescape
func maxPool3U8NEON(a *MaxPool3Row)

//go:noescape
func quantizeNEON(a *Convert)

//go:noescape
func dequantizeNEON(a *Convert)

//go:noescape
func addU8NEON(e *AddU8)

//go:noescape
func lrnU8NEON(a *LRNU8)

//go:noescape
func fcU8NEON(t *FCTileU8)

//go:noescape
func fcU8DotProd(t *FCTileU8)

//go:noescape
func sumU8NEON(a *SumU8)
