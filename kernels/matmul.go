package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpMatMul is dot products of levels less their zero points; quantised only, func(*dotArgs). Float products of matrices
// run on the kernels of [OpFC].
const OpMatMul OpKind = "matmul"

// dotArgs is the argument of the inner kernel of quantised products of matrices: for each of four rows of w
//
//	sum[r] += Σ_{i<c} w[r][i]·x[i]     exactly, in int32; c ≤ 2¹⁵ numbers of −255…255
type dotArgs struct {
	_   uncompared
	w   [4]unsafe.Pointer // int16 rows; a row may be given twice
	x   unsafe.Pointer    // int16
	c   int               // ≥ 1
	sum [4]int32
}

func dotU8Generic(t *dotArgs) {
	row := func(p unsafe.Pointer) []int16 { return unsafe.Slice((*int16)(p), t.c) }
	x := row(t.x)
	w0, w1, w2, w3 := row(t.w[0])[:len(x)], row(t.w[1])[:len(x)], row(t.w[2])[:len(x)], row(t.w[3])[:len(x)]
	var s0, s1, s2, s3 int32
	for i, v := range x {
		s0 += int32(w0[i]) * int32(v)
		s1 += int32(w1[i]) * int32(v)
		s2 += int32(w2[i]) * int32(v)
		s3 += int32(w3[i]) * int32(v)
	}
	t.sum[0] += s0
	t.sum[1] += s1
	t.sum[2] += s2
	t.sum[3] += s3
}

// MatMul says which of two factors are given transposed.
type MatMul struct{ TransA, TransB bool }

// A product is cut into blocks of its rows and columns, and of the numbers that are summed. A block of the second
// factor is packed, its columns as rows, once for all rows of a block.
const (
	matMulRows  = 64
	matMulCols  = 32
	matMulDepth = 512
)

// NewMatMulF32 returns the product of matrices, for each image n and row h of pixels, which are repeated where a
// factor has but one:
//
//	out[n, h, m, j] = Σ_k a[n, h, m, k]·b[n, h, k, j]      a[n, h, k, m] if TransA, b[n, h, j, k] if TransB
//
// The order of the additions is that of the kernel.
func NewMatMulF32(m MatMul, limit arch.ISA) (Op, error) {
	o := &matMul{MatMul: m, dtype: F32}
	o.kernel, o.dotF32 = Select[func(*fcArgs)](OpFC, F32, limit)
	return o, nil
}

// MatMulU8 is how the factors and the product are quantised.
type MatMulU8 struct {
	MatMul
	AScale, BScale, OutScale float32 // positive
	AZero, BZero             uint8
	Out                      OutU8
}

// NewMatMulU8 returns the quantised product of matrices:
//
//	sum = Σ (a − AZero)·(b − BZero)                                               exactly
//	out = zero + roundEven(min(max(float32(sum)·m, lo), hi))      m = AScale·BScale/OutScale, in binary64, rounded once
//
// It is the same on every tier.
func NewMatMulU8(q MatMulU8, limit arch.ISA) (Op, error) {
	for _, s := range []float32{q.AScale, q.BScale, q.OutScale} {
		if !(s > 0) || s > math.MaxFloat32 {
			return nil, errorf("%w: scale %v", ErrShape, s)
		}
	}
	o := &matMul{MatMul: q.MatMul, dtype: U8, aZero: int16(q.AZero), bZero: int16(q.BZero),
		factor: float32(float64(q.AScale) * float64(q.BScale) / float64(q.OutScale))}
	o.lo, o.hi, o.zero = q.Out.bounds()
	o.kernel, o.dotU8 = Select[func(*dotArgs)](OpMatMul, U8, limit)
	return o, nil
}

type matMul struct {
	basic
	MatMul
	dtype  DType
	dotF32 func(*fcArgs)
	dotU8  func(*dotArgs)

	aZero, bZero   int16
	zero           int32
	factor, lo, hi float32
}

func (o *matMul) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 2 && len(out) == 1 && out[0].DType == o.dtype && out[0].Stride >= out[0].C
	for i := 0; ok && i < len(in); i++ {
		ok = in[i].DType == o.dtype && in[i].Stride >= in[i].C && repeats(in[i].N, out[0].N) && repeats(in[i].H, out[0].H)
	}
	checkViews("product of matrices", ok)
	t := &matMulTask{matMul: o, a: in[0], b: in[1], out: out[0], workers: make([]matMulWorker, workers)}
	rows, depth, depthB, cols := t.a.W, t.a.C, t.b.W, t.b.C
	if o.TransA {
		rows, depth = depth, rows
	}
	if o.TransB {
		depthB, cols = cols, depthB
	}
	checkViews("product of matrices", depth == depthB && t.out.W == rows && t.out.C == cols)
	t.depth = depth
	t.rowBlocks, t.colBlocks = (rows+matMulRows-1)/matMulRows, (cols+matMulCols-1)/matMulCols
	for i := range t.workers {
		w := &t.workers[i]
		pack := (min(cols, matMulCols) + 1) * min(depth, matMulDepth) // and a row of the first factor
		if o.dtype == F32 {
			w.packF32 = make([]float32, pack)
		} else {
			w.packU8 = make([]int16, pack)
		}
	}
	return t
}

type matMulTask struct {
	*matMul
	onlyTask
	a, b, out            View
	depth                int
	rowBlocks, colBlocks int
	workers              []matMulWorker
}

type matMulWorker struct {
	packF32 []float32
	packU8  []int16
	sumsF32 [matMulRows * matMulCols]float32
	sumsU8  [matMulRows * matMulCols]int64
	f32     fcArgs
	u8      dotArgs
	_       [64]byte
}

// Units are blocks of columns of blocks of rows of products.
func (t *matMulTask) Units() int { return t.out.N * t.out.H * t.rowBlocks * t.colBlocks }

// matMulBlock is one unit: rows m0 ≤ m < m1 and columns j0 ≤ j < j1 of a product; and what is summed now, k0 ≤ k < k1.
type matMulBlock struct{ n, h, m0, m1, j0, j1, k0, k1 int }

func (t *matMulTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	for u := lo; u < hi && !stop.Asked(); u++ {
		image := u / (t.rowBlocks * t.colBlocks)
		b := matMulBlock{n: image / t.out.H, h: image % t.out.H, m0: u / t.colBlocks % t.rowBlocks * matMulRows,
			j0: u % t.colBlocks * matMulCols}
		b.m1, b.j1 = min(b.m0+matMulRows, t.out.W), min(b.j0+matMulCols, t.out.C)
		if t.dtype == F32 {
			clear(w.sumsF32[:])
		} else {
			clear(w.sumsU8[:])
		}
		for b.k0 = 0; b.k0 < t.depth && !stop.Asked(); b.k0 += matMulDepth {
			b.k1 = min(b.k0+matMulDepth, t.depth)
			if t.dtype == F32 {
				t.floats(w, &b, stop)
			} else {
				t.levels(w, &b, stop)
			}
		}
		for m := b.m0; m < b.m1; m++ {
			at, n := (m-b.m0)*matMulCols, b.j1-b.j0
			dst := t.out.at(((b.n*t.out.H+b.h)*t.out.W+m)*t.out.Stride + b.j0)
			if t.dtype == F32 {
				copy(floats(dst, 0, n), w.sumsF32[at:])
				continue
			}
			for j, sum := range w.sumsU8[at : at+n] {
				v := min(max(float32(sum)*t.factor, t.lo), t.hi)
				unsafe.Slice((*uint8)(dst), n)[j] = uint8(int32(math.RoundToEven(float64(v))) + t.zero)
			}
		}
	}
}

// floats adds a block's products.
func (t *matMulTask) floats(w *matMulWorker, b *matMulBlock, stop *Stop) {
	depth, cols := b.k1-b.k0, b.j1-b.j0
	row, packed := w.packF32[:depth], w.packF32[depth:]
	for i := range depth {
		if t.TransB {
			break
		}
		src := floats(t.b.repeated(b.n, b.h, b.k0+i, b.j0), 0, cols)
		for j, v := range src {
			packed[j*depth+i] = v
		}
	}
	a, mr := &w.f32, t.kernel.MR
	a.c = depth
	for m := b.m0; m < b.m1 && !stop.Asked(); m++ {
		a.x = t.a.repeated(b.n, b.h, m, b.k0)
		if t.TransA {
			for i := range row {
				row[i] = *(*float32)(t.a.repeated(b.n, b.h, b.k0+i, m))
			}
			a.x = addr(row)
		}
		sums := w.sumsF32[(m-b.m0)*matMulCols:][:cols]
		for j := 0; j < cols; j += mr {
			for r := range mr {
				at := min(j+r, cols-1)
				if t.TransB {
					a.w[r] = t.b.repeated(b.n, b.h, b.j0+at, b.k0)
				} else {
					a.w[r] = unsafe.Pointer(&packed[at*depth])
				}
				a.sum[r] = sums[at]
			}
			t.dotF32(a)
			copy(sums[j:], a.sum[:mr])
		}
	}
}

// levels is floats for quantised factors.
func (t *matMulTask) levels(w *matMulWorker, b *matMulBlock, stop *Stop) {
	depth, cols := b.k1-b.k0, b.j1-b.j0
	row, packed := w.packU8[:depth], w.packU8[depth:]
	for j := range cols {
		centre(packed[j*depth:][:depth], &t.b, b, b.j0+j, t.TransB, t.bZero)
	}
	a := &w.u8
	a.x, a.c = unsafe.Pointer(&row[0]), depth
	for m := b.m0; m < b.m1 && !stop.Asked(); m++ {
		centre(row, &t.a, b, m, !t.TransA, t.aZero)
		sums := w.sumsU8[(m-b.m0)*matMulCols:][:cols]
		for j := 0; j < cols; j += len(a.w) {
			a.sum = [4]int32{}
			for r := range a.w {
				a.w[r] = unsafe.Pointer(&packed[min(j+r, cols-1)*depth])
			}
			t.dotU8(a)
			for r, s := range a.sum[:min(len(a.sum), cols-j)] {
				sums[j+r] += int64(s)
			}
		}
	}
}

// centre gives dst the levels k0 ≤ k < k1 of row i of a factor, or of its column, less the zero point.
func centre(dst []int16, v *View, b *matMulBlock, i int, asRow bool, zero int16) {
	if asRow {
		for k, q := range unsafe.Slice((*uint8)(v.repeated(b.n, b.h, i, b.k0)), len(dst)) {
			dst[k] = int16(q) - zero
		}
		return
	}
	p := v.repeated(b.n, b.h, b.k0, i)
	for k := range dst {
		dst[k] = int16(*(*uint8)(unsafe.Add(p, k*v.Stride))) - zero
	}
}
