//go:build gc && !purego && !noasm

package kernels

//go:noescape
func convTileF32NEON(a *ConvTile)

//go:noescape
func convTileU8NEON(a *ConvTile)
