package kernels

import "unsafe"

// rowConv is for inputs of few channels, such as a network's first layer: in NHWC the S pixels under one row of the
// window are S·C numbers side by side, so the window is R taps of S·C channels. Each worker keeps the input rows it
// needs, padded, in scratch; going down one output row replaces only the rows that changed. The tile kernels and the
// packing are those of directConv. Rows end in slack, so that a kernel may read whole groups of KR channels.
type rowConv struct{ conv }

// fewChannels reports whether the row copies pay: the per-tap overhead of the indirect tile is worth about 8
// channels. Dilated rows are not contiguous.
func fewChannels(s *ConvShape) bool { return s.C <= 8 && s.S > 1 && s.DilationW == 1 }

func newRowConv(c conv) *rowConv { return &rowConv{c} }

const rowSlack = 64 // bytes after each row that a kernel may read; their weights are zero

// rowBytes is the size of one padded row: as many pixels as the windows of all output columns reach, and slack.
func (d *rowConv) rowBytes() int {
	s := &d.shape
	return ((s.OutW()-1)*s.StrideW+s.S)*s.C*d.dtype.Size() + rowSlack
}

// slots is the number of rows kept: all between the first and the last row of the window.
func (d *rowConv) slots() int { return (d.shape.R-1)*d.shape.DilationH + 1 }

func (d *rowConv) scratchEach() int { return (d.slots()*d.rowBytes() + 63) &^ 63 }

func (d *rowConv) Scratch(workers int) int { return workers * d.scratchEach() }

func (d *rowConv) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, d.segments, in, out)
	s := &d.shape
	t := &rowConvTask{rowConv: d, in: in[0], out: append([]View(nil), out...), workers: make([]rowConvWorker, workers)}
	for i := range t.workers {
		t.workers[i].rows = scratch[i*d.scratchEach():][:d.slots()*d.rowBytes()]
		t.workers[i].ptrs = make([]unsafe.Pointer, d.tiles()*s.R*d.kernel.MR)
	}
	return t
}

// tiles of one output row.
func (d *rowConv) tiles() int { return (d.shape.OutW() + d.kernel.MR - 1) / d.kernel.MR }

type rowConvTask struct {
	*rowConv
	in      View
	out     []View
	workers []rowConvWorker
}

type rowConvWorker struct {
	rows []byte // ring of padded rows: padded row y is in slot y mod slots
	convWorker
}

// Units are output rows.
func (t *rowConvTask) Units() int { return t.shape.N * t.shape.OutH() }

func (t *rowConvTask) Run(worker, lo, hi int) {
	s, mr, kr := &t.shape, t.kernel.MR, t.kernel.KR
	wk := &t.workers[worker]
	a := &wk.args
	outH, outW := s.OutH(), s.OutW()
	slots, rowBytes := t.slots(), t.rowBytes()
	pixelBytes := s.C * t.dtype.Size()
	a.taps, a.groups = s.R, (s.S*s.C+kr-1)/kr
	a.ptrs = addr(wk.ptrs)
	tiles := t.tiles()
	loaded := 0 // padded rows of this image up to here are in the ring
	for u := lo; u < hi; u++ {
		n, y := u/outH, u%outH
		top := y * s.StrideH // first padded row of the window
		if u == lo || y == 0 {
			loaded = top
		}
		for loaded = max(loaded, top); loaded < top+slots; loaded++ {
			t.loadRow(wk.rows[loaded%slots*rowBytes:][:rowBytes-rowSlack], n, loaded-s.PadTop)
		}
		for x := range tiles * mr {
			px := min(x, outW-1) * s.StrideW * pixelBytes
			for r := range s.R {
				slot := (top + r*s.DilationH) % slots
				wk.ptrs[(x/mr*s.R+r)*mr+x%mr] = unsafe.Pointer(&wk.rows[slot*rowBytes+px])
			}
		}
		for b := range t.blocks {
			t.call(a, t.out, b, u*outW, tiles, outW-(tiles-1)*mr)
		}
	}
}

// loadRow copies row y of image n into a padded row, with the border's value around it.
func (t *rowConvTask) loadRow(row []byte, n, y int) {
	s := &t.shape
	border := t.border[0]
	if uint(y) >= uint(s.H) {
		fill(row, border)
		return
	}
	size := t.dtype.Size()
	left := min(s.PadLeft*s.C*size, len(row))
	fill(row[:left], border)
	body := row[left:]
	used := min(s.W*s.C*size, len(body))
	src := t.in.at((n*s.H + y) * s.W * t.in.Stride)
	if t.in.Dense() {
		copy(body[:used], unsafe.Slice((*byte)(src), used))
	} else {
		pixel := s.C * size
		for at := 0; at < used; at += pixel {
			copy(body[at:][:pixel], unsafe.Slice((*byte)(src), pixel))
			src = unsafe.Add(src, t.in.Stride*size)
		}
	}
	fill(body[used:], border)
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
