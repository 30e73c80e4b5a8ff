package kernels

import "unsafe"

// Pooling.
const (
	OpMaxPool  OpKind = "maxpool"  // maximum of any taps; func(*poolArgs)
	OpMaxPool3 OpKind = "maxpool3" // a row of 3×3 windows, stride 1 or 2; func(*maxPool3Args)
	OpAvgPool  OpKind = "avgpool"  // mean of any taps; func(*poolArgs), quantised func(*sumU8Args)
)

// poolArgs is the argument of the pooling kernels for any window: pixels output pixels side by side, each seeing
// the same taps srcStep bytes further; for p < pixels, i < c
//
//	max:      dst[p][i] = max_{t<taps} (ptrs[t] + p·srcStep)[i]         from −Inf, in order of t; NaNs are passed over
//	average:  dst[p][i] = (Σ_{t<taps} (ptrs[t] + p·srcStep)[i]) / divisor   from +0, in order of t
//
// A signalling NaN, which arithmetic never gives, may count as any number or as a NaN.
//
// A tap may be dst itself: so a long window is done in several calls, each going on from what the last one stored.
// dst does not otherwise overlap the taps. divisor is float32 for float kernels; only average uses it.
type poolArgs struct {
	_                uncompared
	ptrs             unsafe.Pointer // [taps] addresses
	dst              unsafe.Pointer
	srcStep, dstStep int // bytes from one output pixel to the next
	taps, pixels, c  int // ≥ 1
	divisor          float32
}

func maxPoolF32Generic(a *poolArgs) { maxPoolGeneric(a, negInf) }
func maxPoolU8Generic(a *poolArgs)  { maxPoolGeneric(a, uint8(0)) }

func maxPoolHalfGeneric(a *poolArgs) { maxPoolGeneric(a, halfNegInf) }

const halfNegInf Half = 0xfc00

func maxPoolGeneric[T uint8 | float32 | Half](a *poolArgs, least T) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.taps)
	const block = 64 // channels kept on the stack: dst may be a tap
	var best [block]T
	size := int(unsafe.Sizeof(least))
	for p := range a.pixels {
		for c0 := 0; c0 < a.c; c0 += block {
			m := best[:min(block, a.c-c0)]
			fillWith(m, least)
			for _, ptr := range ptrs {
				maxInto(m, unsafe.Slice((*T)(unsafe.Add(ptr, p*a.srcStep+c0*size)), len(m)))
			}
			copy(unsafe.Slice((*T)(unsafe.Add(a.dst, p*a.dstStep+c0*size)), len(m)), m)
		}
	}
}

// maxInto sets m[i] to src[i] where that is greater; a NaN is not.
func maxInto[T uint8 | float32 | Half](m, src []T) {
	// No branch here depends on which number is greater: random data would mislead its predictor half of the time.
	switch m := any(m).(type) {
	case []float32:
		for i, v := range any(src).([]float32)[:len(m)] {
			if v == v {
				m[i] = max(m[i], v)
			}
		}
	case []Half:
		for i, h := range any(src).([]Half)[:len(m)] {
			if v := h.Float(); v > m[i].Float() {
				m[i] = h
			}
		}
	case []uint8:
		for i, v := range any(src).([]uint8)[:len(m)] {
			more := int(v) - int(m[i])
			m[i] += uint8(more &^ (more >> 31))
		}
	}
}

func fillWith[T any](m []T, v T) {
	for i := range m {
		m[i] = v
	}
}

func avgPoolF32Generic(a *poolArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.taps)
	const block = 64
	var sums [block]float32
	for p := range a.pixels {
		for c0 := 0; c0 < a.c; c0 += block {
			s := sums[:min(block, a.c-c0)]
			clear(s)
			for _, ptr := range ptrs {
				for i, v := range floats(ptr, p*a.srcStep+4*c0, len(s)) {
					s[i] += v
				}
			}
			dst := floats(a.dst, p*a.dstStep+4*c0, len(s))
			for i := range dst {
				dst[i] = s[i] / a.divisor
			}
		}
	}
}

// avgPoolHalfGeneric adds up in float32 and rounds once: a tap is not dst.
func avgPoolHalfGeneric(a *poolArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.taps)
	for p := range a.pixels {
		for i := range a.c {
			var sum float32
			for _, ptr := range ptrs {
				sum += (*(*Half)(unsafe.Add(ptr, p*a.srcStep+2*i))).Float()
			}
			*(*Half)(unsafe.Add(a.dst, p*a.dstStep+2*i)) = ToHalf(sum / a.divisor)
		}
	}
}

// maxPool3Args is the argument of the kernels for rows of 3×3 maxima with stride 1 or 2. With v[x][i] the maximum of
// channel i over column x of three input rows, for p < pixels, i < c
//
//	dst[p][i] = max(v[p·stride−left][i], v[p·stride−left+1][i], v[p·stride−left+2][i])
//
// where columns outside 0…columns−1 do not take part: left (0 or 1) says that the first window begins one column
// early, right (0 or 1) that the last one ends one column late; columns = (pixels−1)·stride + 3 − left − right.
// A window clipped above or below is given a row twice. NaNs are passed over as in poolArgs.
type maxPool3Args struct {
	_                uncompared
	rows             [3]unsafe.Pointer // column 0 of the three rows
	dst              unsafe.Pointer
	srcStep, dstStep int // bytes from one column, one output pixel, to the next
	pixels, c        int // ≥ 1
	stride           int
	left, right      int
}

func maxPool3F32Generic(a *maxPool3Args) { maxPool3Generic(a, negInf) }
func maxPool3U8Generic(a *maxPool3Args)  { maxPool3Generic(a, uint8(0)) }

func maxPool3HalfGeneric(a *maxPool3Args) { maxPool3Generic(a, halfNegInf) }

func maxPool3Generic[T uint8 | float32 | Half](a *maxPool3Args, least T) {
	const block = 64 // channels that walk along the row together
	var v [3][block]T
	size := int(unsafe.Sizeof(least))
	for c0 := 0; c0 < a.c; c0 += block {
		n := min(block, a.c-c0)
		column := func(m []T, x int) {
			at := x*a.srcStep + c0*size
			fillWith(m, least)
			for _, row := range a.rows {
				maxInto(m, unsafe.Slice((*T)(unsafe.Add(row, at)), len(m)))
			}
		}
		columns := (a.pixels-1)*a.stride + 3 - a.left - a.right
		next := -a.left // the next column to be reduced
		for p := range a.pixels {
			for ; next <= p*a.stride-a.left+2; next++ {
				m := v[(next+3)%3][:n]
				if next >= 0 && next < columns {
					column(m, next)
				} else {
					fillWith(m, least)
				}
			}
			dst := unsafe.Slice((*T)(unsafe.Add(a.dst, p*a.dstStep+c0*size)), n)
			copy(dst, v[0][:])
			maxInto(dst, v[1][:n])
			maxInto(dst, v[2][:n])
		}
	}
}
