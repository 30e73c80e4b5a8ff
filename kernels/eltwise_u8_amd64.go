//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// The functions of csrc/eltwise_u8.c, compiled by csrc/generate.sh.

//go:noescape
func _add_u8_avx2(dst, a, b unsafe.Pointer, n int, p unsafe.Pointer)

//go:noescape
func _dequantize_u8_avx2(dst, src unsafe.Pointer, n int, scale, zero unsafe.Pointer)

// addParams is add_params of csrc/eltwise_u8.c.
type addParams struct {
	aScale, bScale, lo, hi float32
	aZero, bZero, zero     int32
}

// addU8AVX2 does whole blocks of 8 of each row in assembly and leaves the rest to the portable kernel.
func addU8AVX2(e *AddU8) {
	p := addParams{e.aScale, e.bScale, e.lo, e.hi, e.aZero, e.bZero, e.zero}
	whole := e.c &^ 7
	if whole > 0 {
		for r := range e.rows {
			_add_u8_avx2(unsafe.Add(e.dst, r*e.dstStride), unsafe.Add(e.a, r*e.aStride), unsafe.Add(e.b, r*e.bStride), whole, unsafe.Pointer(&p))
		}
	}
	if whole < e.c {
		rest := *e
		rest.dst, rest.a, rest.b, rest.c = unsafe.Add(e.dst, whole), unsafe.Add(e.a, whole), unsafe.Add(e.b, whole), e.c-whole
		addU8Generic(&rest)
	}
}

// dequantizeAVX2 likewise.
func dequantizeAVX2(a *Convert) {
	whole := a.c &^ 7
	if whole > 0 {
		for r := range a.rows {
			_dequantize_u8_avx2(unsafe.Add(a.dst, r*a.dstStride), unsafe.Add(a.src, r*a.srcStride), whole, unsafe.Pointer(&a.scale), unsafe.Pointer(&a.zero))
		}
	}
	if whole < a.c {
		rest := *a
		rest.dst, rest.src, rest.c = unsafe.Add(a.dst, 4*whole), unsafe.Add(a.src, whole), a.c-whole
		dequantizeGeneric(&rest)
	}
}
