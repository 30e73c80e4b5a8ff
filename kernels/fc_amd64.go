//go:build gc && !purego && !noasm

package kernels

//go:noescape
func fcF32AVX2(a *FCTile)
