//go:build gc && !purego && !noasm

package kernels

// The tile kernels use tiles, dst, left and spare of their argument as scratch; the caller sets tiles and dst anew
// for each call.

//go:noescape
func convTileF32AVX2(a *ConvTile)

//go:noescape
func winoInputF32AVX2(a *WinoInputF32)

//go:noescape
func winoOutputF32AVX2(a *WinoOutputF32)

//go:noescape
func convTileU8AVX2(a *ConvTile)

//go:noescape
func convTileU8AVX512VNNI(a *ConvTile)
