//go:build gc && !purego && !noasm

package kernels

//go:noescape
func clampF32AVX2(e *Eltwise)

//go:noescape
func addF32AVX2(e *Eltwise)

//go:noescape
func affineF32AVX2(e *Eltwise)
