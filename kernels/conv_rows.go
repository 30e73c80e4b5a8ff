package kernels

import (
	"encoding/binary"
	"unsafe"
)

// rowConv is for windows over few channels, such as a network's first layer or the 5×5 branches of an Inception module:
// in NHWC the S pixels under one row of the window are S·C numbers side by side, so the window is R taps of S·C
// channels and the tile kernel goes on for longer between taps. Each worker keeps the input rows it needs, padded, in
// scratch; going down replaces only the rows that changed. Several output rows are taken at a time, so that they fill
// whole tiles. The tile kernels and the packing are those of directConv. Rows end in slack, so that a kernel may read
// whole groups of KR channels.
type rowConv struct {
	conv
	per  int       // output rows of a unit
	half *convHalf // where tensors and filters are float16, what makes float32 of them; else nil
}

// fewChannels reports whether the row copies pay, by measurement: a tap costs the indirect tile as much as about ten
// channels. Dilated rows are not contiguous.
func fewChannels(s *ConvShape) bool { return s.C <= 128 && s.S > 1 && s.DilationW == 1 }

func newRowConv(c conv) *rowConv {
	return &rowConv{conv: c, per: rowsAtOnce(&c.shape, c.kernel.MR)}
}

// runs is how many runs of numbers side by side a window is: its rows, or where columns are dilated its cells.
func (s *ConvShape) runs() int {
	if s.DilationW == 1 {
		return s.R
	}
	return s.R * s.S
}

// run is how many numbers such a run has.
func (s *ConvShape) run() int { return s.R * s.S / s.runs() * s.C }

const maxRow = 1 << 22 // bytes of a padded row

// rowsFit reports whether padded rows of elements of so many bytes, and the addresses of the windows in them, take
// little memory.
func rowsFit(s *ConvShape, k *Kernel, size int) bool {
	if s.reach() > maxRow/s.C/size {
		return false
	}
	d := rowConv{conv: conv{shape: *s, kernel: k}, per: rowsAtOnce(s, k.MR)}
	return int64(d.phases())*int64(d.tiles(d.per)*k.MR)*int64(s.runs()) <= maxPtrs
}

// rowsAtOnce is how many output rows fill tiles of so many pixels best.
func rowsAtOnce(s *ConvShape, mr int) int {
	w, best := s.OutW(), 1
	waste := func(rows int) float64 { // computed over wanted pixels
		return float64(roundUp(rows*w, mr)) / float64(rows*w)
	}
	for rows := 2; rows <= min(8, s.OutH()) && rows*w <= 32*mr; rows++ {
		if waste(rows) < waste(best) {
			best = rows
		}
	}
	return best
}

const rowSlack = 64 // bytes after each row that a kernel may read; their weights are zero

// rowBytes is the size of one padded row: as many pixels as the windows of all output columns reach, and slack.
func (d *rowConv) rowBytes() int {
	s := &d.shape
	return s.reach()*s.C*d.rowElem() + rowSlack
}

// reach is the width of a padded row: the pixels under the windows of all output columns.
func (s *ConvShape) reach() int { return (s.OutW()-1)*s.StrideW + (s.S-1)*s.DilationW + 1 }

// rowElem is the size of an element in row copies.
func (c *conv) rowElem() int {
	if c.kernel.Op == OpConvWide {
		return 2
	}
	return c.kernel.DType.Size()
}

// slots is the number of rows kept: all between the first row of the first window and the last of the last, made up to
// whole steps of a unit, so that few phases repeat.
func (d *rowConv) slots() int {
	s := &d.shape
	return roundUp((d.per-1)*s.StrideH+(s.R-1)*s.DilationH+1, d.per*s.StrideH)
}

// phases is how many units it takes until rows are in the same slots again.
func (d *rowConv) phases() int { return d.slots() / (d.per * d.shape.StrideH) }

func (d *rowConv) scratchEach() int {
	return roundUp(d.slots()*d.rowBytes(), 64) + d.half.scratch(d)
}

func (d *rowConv) Kernel() string {
	if d.half != nil {
		return d.half.wide.Name + " + " + d.conv.Kernel()
	}
	return d.conv.Kernel()
}

func (d *rowConv) Scratch(workers int) int { return workers * d.scratchEach() }

func (d *rowConv) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, d.segments, in, out)
	t := &rowConvTask{rowConv: d, in: in[0], out: append([]View(nil), out...), workers: make([]rowConvWorker, workers)}
	for i := range t.workers {
		mem := scratch[i*d.scratchEach():][:d.scratchEach()]
		t.workers[i].rows = mem[:d.slots()*d.rowBytes()]
		d.half.bind(d, &t.workers[i].half, mem[roundUp(d.slots()*d.rowBytes(), 64):])
		t.workers[i].ptrs = d.newTables(d.addresses(t.workers[i].rows))
		t.workers[i].ptrs.spread(d.phases()*d.tiles(d.per), d.shape.runs()*d.kernel.MR)
	}
	return t
}

// addresses is [phase][tile][runs][MR]: where the windows' runs of a unit's output pixels begin. A last unit of fewer
// rows uses the first of its tiles. Lanes past the end have the last pixel's address: read, never stored.
func (d *rowConv) addresses(rows []byte) []unsafe.Pointer {
	s, mr := &d.shape, d.kernel.MR
	slots, rowBytes, tiles := d.slots(), d.rowBytes(), d.tiles(d.per)
	pixel, runs := s.C*d.rowElem(), s.runs()
	cells := runs / s.R // runs of a row of the window
	ptrs := make([]unsafe.Pointer, d.phases()*tiles*runs*mr)
	for i := range ptrs {
		lane, run, tile, phase := i%mr, i/mr%runs, i/mr/runs%tiles, i/mr/runs/tiles
		p := min(tile*mr+lane, d.per*s.OutW()-1)
		row := (phase*d.per+p/s.OutW())*s.StrideH + run/cells*s.DilationH
		ptrs[i] = unsafe.Pointer(&rows[row%slots*rowBytes+(p%s.OutW()*s.StrideW+run%cells*s.DilationW)*pixel])
	}
	return ptrs
}

type rowConvTask struct {
	*rowConv
	onlyTask
	in      View
	out     []View
	workers []rowConvWorker
}

type rowConvWorker struct {
	rows []byte // ring of padded rows: padded row y is in slot y mod slots
	half halfWorker
	convWorker
}

// Units are runs of output rows of one image.
func (t *rowConvTask) Units() int { return t.shape.N * t.runs() }

func (t *rowConvTask) runs() int { return (t.shape.OutH() + t.per - 1) / t.per }

func (t *rowConvTask) Run(worker, lo, hi int, stop *Stop) {
	s, mr := &t.shape, t.kernel.MR
	wk := &t.workers[worker]
	a := &wk.args
	outH, outW := s.OutH(), s.OutW()
	slots, rowBytes := t.slots(), t.rowBytes()
	a.groups = t.kernel.groups(s.run())
	loaded := 0 // padded rows of this image up to here are in the ring
	for u := lo; u < hi && !stop.Asked(); u++ {
		n, y := u/t.runs(), u%t.runs()*t.per
		rows := min(t.per, outH-y)
		top := y * s.StrideH // first padded row of the first window
		bottom := top + (rows-1)*s.StrideH + (s.R-1)*s.DilationH
		if u == lo || y == 0 {
			loaded = top
		}
		for loaded = max(loaded, top); loaded <= bottom && !stop.Asked(); loaded++ {
			row := wk.rows[loaded%slots*rowBytes:][:rowBytes-rowSlack]
			if t.half != nil {
				t.half.loadRow(&wk.half, row, s, &t.in, n, loaded-s.PadTop, stop)
				continue
			}
			t.loadRow(row, &t.in, n, loaded-s.PadTop)
		}
		tiles := t.tiles(rows)
		first := y / t.per % t.phases() * t.tiles(t.per)
		for b := range t.blocks {
			t.setTaps(a, &wk.ptrs, b, first, s.runs())
			if t.half != nil {
				t.half.block(t, wk, b, (n*outH+y)*outW, rows*outW, stop)
				continue
			}
			t.call(a, t.out, b, (n*outH+y)*outW, tiles, rows*outW-(tiles-1)*mr, stop)
		}
		if t.half == nil {
			t.finishAll(&wk.done, t.out, (n*outH+y)*outW, rows*outW, stop)
		}
	}
}

// loadRow copies row y of image n into a padded row, with the border's value around it.
func (c *conv) loadRow(row []byte, in *View, n, y int) {
	if c.kernel.Op == OpConvWide {
		c.copyRow(row[len(row)/2:], in, n, y)
		widen(row)
		return
	}
	c.copyRow(row, in, n, y)
}

// copyRow is loadRow in the input's own type, or flipped.
func (c *conv) copyRow(row []byte, in *View, n, y int) {
	if c.kernel.Flips {
		defer flip(row)
	}
	s := &c.shape
	border := c.border[0]
	if uint(y) >= uint(s.H) {
		fill(row, border)
		return
	}
	size := c.dtype.Size()
	left := min(s.PadLeft*s.C*size, len(row))
	fill(row[:left], border)
	body := row[left:]
	used := min(s.W*s.C*size, len(body))
	src := (n*s.H + y) * s.W
	if in.Dense() {
		copy(body[:used], unsafe.Slice((*byte)(in.at(src*in.Stride)), used))
	} else {
		pixel := s.C * size
		for at := 0; at < used; at += pixel {
			copy(body[at:][:pixel], unsafe.Slice((*byte)(in.at(src*in.Stride)), pixel))
			src++
		}
	}
	fill(body[used:], border)
}

func fill(b []byte, v byte) {
	for done := copy(b, []byte{v}); done < len(b); done *= 2 {
		copy(b[done:], b[:done])
	}
}

// widen makes uint16 of the bytes in the second half of a row, over the whole row.
func widen(row []byte) {
	src := row[len(row)/2:]
	i := 0
	for ; i+4 <= len(src); i += 4 { // what is written lies before what is read next
		v := uint64(binary.LittleEndian.Uint32(src[i:]))
		binary.LittleEndian.PutUint64(row[2*i:], spread(v))
	}
	for ; i < len(src); i++ {
		binary.LittleEndian.PutUint16(row[2*i:], uint16(src[i]))
	}
}
