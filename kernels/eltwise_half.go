package kernels

// Bounds and sums of float16 numbers are those of float32, [eltwiseArgs], rounded once: kernels of float16 give the
// same bits. A sum that float32 has rounded is rounded to float16 as the exact one, for float32 has 24 bits, no less
// than twice eleven and two.

func clampHalfGeneric(e *eltwiseArgs) {
	for r := range e.rows {
		dst := halves(e.dst, r*e.dstStride, e.c)
		for i, x := range halves(e.a, r*e.aStride, e.c) {
			dst[i] = ToHalf(min(max(x.Float(), e.lo), e.hi))
		}
	}
}

func addHalfGeneric(e *eltwiseArgs) {
	for r := range e.rows {
		dst, b := halves(e.dst, r*e.dstStride, e.c), halves(e.b, r*e.bStride, e.c)
		for i, x := range halves(e.a, r*e.aStride, e.c) {
			dst[i] = ToHalf(min(max(x.Float()+b[i].Float(), e.lo), e.hi))
		}
	}
}
