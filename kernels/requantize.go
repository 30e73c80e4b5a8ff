package kernels

import "unsafe"

// OpRequantize makes bytes of sums by one scale; quantised only: func(*requantizeArgs).
const OpRequantize OpKind = "requantize"

// requantizeArgs is the argument of the inner kernel: dst[i] = Requantize(sums[i] − from, scale, lo, hi, zero) for
// i < c; see [Requantize].
type requantizeArgs struct {
	_             uncompared
	dst, sums     unsafe.Pointer // uint8, int32
	c             int            // ≥ 1
	from          int32
	scale, lo, hi float32
	zero          int32
}

func requantizeGeneric(a *requantizeArgs) {
	dst := unsafe.Slice((*uint8)(a.dst), a.c)
	for i, sum := range unsafe.Slice((*int32)(a.sums), len(dst)) {
		dst[i] = Requantize(sum-a.from, a.scale, a.lo, a.hi, a.zero)
	}
}
