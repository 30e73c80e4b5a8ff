package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// rowConvF32 is for inputs of few channels, such as a network's first layer: in NHWC the S pixels under one row of
// the window are S·C numbers side by side, so the window is R taps of S·C channels. Each worker keeps the R input
// rows it needs, zero-padded, in scratch; going down one output row replaces only the rows that changed. The tile
// kernel and the packing are those of directConvF32.
type rowConvF32 struct {
	convF32
	kernel *Kernel
	fn     func(*ConvTileF32)
	blocks []convBlock
	w      []float32 // [blocks][R][S·C][NR]
	bias   []float32 // [blocks][NR]
}

// fewChannels reports whether the row copies pay: the per-tap overhead of the indirect tile is worth about 8
// channels. Dilated rows are not contiguous.
func fewChannels(s *ConvShape) bool { return s.C <= 8 && s.S > 1 && s.DilationW == 1 }

func newRowConvF32(c convF32, weights, bias []float32, limit arch.ISA) *rowConvF32 {
	k, fn := Select[func(*ConvTileF32)](OpConvTile, F32, limit)
	s := &c.shape
	d := &rowConvF32{convF32: c, kernel: k, fn: fn, blocks: convBlocks(c.segments, k.NR)}
	d.w = packConvF32(weights, s.R*s.S*s.C, d.blocks, k.NR)
	d.bias = packBiasF32(bias, d.blocks, k.NR)
	return d
}

func (d *rowConvF32) Kernel() string   { return d.kernel.Name }
func (d *rowConvF32) ISA() arch.ISA    { return d.kernel.ISA }
func (d *rowConvF32) PackedBytes() int { return 4 * (len(d.w) + len(d.bias)) }

// rowLen is the floats of one padded row: as many as the windows of all output columns reach.
func (d *rowConvF32) rowLen() int {
	s := &d.shape
	return ((s.OutW()-1)*s.StrideW + s.S) * s.C
}

// slots is the number of rows kept: all between the first and the last row of the window.
func (d *rowConvF32) slots() int { return (d.shape.R-1)*d.shape.DilationH + 1 }

func (d *rowConvF32) scratchFloats() int { return (d.slots()*d.rowLen() + 15) &^ 15 }

func (d *rowConvF32) Scratch(workers int) int { return 4 * workers * d.scratchFloats() }

func (d *rowConvF32) Bind(in, out []View, scratch []byte, workers int) Task {
	d.checkBind(in, out)
	s := &d.shape
	t := &rowConvTask{rowConvF32: d, in: in[0], out: append([]View(nil), out...), workers: make([]rowConvWorker, workers)}
	all := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(scratch))), workers*d.scratchFloats())
	tiles := (s.OutW() + d.kernel.MR - 1) / d.kernel.MR
	for i := range t.workers {
		t.workers[i].rows = all[i*d.scratchFloats():][:d.slots()*d.rowLen()]
		t.workers[i].ptrs = make([]unsafe.Pointer, tiles*s.R*d.kernel.MR)
	}
	return t
}

type rowConvTask struct {
	*rowConvF32
	in      View
	out     []View
	workers []rowConvWorker
}

type rowConvWorker struct {
	rows []float32        // ring of padded rows: input row y (from −PadTop) is in slot (y+PadTop) mod slots
	ptrs []unsafe.Pointer // [tiles of a row][R][MR]
	args ConvTileF32
	_    [64]byte
}

// Units are output rows.
func (t *rowConvTask) Units() int { return t.shape.N * t.shape.OutH() }

func (t *rowConvTask) Run(worker, lo, hi int) {
	s, mr, nr := &t.shape, t.kernel.MR, t.kernel.NR
	wk := &t.workers[worker]
	a := &wk.args
	outH, outW := s.OutH(), s.OutW()
	slots, rowLen := t.slots(), t.rowLen()
	a.taps, a.c, a.lo, a.hi = s.R, s.S*s.C, t.act.Lo, t.act.Hi
	a.ptrs = unsafe.Pointer(unsafe.SliceData(wk.ptrs))
	tiles := (outW + mr - 1) / mr
	depth := s.R * s.S * s.C * nr
	loaded := 0 // padded rows of this image up to here are in the ring
	for u := lo; u < hi; u++ {
		n, y := u/outH, u%outH
		top := y * s.StrideH // first padded row of the window
		if u == lo || y == 0 {
			loaded = top
		}
		for loaded = max(loaded, top); loaded < top+slots; loaded++ {
			t.loadRow(wk.rows[loaded%slots*rowLen:][:rowLen], n, loaded-s.PadTop)
		}
		for x := range tiles * mr {
			px := min(x, outW-1) * s.StrideW * s.C
			for r := range s.R {
				slot := (top + r*s.DilationH) % slots
				wk.ptrs[(x/mr*s.R+r)*mr+x%mr] = unsafe.Pointer(&wk.rows[slot*rowLen+px])
			}
		}
		a.rows = outW - (tiles-1)*mr
		for b := range t.blocks {
			blk := &t.blocks[b]
			o := &t.out[blk.segment]
			a.w = unsafe.Pointer(&t.w[b*depth])
			a.bias = unsafe.Pointer(&t.bias[b*nr])
			a.dst = o.at(u*outW*o.Stride + blk.at)
			a.dstStride = o.Stride * 4
			a.cols, a.tiles = blk.cols, tiles
			t.fn(a)
		}
	}
}

// loadRow copies row y of image n, zeros outside it, into a padded row.
func (t *rowConvTask) loadRow(row []float32, n, y int) {
	s := &t.shape
	if uint(y) >= uint(s.H) {
		clear(row)
		return
	}
	left := min(s.PadLeft*s.C, len(row))
	clear(row[:left])
	body := row[left:]
	used := min(s.W*s.C, len(body))
	src := t.in.at((n*s.H + y) * s.W * t.in.Stride)
	if t.in.Dense() {
		copy(body[:used], unsafe.Slice((*float32)(src), used))
	} else {
		for at := 0; at < used; at += s.C {
			copy(body[at:][:s.C], unsafe.Slice((*float32)(src), s.C))
			src = unsafe.Add(src, t.in.Stride*4)
		}
	}
	clear(body[used:])
}
