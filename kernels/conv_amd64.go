//go:build gc && !purego && !noasm

package kernels

// The tile kernels use tiles, left and at of their argument as scratch; the caller sets tiles anew for each call.

//go:noescape
func convTileF32AVX2(a *ConvTile)

//go:noescape
func winoInputF32AVX2(a *WinoInput)

//go:noescape
func winoOutputF32AVX2(a *WinoOutput)

//go:noescape
func wino25OutputF32AVX2(a *WinoOutput)

//go:noescape
func wino23InputF32AVX2(a *WinoInput)

//go:noescape
func wino23OutputF32AVX2(a *WinoOutput)

//go:noescape
func convTileU8AVX2(a *ConvTile)

//go:noescape
func convWideU8AVX2(a *ConvTile)

//go:noescape
func convTileU8AVX512VNNI(a *ConvTile)

//go:noescape
func convTileU8AVXVNNI(a *ConvTile)

//go:noescape
func convTileU8VNNI256(a *ConvTile)

//go:noescape
func winoInputU8AVX2(a *WinoInput)

//go:noescape
func winoGemmAVX2(a *ConvTile)

//go:noescape
func winoOutputU8AVX2(a *WinoOutput)
