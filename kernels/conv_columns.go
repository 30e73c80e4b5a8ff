package kernels

import (
	"fmt"
	"slices"
	"unsafe"
)

// columnConv is quantised convolution over the fewest channels, such as a first layer's three colours: the R input rows
// under a row of windows are kept interleaved, [x][R][C], so that a window is a single tap of S·R·C numbers side by
// side. Of rows, whole groups of KR channels have to be read under each row of the window (7×7 over three channels: 7·6
// groups of four; here 37), and the tile kernel starts anew for each.
//
// Padded row y of column x is run x·R + y of C numbers, so row y+R of a column is where row y of the next column was.
// Going down, windows begin StrideH runs later, the rows that stay remain in place, and each column's new rows are
// written over the rows that have left the column after it. After some output rows what stays is moved back to where it
// began.
type columnConv struct {
	conv
	weave func(*weaveArgs)
}

const columnPhases = 8 // output rows until what stays is moved back

// columnsFit reports whether columns can be had: a column must hold the word that is written at a time, and rows stay
// or leave, but are not passed over.
func columnsFit(s *ConvShape) bool {
	return s.reach()*s.C <= maxRow && s.C <= 4 && s.R*s.C >= 8 && s.StrideH <= s.R && s.DilationH == 1 && s.DilationW == 1
}

// columnsPay reports whether columns are worth their copies, counted in products of a row of output: saved are those of
// the channels that rows are filled up with, less those of the pixels that fill a tile up where rows take several rows
// at once. Two rows of a column are copied in the time of about 48 products. Those of generic kernels are not in
// groups, the AMX tile gathers its windows anyway, and other tiers have not been measured.
func columnsPay(s *ConvShape, k *Kernel) (pay bool, why string) {
	if !k.Columns {
		return false, "not measured to be faster than rows on this tier"
	}
	const perCopy = 48
	products := func(taps, depth, rows int) int {
		return taps * roundUp(depth, k.KR) * roundUp(rows*s.OutW(), k.MR) * s.K / rows
	}
	saved := products(s.R, s.S*s.C, rowsAtOnce(s, k.MR)) - products(1, s.R*s.S*s.C, 1)
	if copies := s.reach() * ((s.StrideH + 1) / 2); saved <= perCopy*copies {
		return false, fmt.Sprintf("saves %d products in a row of output, less than copying to %d columns takes",
			max(saved, 0), s.reach())
	}
	return true, fmt.Sprintf("%d channels: with its rows interleaved, the window is %d numbers side by side", s.C,
		s.R*s.S*s.C)
}

// newColumnConvU8 is as newRowConvU8.
func newColumnConvU8(s ConvShape, segments []int, q ConvU8, k *Kernel) Op {
	if !q.pack.Loading() {
		q.Weights = byColumn(&s, q.Weights)
	}
	_, weave := Select[func(*weaveArgs)](OpWeave, U8, k.ISA)
	return &columnConv{newCheaperU8(s, segments, 1, s.R*s.S*s.C, q, k), weave}
}

// byColumn makes filters [R][S][C] into [S][R][C].
func byColumn(s *ConvShape, w []int8) []int8 {
	to := make([]int8, 0, len(w))
	for filter := range slices.Chunk(w, s.R*s.S*s.C) {
		for x := range s.S {
			for y := range s.R {
				to = append(to, filter[(y*s.S+x)*s.C:][:s.C]...)
			}
		}
	}
	return to
}

// run is the size of one row of one column, pitch that of one column.
func (d *columnConv) run() int   { return d.shape.C * d.rowElem() }
func (d *columnConv) pitch() int { return d.shape.R * d.run() }

// lineBytes is the size of a padded row, and what may be read with it.
func (d *columnConv) lineBytes() int { return d.shape.reach()*d.shape.C + weaveSlack }

// columnBytes is the size of the columns, of the runs that they move by, and of what may be read and written beyond
// them: there are no rows yet.
func (d *columnConv) columnBytes() int {
	return d.shape.reach()*d.pitch() + (columnPhases-1)*d.step() + d.pitch() + max(weaveSlack, rowSlack)
}

// step is how far windows move from one output row to the next.
func (d *columnConv) step() int { return d.shape.StrideH * d.run() }

func (d *columnConv) scratchEach() int { return roundUp(2*d.lineBytes()+d.columnBytes(), 64) }

func (d *columnConv) Scratch(workers int) int { return workers * d.scratchEach() }

func (d *columnConv) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, d.segments, in, out)
	t := &columnConvTask{columnConv: d, in: in[0], out: append([]View(nil), out...),
		workers: make([]columnConvWorker, workers)}
	for i := range t.workers {
		w, mem := &t.workers[i], scratch[i*d.scratchEach():][:d.scratchEach()]
		lines := [2]unsafe.Pointer{}
		for k := range w.lines {
			w.lines[k], mem = mem[:d.lineBytes()-weaveSlack], mem[d.lineBytes():]
			lines[k] = addr(w.lines[k])
		}
		for k := range w.weaves {
			w.weaves[k] = newWeave(d.shape.C, d.rowElem(), k+1, d.pitch(), d.shape.reach())
			w.weaves[k].lines = lines
		}
		w.columns = mem[:d.columnBytes()]
		w.ptrs = d.newTables(d.addresses(w.columns))
		w.ptrs.spread(columnPhases*d.tiles(1), d.kernel.MR)
	}
	return t
}

// addresses is [phase][tile][MR]: where the windows of a row of output pixels begin. Lanes past the end have the last
// pixel's address: read, never stored.
func (d *columnConv) addresses(columns []byte) []unsafe.Pointer {
	lanes := d.tiles(1) * d.kernel.MR
	ptrs := make([]unsafe.Pointer, columnPhases*lanes)
	for i := range ptrs {
		x := min(i%lanes, d.shape.OutW()-1)
		ptrs[i] = unsafe.Pointer(&columns[i/lanes*d.step()+x*d.shape.StrideW*d.pitch()])
	}
	return ptrs
}

type columnConvTask struct {
	*columnConv
	onlyTask
	in      View
	out     []View
	workers []columnConvWorker
}

type columnConvWorker struct {
	lines   [2][]byte    // padded rows on their way into the columns
	weaves  [2]weaveArgs // of one line, and of two
	columns []byte
	convWorker
}

// Units are output rows.
func (t *columnConvTask) Units() int { return t.shape.N * t.shape.OutH() }

func (t *columnConvTask) Run(worker, lo, hi int, stop *Stop) {
	s := &t.shape
	wk := &t.workers[worker]
	a := &wk.args
	outH, outW, tiles := s.OutH(), s.OutW(), t.tiles(1)
	a.groups = t.kernel.groups(s.R * s.S * s.C)
	for u := lo; u < hi && !stop.Asked(); u++ {
		n, y := u/outH, u%outH
		phase := y % columnPhases
		first := s.R - s.StrideH // new row under the window
		switch {
		case u == lo || y == 0:
			first = 0
		case phase == 0:
			stay := s.reach()*t.pitch() - t.step()
			copy(wk.columns, wk.columns[columnPhases*t.step():][:stay])
		}
		t.load(wk, n, y*s.StrideH-s.PadTop, first, phase*t.step())
		for b := range t.blocks {
			t.setTaps(a, &wk.ptrs, b, phase*tiles, 1)
			t.call(a, t.out, b, u*outW, tiles, outW-(tiles-1)*t.kernel.MR, stop)
		}
		t.finishAll(&wk.done, t.out, u*outW, outW, stop)
	}
}

// load writes rows first ≤ r < R of the windows that begin with row y of image n into the columns that begin at `at`.
func (t *columnConvTask) load(wk *columnConvWorker, n, y, first, at int) {
	for r := first; r < t.shape.R; r += 2 {
		rows := min(2, t.shape.R-r)
		for k := range rows {
			t.copyRow(wk.lines[k], &t.in, n, y+r+k)
		}
		w := &wk.weaves[rows-1]
		w.dst = addr(wk.columns[at+r*t.run():])
		t.weave(w)
	}
}
