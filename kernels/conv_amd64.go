//go:build gc && !purego && !noasm

package kernels

// The tile kernels use tiles, left and at of their argument as scratch; the caller sets tiles anew for each call.

//go:noescape
func convTileF32AVX2(a *ConvTile)

//go:noescape
func convTileF32AVX512(a *ConvTile)

//go:noescape
func wino43InputF32AVX2(a *WinoInput)

//go:noescape
func wino43InputF32AVX512(a *WinoInput)

//go:noescape
func wino43OutputF32AVX2(a *WinoOutput)

//go:noescape
func wino43OutputF32AVX512(a *WinoOutput)

//go:noescape
func wino25OutputF32AVX2(a *WinoOutput)

//go:noescape
func wino25OutputF32AVX512(a *WinoOutput)

//go:noescape
func wino34OutputF32AVX2(a *WinoOutput)

//go:noescape
func wino34OutputF32AVX512(a *WinoOutput)

//go:noescape
func wino23InputF32AVX2(a *WinoInput)

//go:noescape
func wino23OutputF32AVX2(a *WinoOutput)

//go:noescape
func convTileU8AVX2(a *ConvTile)

//go:noescape
func convWideU8AVX2(a *ConvTile)

//go:noescape
func weaveAVX2(w *Weave)

//go:noescape
func convTileU8AMX(a *ConvTile)

//go:noescape
func convTileU8AVX512VNNI(a *ConvTile)

//go:noescape
func convTileU8AVXVNNI(a *ConvTile)

//go:noescape
func wino23InputU8AVX2(a *WinoInput)

//go:noescape
func wino43InputU8AVX2(a *WinoInput)

//go:noescape
func wino43InputU8AVX512(a *WinoInput)

//go:noescape
func wino43OutputU8AVX2(a *WinoOutput)

//go:noescape
func wino43OutputU8AVX512(a *WinoOutput)

//go:noescape
func wino43FilterAVX2(a *WinoFilter)

//go:noescape
func wino23FilterAVX2(a *WinoFilter)

//go:noescape
func wino43FilterAVX512(a *WinoFilter)

//go:noescape
func wino23FilterAVX512(a *WinoFilter)

//go:noescape
func winoGemmAVX512VNNI(a *ConvTile)

//go:noescape
func winoGemmAVXVNNI(a *ConvTile)

//go:noescape
func winoGemmAVX2(a *ConvTile)

//go:noescape
func wino23OutputU8AVX2(a *WinoOutput)
