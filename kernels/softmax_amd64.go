//go:build gc && !purego && !noasm

package kernels

//go:noescape
func softmaxF32AVX2(b *SoftmaxBlock)
