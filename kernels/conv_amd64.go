//go:build gc && !purego && !noasm

package kernels

// The kernel counts tiles and dst up in a; the caller sets both anew for each call.
//
//go:noescape
func convTileF32AVX2(a *ConvTileF32)

//go:noescape
func winoInputF32AVX2(a *WinoInputF32)

//go:noescape
func winoOutputF32AVX2(a *WinoOutputF32)
