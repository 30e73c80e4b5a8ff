//go:build gc && !purego && !noasm

package kernels

//go:noescape
func maxPoolF32AVX2(a *PoolTaps)

//go:noescape
func avgPoolF32AVX2(a *PoolTaps)

//go:noescape
func maxPool3F32AVX2(a *MaxPool3Row)

//go:noescape
func maxPoolU8AVX2(a *PoolTaps)

//go:noescape
func maxPool3U8AVX2(a *MaxPool3Row)
