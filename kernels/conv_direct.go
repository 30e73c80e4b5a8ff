package kernels

import "unsafe"

// directConv is the indirect GEMM: output pixels in tiles of MR, whatever row they are in, times blocks of NR
// filters. The addresses of the input pixels of a group of tiles are computed once for all blocks.
type directConv struct {
	conv
	work pieces
	flip func(*flipArgs) // copies inputs; nil unless the kernel takes signed bytes or words
}

// Tiles in a group: enough to reuse a panel of weights, few enough that their input stays in a small L2. Of single
// pixels there may be one more: weights then pass once for 7×7 pixels, six to a tile. wordsAtOnce is how many bytes the
// words of twice as many tiles may have, so that they stay in an L1: their panels are short.
const (
	tilesAtOnce = 8
	wordsAtOnce = 16 << 10
)

func newDirectConv(c conv) *directConv {
	s := &c.shape
	most := tilesAtOnce + 1/(s.R*s.S)
	if c.kernel.AtOnce > 0 {
		most = c.kernel.AtOnce
	}
	most = max(1, min(most, maxPtrs/(s.R*s.S*c.kernel.MR)))
	d := &directConv{conv: c}
	switch {
	case c.kernel.Flips:
		_, d.flip = Select[func(*flipArgs)](OpFlip, U8, c.kernel.ISA)
		most = min(most, tilesAtOnce)
	case c.kernel.Op == OpConvWide:
		_, d.flip = Select[func(*flipArgs)](OpWords, U8, c.kernel.ISA)
		if most = min(most, tilesAtOnce); 2*most*c.kernel.MR*d.window() <= wordsAtOnce {
			most *= 2
		}
	}
	if d.flip != nil {
		most = max(1, min(most, flippedBytes/(c.kernel.MR*d.window())))
	}
	d.work = newPieces(s.N*s.OutH()*s.OutW(), c.kernel.MR, most, c.blocks)
	return d
}

// part returns where part i of n begins when total is cut into n nearly equal parts.
func part(i, n, total int) int { return i * total / n }

func (d *directConv) Scratch(workers int) int { return workers * d.scratchEach() }

func (d *directConv) scratchEach() int {
	if d.flip == nil {
		return 0
	}
	return roundUp(d.work.most()*d.kernel.MR*d.window(), 64)
}

func (d *directConv) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, d.segments, in, out)
	t := &directConvTask{directConv: d, in: in[0], out: append([]View(nil), out...), workers: make([]convWorker, workers)}
	for i := range t.workers {
		wk := &t.workers[i]
		if d.flip != nil {
			var windows []unsafe.Pointer
			wk.flipper, windows = d.flipped(scratch[i*d.scratchEach():][:d.scratchEach()])
			wk.ptrs = d.newTables(windows)
			wk.ptrs.spread(d.work.most(), d.kernel.MR)
			continue
		}
		wk.ptrs = d.newTables(make([]unsafe.Pointer, d.work.most()*d.shape.R*d.shape.S*d.kernel.MR))
	}
	return t
}

type directConvTask struct {
	*directConv
	onlyTask
	in      View
	out     []View
	workers []convWorker
}

// convWorker is one worker's own memory.
type convWorker struct {
	ptrs partTables // [tiles][taps][MR]
	args convTileArgs
	flipper
	done finishing
	_    [64]byte // workers do not share a cache line
}

func (t *directConvTask) Units() int          { return t.work.units() }
func (t *directConvTask) Done(lo, hi int) int { return t.work.done(lo, hi) }

func (t *directConvTask) Run(worker, lo, hi int, stop *Stop) {
	s, mr := &t.shape, t.kernel.MR
	wk := &t.workers[worker]
	a := &wk.args
	taps := s.R * s.S
	a.groups = t.kernel.groups(s.C)
	if t.flip != nil { // windows are single taps
		a.groups, taps = t.kernel.groups(taps*s.C), 1
	}
	pixels := s.N * s.OutH() * s.OutW()
	for i := 0; i < t.work.groups && !stop.Asked(); i++ {
		g := t.work.group(i)
		t0, t1 := t.work.span(&g, lo, hi)
		if t0 >= t1 {
			continue
		}
		t.address(wk, t0, t1, pixels)
		whole := true
		for b := range t.blocks {
			b0, b1 := t.work.of(&g, b, lo, hi)
			whole = whole && b0 == t0 && b1 == t1
		}
		for b := range t.blocks {
			if b0, b1 := t.work.of(&g, b, lo, hi); b0 < b1 {
				t.setTaps(a, &wk.ptrs, b, b0-t0, taps)
				t.call(a, t.out, b, b0*mr, b1-b0, min(mr, pixels-(b1-1)*mr), stop)
				if !whole {
					t.finishBlock(&wk.done, t.out, b, b0*mr, min(b1*mr, pixels)-b0*mr, stop)
				}
			}
		}
		if whole {
			t.finishAll(&wk.done, t.out, t0*mr, min(t1*mr, pixels)-t0*mr, stop)
		}
	}
}

// address fills a worker's tables for tiles t0 to t1, of so many pixels in all; or copies their windows, of which the
// tables have the addresses.
func (t *directConvTask) address(wk *convWorker, t0, t1, pixels int) {
	s, mr, ptrs := &t.shape, t.kernel.MR, wk.ptrs[0]
	if t.flip != nil {
		ptrs = wk.taps
	}
	fillTapPointers(ptrs, s, &t.in, addr(t.border), mr, t0*mr, min(t1*mr, pixels))
	if t.flip != nil {
		t.flipTiles(&wk.flipper, t1-t0)
		return
	}
	wk.ptrs.spread(t1-t0, s.R*s.S*mr)
}

// fillTapPointers writes the addresses of the input pixels under each tap of output pixels p0 ≤ p < p1, tile by tile:
// [tile][tap][mr]. Taps outside the input get the border's address; rows past p1 repeat one of their tile.
func fillTapPointers(ptrs []unsafe.Pointer, s *ConvShape, in *View, border unsafe.Pointer, mr, p0, p1 int) {
	if s.pointwise() { // tile by tile is pixel by pixel
		first, step := in.at(p0*in.Stride), in.Stride*in.DType.Size()
		for i := range ptrs[:roundUp(p1-p0, mr)] {
			ptrs[i] = unsafe.Add(first, min(i, p1-p0-1)*step)
		}
		return
	}
	outH, outW, taps := s.OutH(), s.OutW(), s.R*s.S
	pixelBytes := in.Stride * in.DType.Size()
	x := p0 % outW
	y := p0 / outW % outH
	n := p0 / (outW * outH)
	for p := p0; p < p1; p++ {
		i := p - p0
		tile := ptrs[i/mr*taps*mr+i%mr:]
		iy0, ix0 := y*s.StrideH-s.PadTop, x*s.StrideW-s.PadLeft
		at := 0
		for r := range s.R {
			iy := iy0 + r*s.DilationH
			inside := uint(iy) < uint(s.H)
			row := (n*s.H + iy) * s.W
			for c := range s.S {
				ix := ix0 + c*s.DilationW
				ptr := border
				if inside && uint(ix) < uint(s.W) {
					ptr = unsafe.Add(in.Data, (row+ix)*pixelBytes)
				}
				tile[at] = ptr
				at += mr
			}
		}
		if x++; x == outW {
			x = 0
			if y++; y == outH {
				y = 0
				n++
			}
		}
	}
	if spare := (p1 - p0) % mr; spare != 0 { // fill up the last tile
		last := ptrs[(p1-p0)/mr*taps*mr:]
		for t := range taps {
			for i := spare; i < mr; i++ {
				last[t*mr+i] = last[t*mr]
			}
		}
	}
}
