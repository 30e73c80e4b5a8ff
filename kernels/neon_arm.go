//go:build gc && !purego && !noasm

package kernels

//go:noescape
func convTileF32NEON(a *ConvTile)

//go:noescape
func convTileU8NEON(a *ConvTile)

//go:noescape
func maxPoolU8NEON(a *PoolTaps)

//go:noescape
func maxPool3U8NEON(a *MaxPool3Row)

//go:noescape
func maxPoolF32NEON(a *PoolTaps)

//go:noescape
func maxPool3F32NEON(a *MaxPool3Row)
