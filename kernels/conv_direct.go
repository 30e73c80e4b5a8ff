package kernels

import "unsafe"

// directConv is the indirect GEMM: output pixels in tiles of MR, whatever row they are in, times blocks of NR
// filters. A unit of work is a run of tiles times a run of blocks; within it the addresses of the input pixels are
// computed once and every block's panel of weights passes over all tiles while it is in cache.
type directConv struct {
	conv
	grid convGrid
}

func newDirectConv(c conv) *directConv {
	s := &c.shape
	return &directConv{conv: c, grid: newConvGrid(s.N*s.OutH()*s.OutW(), c.kernel.MR, len(c.blocks))}
}

// convGrid cuts tiles × blocks into units.
type convGrid struct {
	tiles, blocks         int
	tileGroups, blkGroups int
}

const (
	tilesPerUnit = 8  // enough to reuse a weight panel, few enough that their input stays in a small L2
	minUnits     = 16 // below this, blocks are split too, so that four workers get equal shares
)

func newConvGrid(pixels, mr, blocks int) convGrid {
	g := convGrid{tiles: (pixels + mr - 1) / mr, blocks: blocks, blkGroups: 1}
	g.tileGroups = (g.tiles + tilesPerUnit - 1) / tilesPerUnit
	if g.tileGroups < minUnits {
		g.blkGroups = min(blocks, (minUnits+g.tileGroups-1)/g.tileGroups)
	}
	return g
}

func (g *convGrid) units() int { return g.tileGroups * g.blkGroups }

// maxTiles is the largest number of tiles in one unit.
func (g *convGrid) maxTiles() int { return (g.tiles + g.tileGroups - 1) / g.tileGroups }

// unit returns the ranges of tiles and blocks of unit u; units of the same tiles follow each other.
func (g *convGrid) unit(u int) (t0, t1, b0, b1 int) {
	tg, bg := u/g.blkGroups, u%g.blkGroups
	return part(tg, g.tileGroups, g.tiles), part(tg+1, g.tileGroups, g.tiles),
		part(bg, g.blkGroups, g.blocks), part(bg+1, g.blkGroups, g.blocks)
}

// part returns where part i of n begins when total is cut into n nearly equal parts.
func part(i, n, total int) int { return i * total / n }

func (d *directConv) Scratch(int) int { return 0 }

func (d *directConv) Bind(in, out []View, _ []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, d.segments, in, out)
	t := &directConvTask{directConv: d, in: in[0], out: append([]View(nil), out...), workers: make([]convWorker, workers)}
	for i := range t.workers {
		t.workers[i].ptrs = make([]unsafe.Pointer, d.grid.maxTiles()*d.shape.R*d.shape.S*d.kernel.MR)
	}
	return t
}

type directConvTask struct {
	*directConv
	in      View
	out     []View
	workers []convWorker
}

// convWorker is one worker's own memory.
type convWorker struct {
	ptrs []unsafe.Pointer // [tiles][taps][MR]
	args ConvTile
	_    [64]byte // workers do not share a cache line
}

func (t *directConvTask) Units() int { return t.grid.units() }

func (t *directConvTask) Run(worker, lo, hi int) {
	s, mr := &t.shape, t.kernel.MR
	wk := &t.workers[worker]
	a := &wk.args
	a.taps, a.groups = s.R*s.S, t.kernel.groups(s.C)
	a.ptrs = addr(wk.ptrs)
	pixels := s.N * s.OutH() * s.OutW()
	have := -1 // first tile whose addresses are in ptrs
	for u := lo; u < hi; u++ {
		t0, t1, b0, b1 := t.grid.unit(u)
		if t0 != have {
			fillTapPointers(wk.ptrs, s, &t.in, addr(t.border), mr, t0*mr, min(t1*mr, pixels))
			have = t0
		}
		for b := b0; b < b1; b++ {
			t.call(a, t.out, b, t0*mr, t1-t0, min(mr, pixels-(t1-1)*mr))
		}
	}
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
