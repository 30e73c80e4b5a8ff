package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// winogradF32 is 3×3 stride 1 convolution by F(4,3); see wino_tile.go. Output tiles are taken a block at a time:
// each worker transforms the block's input into scratch, then for every block of filters multiplies position by
// position and transforms back, so that the products never leave the L1 or L2 cache. A unit of work is a block of
// tiles times a run of filter blocks; a worker that continues on the same tiles reuses their transform.
type winogradF32 struct {
	shape     ConvShape
	segments  []int
	act       Clamp
	kernel    *Kernel
	gemm      func(*ConvTile)
	input     func(*WinoInputF32)
	output    func(*WinoOutputF32)
	blocks    []convBlock
	u         []float32 // transformed filters, [blocks][36][C][NR]
	bias      []float32 // [blocks][NR]
	zeros     []float32 // max(C, NR): border pixels, and the bias of the products
	tilesH    int
	tilesW    int
	groups    int // blocks of tiles
	most      int // tiles in the largest block
	blkGroups int // runs of filter blocks per block of tiles
}

// winogradFits reports whether F(4,3) can compute the convolution.
func winogradFits(s *ConvShape) bool {
	return s.R == 3 && s.S == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilationH == 1 && s.DilationW == 1 &&
		s.Groups == 1 && s.C%8 == 0
}

// winogradWins reports whether F(4,3) is the faster way. On small maps the four times larger filters cost more to
// read than the multiplications save; measured by bench's BenchmarkConv.
func winogradWins(s *ConvShape, limit arch.ISA) bool {
	return winogradFits(s) && limit >= arch.AVX2 && arch.Capped(limit) >= arch.AVX2 && limit < arch.NEON &&
		s.C >= 16 && s.K >= 16 && s.OutH()*s.OutW() >= 100
}

// winoScratch bounds the transformed input of one block of tiles, so that it stays in a 512 KiB L2 with the filters
// streaming past.
const winoScratch = 384 << 10

func newWinogradF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) *winogradF32 {
	w := &winogradF32{shape: s, segments: segments, act: act}
	w.kernel, w.gemm = Select[func(*ConvTile)](OpConvTile, F32, limit)
	_, w.input = Select[func(*WinoInputF32)](OpWinoInput, F32, limit)
	_, w.output = Select[func(*WinoOutputF32)](OpWinoOutput, F32, limit)
	nr, mr := w.kernel.NR, w.kernel.MR
	w.blocks = convBlocks(segments, nr)
	w.u = packWinograd(weights, s.C, w.blocks, nr)
	w.bias = packRow(bias, w.blocks, nr)
	w.zeros = aligned[float32](max(s.C, nr))
	w.tilesH, w.tilesW = (s.OutH()+winoOut-1)/winoOut, (s.OutW()+winoOut-1)/winoOut
	tiles := s.N * w.tilesH * w.tilesW
	most := max(winoScratch/(winoPos*4*(s.C+nr))/mr, 1) * mr // whole GEMM tiles
	w.groups = (tiles + most - 1) / most
	each := (tiles + w.groups - 1) / w.groups
	w.most = (each + mr - 1) / mr * mr
	w.groups = (tiles + w.most - 1) / w.most
	w.blkGroups = 1
	if w.groups < minUnits/2 {
		w.blkGroups = min(len(w.blocks), minUnits/2/w.groups)
	}
	return w
}

// packWinograd transforms filters [K][3][3][C] into [blocks][36][C][nr].
func packWinograd(weights []float32, c int, blocks []convBlock, nr int) []float32 {
	u := aligned[float32](len(blocks) * winoPos * c * nr)
	for b, blk := range blocks {
		panel := u[b*winoPos*c*nr:]
		for j := range blk.cols {
			filter := weights[(blk.k+j)*9*c:]
			for i := range c {
				var g [9]float64
				for t := range g {
					g[t] = float64(filter[t*c+i])
				}
				for pos, v := range winoG(&g) {
					panel[(pos*c+i)*nr+j] = float32(v)
				}
			}
		}
	}
	return u
}

func (w *winogradF32) Kernel() string   { return "f32_winograd4x3" + w.kernel.Name[len("f32_conv"):] }
func (w *winogradF32) ISA() arch.ISA    { return w.kernel.ISA }
func (w *winogradF32) PackedBytes() int { return 4 * (len(w.u) + len(w.bias) + len(w.zeros)) }

// scratchFloats: the transformed input [36][most][C], then one block's products [36][most][NR].
func (w *winogradF32) scratchFloats() int { return winoPos * w.most * (w.shape.C + w.kernel.NR) }

func (w *winogradF32) Scratch(workers int) int { return 4 * workers * w.scratchFloats() }

func (w *winogradF32) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&w.shape, F32, w.segments, in, out)
	t := &winogradTask{winogradF32: w, in: in[0], out: append([]View(nil), out...), workers: make([]winogradWorker, workers)}
	all := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(scratch))), workers*w.scratchFloats())
	c := w.shape.C
	for i := range t.workers {
		wk := &t.workers[i]
		buf := all[i*w.scratchFloats():][:w.scratchFloats()]
		wk.v, wk.m = buf[:winoPos*w.most*c], buf[winoPos*w.most*c:]
		wk.rows = make([]unsafe.Pointer, winoPos*w.most)
		for r := range wk.rows { // row r of the matrix, tile by tile: the same order the GEMM takes them in
			wk.rows[r] = unsafe.Pointer(&wk.v[r*c])
		}
	}
	return t
}

type winogradTask struct {
	*winogradF32
	in      View
	out     []View
	workers []winogradWorker
}

type winogradWorker struct {
	v, m []float32        // [36][most][C] and [36][most][NR]
	rows []unsafe.Pointer // [36][most] addresses of rows of v; most is a multiple of MR
	ptrs [winoPos]unsafe.Pointer
	gemm ConvTile
	in   WinoInputF32
	out  WinoOutputF32
	_    [64]byte
}

func (t *winogradTask) Units() int { return t.groups * t.blkGroups }

func (t *winogradTask) Run(worker, lo, hi int) {
	wk := &t.workers[worker]
	s := &t.shape
	tiles := s.N * t.tilesH * t.tilesW
	have := -1
	for u := lo; u < hi; u++ {
		group, bg := u/t.blkGroups, u%t.blkGroups
		t0 := group * t.most
		n := min(t.most, tiles-t0)
		if group != have {
			t.transformInput(wk, t0, n)
			have = group
		}
		for b := part(bg, t.blkGroups, len(t.blocks)); b < part(bg+1, t.blkGroups, len(t.blocks)); b++ {
			t.multiply(wk, b, n)
			t.transformOutput(wk, b, t0, n)
		}
	}
}

// transformInput fills v for n tiles from t0 on.
func (t *winogradTask) transformInput(wk *winogradWorker, t0, n int) {
	s, a := &t.shape, &wk.in
	a.ptrs, a.posStride, a.c = unsafe.Pointer(&wk.ptrs), t.most*s.C*4, s.C
	pixelBytes := t.in.Stride * 4
	zeros := unsafe.Pointer(unsafe.SliceData(t.zeros))
	for i := range n {
		img, ty, tx := t.tile(t0 + i)
		y0, x0 := ty*winoOut-s.PadTop, tx*winoOut-s.PadLeft
		for dy := range winoIn {
			row := wk.ptrs[dy*winoIn:][:winoIn]
			y := y0 + dy
			inside := uint(y) < uint(s.H)
			base := ((img*s.H+y)*s.W + x0) * pixelBytes
			for dx := range row {
				row[dx] = zeros
				if inside && uint(x0+dx) < uint(s.W) {
					row[dx] = unsafe.Add(t.in.Data, base+dx*pixelBytes)
				}
			}
		}
		a.dst = unsafe.Pointer(&wk.v[i*s.C])
		t.input(a)
	}
}

// tile returns the image, row and column of output tile i.
func (t *winogradTask) tile(i int) (n, y, x int) {
	per := t.tilesH * t.tilesW
	return i / per, i % per / t.tilesW, i % t.tilesW
}

// multiply computes m[pos] = v[pos]·u[block][pos] for all 36 positions.
func (t *winogradTask) multiply(wk *winogradWorker, block, n int) {
	a, c, mr, nr := &wk.gemm, t.shape.C, t.kernel.MR, t.kernel.NR
	a.taps, a.groups, a.cols = 1, c, nr
	a.lo, a.hi = negInf, posInf
	a.bias = unsafe.Pointer(unsafe.SliceData(t.zeros))
	a.dstStride = nr * 4
	tiles := (n + mr - 1) / mr
	a.rows = n - (tiles-1)*mr
	for pos := range winoPos {
		a.ptrs = unsafe.Pointer(&wk.rows[pos*t.most])
		a.w = unsafe.Pointer(&t.u[(block*winoPos+pos)*c*nr])
		a.dst = unsafe.Pointer(&wk.m[pos*t.most*nr])
		a.tiles = tiles
		t.gemm(a)
	}
}

// transformOutput writes n tiles of one block of filters.
func (t *winogradTask) transformOutput(wk *winogradWorker, block, t0, n int) {
	s, a, nr := &t.shape, &wk.out, t.kernel.NR
	blk := &t.blocks[block]
	o := &t.out[blk.segment]
	outH, outW := s.OutH(), s.OutW()
	a.posStride, a.pixStride, a.rowStride = t.most*nr*4, o.Stride*4, outW*o.Stride*4
	a.lo, a.hi, a.cols = t.act.Lo, t.act.Hi, blk.cols
	for i := range n {
		img, ty, tx := t.tile(t0 + i)
		y, x := ty*winoOut, tx*winoOut
		a.src = unsafe.Pointer(&wk.m[i*nr])
		a.bias = unsafe.Pointer(&t.bias[block*nr])
		a.dst = o.at(((img*outH+y)*outW+x)*o.Stride + blk.at)
		a.rows, a.columns = min(winoOut, outH-y), min(winoOut, outW-x)
		t.output(a)
	}
}
