//go:build gc && !purego && !noasm

package kernels

//go:noescape
func convTileF32NEON(a *ConvTile)

//go:noescape
func convTileU8NEON(a *ConvTile)

//go:noescape
func convTileU8DotProd(a *ConvTile)

//go:noescape
func convTileU8I8MM(a *ConvTile)

//go:noescape
func wino43InputF32NEON(a *WinoInput)

//go:noescape
func wino43OutputF32NEON(a *WinoOutput)

//go:noescape
func wino25OutputF32NEON(a *WinoOutput)

//go:noescape
func wino34OutputF32NEON(a *WinoOutput)

//go:noescape
func wino23InputF32NEON(a *WinoInput)

//go:noescape
func wino23OutputF32NEON(a *WinoOutput)
