package kernels

import "unsafe"

// binaryPiece is how many elements of uint8 become floats at a time.
const binaryPiece = 512

// binaryLevels is what a worker computes with: pieces of both operands and of the result as floats.
type binaryLevels struct {
	in      [2][binaryPiece]float32
	out     [binaryPiece]float32
	args    binaryArgs
	convert convertArgs
}

// onLevels does what b says on elements of uint8: a part of a row at a time, or some short rows.
func (t *binaryTask) onLevels(w *binaryLevels, b *binaryArgs) {
	rows := max(1, binaryPiece/b.c)
	for r := 0; r < b.rows; r += rows {
		for at := 0; at < b.c; at += binaryPiece {
			t.piece(w, b, r, min(rows, b.rows-r), at, min(binaryPiece, b.c-at))
		}
	}
}

// piece computes c elements from at on of rows rows from r on.
func (t *binaryTask) piece(w *binaryLevels, b *binaryArgs, r, rows, at, c int) {
	f := &w.args
	*f = binaryArgs{dst: unsafe.Pointer(&w.out), dstRow: c, dstStep: 1, rows: rows, c: c, how: b.how, lo: b.lo, hi: b.hi}
	f.a, f.aRow, f.aStep = t.operand(w, 0, b.a, r*b.aRow+at*b.aStep, b.aRow, b.aStep, rows, c)
	f.b, f.bRow, f.bStep = t.operand(w, 1, b.b, r*b.bRow+at*b.bStep, b.bRow, b.bStep, rows, c)
	t.fn(f)
	convertSteps(t.quantize, &w.convert, convertArgs{dst: unsafe.Add(b.dst, r*b.dstRow+at*b.dstStep), dstStride: b.dstRow,
		src: f.dst, srcStride: 4 * c, rows: rows, c: c, scale: t.OutScale, zero: int32(t.Out.Zero)}, b.dstStep, 1)
}

// operand returns where operand k, from element at of p on, is as floats, and how it lies there.
func (t *binaryTask) operand(w *binaryLevels, k int, p unsafe.Pointer, at, row, step, rows, c int) (unsafe.Pointer, int,
	int) {
	if t.scale[k] == 0 {
		return unsafe.Add(p, 4*at), row, step
	}
	to := unsafe.Pointer(&w.in[k])
	if row == 0 { // one for all
		rows = 1
	}
	if step == 0 {
		c = 1
	}
	convertSteps(t.dequantize, &w.convert, convertArgs{dst: to, dstStride: 4 * c, src: unsafe.Add(p, at), srcStride: row,
		rows: rows, c: c, scale: t.scale[k], zero: t.zero[k]}, 1, max(step, 1))
	return to, min(row, 1) * c, min(step, 1)
}

// convertSteps converts what x says by fn, where elements of bytes lie so many apart: dstStep, srcStep. If they do not
// lie side by side, those of a row are rows to fn. a is what fn is given.
func convertSteps(fn func(*convertArgs), a *convertArgs, x convertArgs, dstStep, srcStep int) {
	*a = x
	if dstStep == 1 && srcStep == 1 {
		fn(a)
		return
	}
	from, to := srcStep, 4
	if dstStep > 1 {
		from, to = 4, dstStep
	}
	for r := range x.rows {
		*a = x
		a.dst, a.src = unsafe.Add(x.dst, r*x.dstStride), unsafe.Add(x.src, r*x.srcStride)
		a.dstStride, a.srcStride, a.rows, a.c = to, from, x.c, 1
		fn(a)
	}
}
