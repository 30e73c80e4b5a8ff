//go:build gc && !purego && !noasm

package kernels

//go:noescape
func lrnF32AVX2(b *LRNBlock)
