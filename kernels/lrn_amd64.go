//go:build gc && !purego && !noasm

package kernels

//go:noescape
func lrnF32AVX2(b *LRNBlock)

//go:noescape
func lrnF32AVX512(b *LRNBlock)
