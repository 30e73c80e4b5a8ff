package kernels

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// winograd is r×r stride 1 convolution by F(m,r); see wino_tile.go. Output tiles are taken a block at a time: each
// worker transforms the block's input into scratch, then for every block of filters multiplies position by position
// and transforms back, so that the products never leave the L1 or L2 cache. A unit of work is a block of tiles times
// a run of filter blocks; a worker that continues on the same tiles reuses their transform.
//
// Filters are transformed when they are packed, or, quantised ones for few tiles, in each run, two rows of positions at a
// time. That takes 3 to 4 cycles a filter and channel, of which the products of 16 tiles take 18 or more: a little longer
// than reading 72 bytes instead of 9, but of GoogLeNet's filters for maps of 14×14 and 7×7 they are 2.6 MB, not 9 to 20.
type winograd struct {
	shape     ConvShape
	segments  []int
	dtype     DType
	form      *winoForm
	m         int     // outputs per side of a tile
	side, pos int     // inputs per side, m+r−1, and positions, the square of that
	depth     int     // channels of the products
	vBytes    int     // size of a transformed input
	vRow      int     // bytes of one tile's transformed inputs at a position
	kernel    *Kernel // of the products
	gemm      func(*ConvTile)
	input     func(*WinoInput)
	filter    func(*WinoFilter) // transforms filters in each run; nil if they were when packed
	output    func(*WinoOutput)
	blocks    []convBlock
	chosen
	panels []convPanel // w is the block's filters, [pos][C/kr][NR][kr] transformed, or [C/kr][r²][NR][kr] before it
	border []byte      // what pixels outside the input are; in float32 also the products' bias
	bytes  int

	tilesH, tilesW int
	edgeH, edgeW   int // 1 if the last row or column of tiles is short
}

// winoCut divides the work among workers.
type winoCut struct {
	rows      int // MR tiles each, of the products
	groups    int // blocks of tiles: nearly equal runs of rows
	most      int // tiles in the largest block, a multiple of MR
	blkGroups int // runs of filter blocks per block of tiles
}

// winogradFits reports whether the form can compute the convolution.
func winogradFits(s *ConvShape, f *winoForm) bool {
	if s.R != s.S || s.DilationH != 1 || s.DilationW != 1 || s.Groups != 1 {
		return false
	}
	if f == &winoF34 {
		return (s.R+1)/2 == f.r && s.StrideH == 2 && s.StrideW == 2 && 2*s.C <= f.channels
	}
	if f.lean != nil {
		if n, _, _ := f.tiles(s); n > f.lean.perRun {
			return false
		}
	}
	return s.R == f.window() && s.StrideH == 1 && s.StrideW == 1 && s.C%f.channels == 0
}

// winoForm is one of Winograd's minimal filterings, F(m,r), of a type, and the kernels of its transforms.
type winoForm struct {
	name          string
	m, r          int
	channels      int // the input transform takes as many at a time
	pixels        int // of output, from which on it wins
	input, output OpKind
	filter        OpKind                                    // quantised only
	g             func(g []float64, put func(int, float64)) // G g Gᵀ of a filter of r² weights; float only
	gU8           func(g *[9]int8, put func(int, int16))    // the same, scaled to integers; quantised only
	factor        int32                                     // quantised only: by which sums are multiplied
	unit          int                                       // quantised only: the power of two in it
	perRun        int                                       // quantised only: up to how many tiles filters are transformed in each run
	lean          *winoForm                                 // the form with perRun that this one is without it
	parts         bool                                      // filters are 5×5, taken in parts; see partFilters
}

// window is the size of the filters that the form serves, F(3,4) apart.
func (f *winoForm) window() int {
	if f.parts {
		return 5
	}
	return f.r
}

var (
	winoF43 = winoForm{name: "4x3", m: 4, r: 3, channels: 8, pixels: 150, input: OpWino43Input, output: OpWino43Output, g: winoG43}
	winoF23 = winoForm{name: "2x3", m: 2, r: 3, channels: 8, pixels: 40, input: OpWino23Input, output: OpWino23Output, g: winoG23}
	winoF34 = winoForm{name: "3x4", m: 3, r: 4, channels: 8, pixels: 1000, input: OpWino43Input, output: OpWino34Output, g: winoG34}
	winoF25 = winoForm{name: "2x5", m: 2, r: 5, channels: 8, pixels: 40, input: OpWino43Input, output: OpWino25Output, g: winoG25}

	winoU8F43 = winoForm{name: "4x3", m: 4, r: 3, channels: 16, pixels: 40, input: OpWino43Input, filter: OpWino43Filter, output: OpWino43Output,
		gU8: winoG43U8, factor: 576, unit: 64, perRun: 24}
	winoU8Parts = winoForm{name: "4x3parts", m: 4, r: 3, channels: 16, pixels: 150, input: OpWino43Input, filter: OpWino43Filter, output: OpWino43Output,
		gU8: winoG43U8, factor: 576, unit: 64, perRun: 24, parts: true}
	winoU8F23 = winoForm{name: "2x3", m: 2, r: 3, channels: 16, pixels: 40, input: OpWino23Input, filter: OpWino23Filter, output: OpWino23Output,
		gU8: winoG23U8, factor: 4, unit: 4, perRun: 24}

	winoU8F43Packed, winoU8F23Packed = winoU8F43.packed(), winoU8F23.packed()
)

// formsF32 are the forms of float convolution, the best first. F(4,3) has four times as many filters to read as direct
// convolution: on maps of few tiles it waits for them, and F(2,3) with less than twice as many is faster than both.
var formsF32 = []*winoForm{&winoF43, &winoF23, &winoF25, &winoF34}

// formsU8 are those of quantised convolution.
var formsU8 = []*winoForm{&winoU8F43, &winoU8F23, &winoU8Parts, &winoU8F43Packed, &winoU8F23Packed}

// packed is the form without perRun: faster, for memory.
func (f winoForm) packed() winoForm {
	p := f
	p.name, p.perRun, p.lean = f.name+"packed", 0, &f
	return p
}

// tiles returns how many there are of the output, and how many in a column and a row of it.
func (f *winoForm) tiles(s *ConvShape) (n, h, w int) {
	h, w = (s.OutH()+f.m-1)/f.m, (s.OutW()+f.m-1)/f.m
	return s.N * h * w, h, w
}

// fitting returns those of the forms that can compute a convolution and have vector kernels.
func fitting(forms []*winoForm, s *ConvShape, dt DType, limit arch.ISA) (fit []*winoForm) {
	for _, f := range forms {
		if winogradFits(s, f) && f.vector(dt, limit) {
			fit = append(fit, f)
		}
	}
	return fit
}

// whyNot says why the form is not faster than direct convolution, or nothing; the thresholds come from bench's
// BenchmarkConv.
func (f *winoForm) whyNot(s *ConvShape) string {
	switch {
	case s.K < 16 || s.C < 16 && f != &winoF34:
		return fmt.Sprintf("%d → %d channels are too few", s.C, s.K)
	case s.OutH()*s.OutW() < f.pixels:
		return fmt.Sprintf("%d×%d pixels are too few for its filters", s.OutH(), s.OutW())
	case f.lean != nil:
		return fmt.Sprintf("its filters take %d bytes in place of %d", 2*(f.m+f.r-1)*(f.m+f.r-1), f.r*f.r)
	}
	return ""
}

// saving says what the form saves.
func (f *winoForm) saving(s *ConvShape) string {
	side, squares := f.m+f.r-1, 1
	if f == &winoF34 || f.parts {
		squares = 4
	}
	return fmt.Sprintf("%d products in place of %d", side*side*squares, f.m*f.m*s.R*s.S)
}

// vector reports whether there are vector kernels for the transforms: in scalar code they cost more than the
// multiplications they save.
func (f *winoForm) vector(dt DType, limit arch.ISA) bool {
	in, _ := Select[func(*WinoInput)](f.input, dt, limit)
	out, _ := Select[func(*WinoOutput)](f.output, dt, limit)
	return in.ISA != arch.Generic && out.ISA != arch.Generic
}

// Scratch for one block of tiles, so that it stays in a 512 KiB L2 with the filters streaming past and, in GoogLeNet's
// conv2, in the memory that conv1 and pool1 need anyway.
const (
	winoScratchF32     = 768 << 10
	winoScratchSquares = 160 << 10
	winoScratchU8      = 192 << 10
)

func newWinogradF32(p *Packing, f *winoForm, s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) *winograd {
	w := &winograd{shape: s, segments: segments, dtype: F32, form: f, vBytes: 4}
	w.kernel, w.gemm = Select[func(*ConvTile)](OpConvTile, F32, limit)
	w.plan(limit)
	w.border = aligned[byte](4 * max(s.C, w.kernel.NR))
	b := packRow(bias, w.blocks, w.kernel.NR)
	for i, u := range w.packF32(p, weights) {
		w.panels = append(w.panels, convPanel{w: addr(u), bias: addr(b[i*w.kernel.NR:]), lo: act.Lo, hi: act.Hi})
		w.bytes += 4 * len(u)
	}
	w.bytes += 4 * len(b)
	return w
}

// packF32 packs filters, transformed.
func (w *winograd) packF32(p *Packing, weights []float32) [][]float32 {
	wide := make([]float64, w.form.r*w.form.r)
	filters := func() []float32 { return weights }
	if w.squares() {
		filters = func() []float32 { return squareFilters(&w.shape, weights) }
	}
	return packWinograd(p, filters, w.depth, w.blocks, w.kernel.KR, w.form.r, byPosition, func(g []float32, put func(pos int, v float32)) {
		for i, v := range g {
			wide[i] = float64(v)
		}
		w.form.g(wide, func(pos int, v float64) { put(pos, float32(v)) })
	}, w.pos)
}

func newWinogradU8(f *winoForm, s ConvShape, segments []int, q ConvU8, limit arch.ISA) *winograd {
	w := &winograd{shape: s, segments: segments, dtype: U8, form: f, vBytes: 2}
	w.kernel, w.gemm = Select[func(*ConvTile)](OpWinoGemm, U8, limit)
	w.plan(limit)
	w.border = aligned[byte](s.C)
	fill(w.border, q.InZero)
	if w.tiles() <= f.perRun {
		_, w.filter = Select[func(*WinoFilter)](f.filter, U8, limit)
	}
	u := w.packU8(&q)
	bias, scale := q.foldedBias(s.K, 0), slices.Clone(q.Scale)
	for k := range bias {
		bias[k] *= f.factor // modulo 2³²
		scale[k] /= float32(f.unit)
	}
	b, m := packRow(bias, w.blocks, w.kernel.NR), packRow(scale, w.blocks, w.kernel.NR)
	for i, blk := range w.blocks {
		p := convPanel{w: u[i], bias: addr(b[i*w.kernel.NR:]), scale: addr(m[i*w.kernel.NR:])}
		p.lo, p.hi, p.zero = q.Out[blk.segment].bounds()
		w.panels = append(w.panels, p)
	}
	w.bytes += 4 * (len(b) + len(m))
	return w
}

// packU8 packs filters, transformed unless they will be in each run, and returns those of each block.
func (w *winograd) packU8(q *ConvU8) (panels []unsafe.Pointer) {
	weights := func() []int8 { return q.Weights }
	if w.form.parts {
		weights = func() []int8 { return partFilters(&w.shape, q.Weights) }
	}
	taps := w.form.r * w.form.r
	if w.filter != nil {
		order := func(b *convBlock, groups, kr int) (pos, group int) { return b.width * kr, taps * b.width * kr }
		for _, u := range packWinograd(q.pack, weights, w.depth, w.blocks, w.kernel.KR, w.form.r, order, func(g []int8, put func(int, int8)) {
			for i, v := range g {
				put(i, v)
			}
		}, taps) {
			panels = append(panels, addr(u))
			w.bytes += len(u)
		}
		return panels
	}
	for _, u := range packWinograd(q.pack, weights, w.depth, w.blocks, w.kernel.KR, w.form.r, byPosition, func(g []int8, put func(int, int16)) {
		w.form.gU8((*[9]int8)(g), put)
	}, w.pos) {
		panels = append(panels, addr(u))
		w.bytes += 2 * len(u)
	}
	return panels
}

// exactU8 reports whether the form gives every accumulator exactly: unit times it must fit an int32, and no product with
// a scale may overflow one. Of an accumulator, most·255 is the largest possible.
func (f *winoForm) exactU8(most int, scale []float32) bool {
	return int64(most)*255*int64(f.unit) < 1<<31 && float64(most)*255*float64(slices.Max(scale)) < 1<<30
}

// largest returns 1/255 of the largest accumulator that there can be, rounded up.
func (q *ConvU8) largest(s *ConvShape) int {
	bias := int32(0)
	for _, b := range q.Bias {
		bias = max(bias, b, -b)
	}
	return q.largestSum(s) + (int(bias)+254)/255
}

// largestSum returns the largest Σ|w| of a filter, or what it was when the weights were recorded.
func (q *ConvU8) largestSum(s *ConvShape) int {
	v := packed(q.pack, 1, func(v []int64) {
		depth := s.R * s.S * s.C
		for k := range s.K {
			_, abs, _ := weightSums(q.Weights[k*depth:][:depth])
			v[0] = max(v[0], int64(abs))
		}
	})
	return int(v[0])
}

// plan chooses the transforms and lays the tiles, once the tile and the kernel are known.
func (w *winograd) plan(limit arch.ISA) {
	_, w.input = Select[func(*WinoInput)](w.form.input, w.dtype, limit)
	_, w.output = Select[func(*WinoOutput)](w.form.output, w.dtype, limit)
	w.m = w.form.m
	w.side = w.m + w.form.r - 1
	w.pos = w.side * w.side
	w.depth = w.shape.C
	if w.form.parts {
		w.depth *= 4
	}
	w.vRow = w.depth * w.vBytes
	if w.squares() {
		w.depth, w.vRow = 4*w.shape.C, 2*w.form.channels*w.vBytes
	}
	w.blocks = convBlocks(w.segments, w.kernel)
	w.lay()
}

// lay lays tiles over this shape.
//
// Tiles of F(4,3) of which but two rows or columns of output are left are short: computed by F(2,3) in that direction, whose
// points are among those of F(4,3). With inputs d0, d1, d2, d1, d2, d3, Bᵀ of F(4,3) gives
//
//	4·(d0 − d2)   −3·(d1 + d2)   3·(d1 − d2)   0   0   d3 − d1
//
// which, multiplied by the filters of F(4,3), are the products of F(2,3), its two outputs being the first and the last of four. No
// products are taken where they are zero: a quarter less for a short tile of 14×14 maps, less than half for one short both ways.
func (w *winograd) lay() {
	_, w.tilesH, w.tilesW = w.form.tiles(&w.shape)
	w.edgeH, w.edgeW = 0, 0
	if w.m == 4 && w.shape.OutH()%4 == 2 {
		w.edgeH = 1
	}
	if w.m == 4 && w.shape.OutW()%4 == 2 {
		w.edgeW = 1
	}
}

// full returns how many rows and columns of tiles are not short.
func (w *winograd) full() (rows, cols int) { return w.tilesH - w.edgeH, w.tilesW - w.edgeW }

func (w *winograd) tiles() int { return w.shape.N * w.tilesH * w.tilesW }

// cut divides the work among workers, who share the scratch.
func (w *winograd) cut(workers int) winoCut {
	tiles, mr, scratch := w.tiles(), w.kernel.MR, winoScratchF32
	switch {
	case w.dtype == U8:
		scratch = winoScratchU8
	case w.squares():
		scratch = winoScratchSquares
	}
	rows := (tiles + mr - 1) / mr // of the products' tiles
	if w.filter != nil {          // once for all tiles
		return winoCut{rows: rows, groups: 1, most: rows * mr, blkGroups: len(w.blocks)}
	}
	most := max(scratch/workers/(w.pos*(w.vRow+w.kernel.NR*4))/mr, 2) // of them at a time: for each, all filters pass by
	groups := (rows + most - 1) / most
	if groups > workers { // equal shares
		groups = min(roundUp(groups, workers), rows)
	}
	c := winoCut{rows: rows, groups: groups, most: (rows + groups - 1) / groups * mr, blkGroups: 1}
	if c.groups < minUnits/2 {
		c.blkGroups = min(len(w.blocks), minUnits/2/c.groups)
	}
	return c
}

// winoOrder gives the elements from one position to the next, and from one group of kr channels, in a block's filters.
type winoOrder func(blk *convBlock, groups, kr int) (pos, group int)

func byPosition(blk *convBlock, groups, kr int) (pos, group int) {
	return groups * blk.width * kr, blk.width * kr
}

// packWinograd transforms filters [K][r][r][c] into [blocks][pos][⌈c/kr⌉][width][kr] or the like.
func packWinograd[T float32 | int8, U float32 | int16 | int8](p *Packing, filters func() []T, c int, blocks []convBlock, kr, r int, order winoOrder, transform func([]T, func(int, U)), pos int) [][]U {
	size := pos * ((c + kr - 1) / kr) * kr
	all := packed(p, widths(blocks)*size, func(u []U) {
		weights := filters()
		for b, panel := range cutPanels(u, blocks, size) {
			fillWinograd(panel, weights, c, &blocks[b], kr, r, order, transform)
		}
	})
	return cutPanels(all, blocks, size)
}

func fillWinograd[T float32 | int8, U float32 | int16 | int8](panel []U, weights []T, c int, blk *convBlock, kr, r int, order winoOrder, transform func([]T, func(int, U))) {
	taps := r * r
	pos, group := order(blk, (c+kr-1)/kr, kr)
	g := make([]T, taps)
	var i, j int
	put := func(p int, v U) { panel[p*pos+i/kr*group+j*kr+i%kr] = v }
	for j = range blk.cols {
		filter := weights[(blk.k+j)*taps*c:]
		for i = range c {
			for t := range g {
				g[t] = filter[t*c+i]
			}
			transform(g, put)
		}
	}
}

func (w *winograd) Kernel() string {
	if w.dtype == F32 {
		return "f32_winograd" + w.form.name + w.kernel.Name[len("f32_conv"):]
	}
	return "u8_winograd" + w.form.name + w.kernel.Name[len("u8_winogemm"):]
}
func (w *winograd) ISA() arch.ISA    { return w.kernel.ISA }
func (w *winograd) PackedBytes() int { return w.bytes }

// steps returns the bytes from one position to the next of a worker's transformed input, [pos][most][depth], and of one
// block's products, [pos][most][NR]: an odd number of cache lines, for positions a power of two apart would compete for a
// few sets of the L1 cache.
func (w *winograd) steps(most int) (v, m int) {
	return oddLines(most * w.vRow), oddLines(most * w.kernel.NR * 4)
}

// oddLines rounds up to an odd number of cache lines.
func oddLines(bytes int) int { return (bytes+63)&^63 | 64 }

// uStep returns the bytes from one position to the next of filters transformed in each run, [side][C/kr][NR][kr] int16.
func (w *winograd) uStep() int {
	if w.filter == nil {
		return 0
	}
	return oddLines(roundUp(w.depth, w.kernel.KR) * w.kernel.NR * 2)
}

func (w *winograd) Scratch(workers int) int {
	v, m := w.steps(w.cut(workers).most)
	return workers * (w.pos*(v+m) + 2*w.side*w.uStep())
}

func (w *winograd) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&w.shape, w.dtype, w.segments, in, out)
	t := &winogradTask{winograd: w, winoCut: w.cut(workers), in: in[0], out: append([]View(nil), out...), workers: make([]winogradWorker, workers)}
	t.vStep, t.mStep = w.steps(t.most)
	each := w.pos*(t.vStep+t.mStep) + 2*w.side*w.uStep()
	for i := range t.workers {
		wk := &t.workers[i]
		buf := scratch[i*each:][:each]
		wk.v, wk.m = addr(buf), addr(buf[w.pos*t.vStep:])
		if w.filter != nil {
			wk.u = addr(buf[w.pos*(t.vStep+t.mStep):])
		}
		wk.rows = make([]unsafe.Pointer, w.pos*t.most)
		for r := range wk.rows { // row r of the matrix, tile by tile: the order the products are taken in
			wk.rows[r] = unsafe.Add(wk.v, r/t.most*t.vStep+r%t.most*w.vRow)
		}
		wk.ptrs = make([]unsafe.Pointer, w.pos)
		if w.squares() {
			wk.edge = make([]float32, w.pos*w.form.channels)
		}
	}
	return t
}

type winogradTask struct {
	*winograd
	winoCut
	vStep, mStep int
	in           View
	out          []View
	workers      []winogradWorker
}

type winogradWorker struct {
	v, m   unsafe.Pointer   // [pos][most][depth] and [pos][most][NR]
	u      unsafe.Pointer   // [2·side][C/kr][NR][kr] filters, two rows of positions of one block's
	rows   []unsafe.Pointer // [pos][most] addresses of rows of v
	ptrs   []unsafe.Pointer // [pos] addresses of one tile's pixels
	edge   []float32        // [pos][8] copies of squares that the input holds only in part
	gemm   ConvTile
	in     WinoInput
	filter WinoFilter
	out    WinoOutput
	_      [64]byte // workers do not share a cache line
}

func (t *winogradTask) Units() int { return t.groups * t.blkGroups }

func (t *winogradTask) Run(worker, lo, hi int) {
	wk := &t.workers[worker]
	tiles := t.tiles()
	have := -1
	for u := lo; u < hi; u++ {
		group, bg := u/t.blkGroups, u%t.blkGroups
		t0 := part(group, t.groups, t.rows) * t.kernel.MR
		n := min(part(group+1, t.groups, t.rows)*t.kernel.MR, tiles) - t0
		if group != have {
			if t.squares() {
				t.transformSquares(wk, t0, n)
			} else {
				t.transformInput(wk, t0, n)
			}
			t.clearZeros(wk, t0, n)
			have = group
		}
		for b := part(bg, t.blkGroups, len(t.blocks)); b < part(bg+1, t.blkGroups, len(t.blocks)); b++ {
			t.multiply(wk, b, t0, n)
			t.transformOutput(wk, b, t0, n)
		}
	}
}

// tile returns the image, row and column of output tile i. Short tiles at the right edge come first, then whole ones, those at the
// lower edge, and the corners, so that the products of any position are those of consecutive tiles.
func (w *winograd) tile(i int) (n, y, x int) {
	rows, cols := w.full()
	right, whole, lower := w.shape.N*rows*w.edgeW, w.shape.N*rows*cols, w.shape.N*cols*w.edgeH
	if i < right {
		return i / rows, i % rows, cols
	}
	if i -= right; i < whole {
		return i / (rows * cols), i % (rows * cols) / cols, i % cols
	}
	if i -= whole; i < lower {
		return i / cols, rows, i % cols
	}
	return i - lower, rows, cols
}

// span returns the tiles whose products at a position are not all zero.
func (w *winograd) span(pos int) (lo, hi int) {
	rows, _ := w.full()
	lo, hi = 0, w.tiles()
	if x := pos % w.side; x == 3 || x == 4 {
		lo, hi = w.shape.N*rows*w.edgeW, hi-w.shape.N*w.edgeH*w.edgeW
	}
	if y := pos / w.side; y == 3 || y == 4 {
		hi = w.shape.N * rows * w.tilesW
	}
	return lo, hi
}

// clearZeros sets the products that are not taken, of n tiles from t0 on.
func (t *winogradTask) clearZeros(wk *winogradWorker, t0, n int) {
	if t.edgeH+t.edgeW == 0 {
		return
	}
	row := t.kernel.NR * 4
	for pos := range t.pos {
		m := unsafe.Slice((*byte)(unsafe.Add(wk.m, pos*t.mStep)), n*row)
		lo, hi := t.span(pos)
		clear(m[:min(max(lo-t0, 0), n)*row])
		clear(m[max(min(hi-t0, n), 0)*row:])
	}
}

var winoWhole, winoShort = [6]int{0, 1, 2, 3, 4, 5}, [6]int{0, 1, 2, 1, 2, 3}

// window returns which rows or columns of input a tile takes.
func window(short bool) *[6]int {
	if short {
		return &winoShort
	}
	return &winoWhole
}

// transformInput fills v for n tiles from t0 on.
func (t *winogradTask) transformInput(wk *winogradWorker, t0, n int) {
	s, a := &t.shape, &wk.in
	a.ptrs, a.posStride, a.c = addr(wk.ptrs), t.vStep, s.C
	wholeH, wholeW := t.full()
	for i := range n {
		img, ty, tx := t.tile(t0 + i)
		y0, x0 := ty*t.m-s.PadTop, tx*t.m-s.PadLeft
		rows, cols := window(ty == wholeH), window(tx == wholeW)
		for part := range t.depth / s.C {
			t.address(wk.ptrs, img, y0+part/2*3, x0+part%2*3, rows, cols)
			a.dst = unsafe.Add(wk.v, i*t.vRow+part*s.C*t.vBytes)
			t.input(a)
		}
	}
}

// address gives the addresses of a tile's pixels: those of rows and columns of an image from (y0, x0) on.
func (t *winogradTask) address(ptrs []unsafe.Pointer, img, y0, x0 int, rows, cols *[6]int) {
	s := &t.shape
	pixelBytes := t.in.Stride * t.dtype.Size()
	for r := range t.side {
		row := ptrs[r*t.side:][:t.side]
		y := y0 + rows[r]
		inside := uint(y) < uint(s.H)
		base := ((img*s.H+y)*s.W + x0) * pixelBytes
		for c := range row {
			row[c] = addr(t.border)
			if dx := cols[c]; inside && uint(x0+dx) < uint(s.W) {
				row[c] = unsafe.Add(t.in.Data, base+dx*pixelBytes)
			}
		}
	}
}

// partFilters turns weights [K][5][5][C] into [K][3][3][4·C], of which a convolution is the sum of four of 3×3, those of a
// filter's four corners, the last two with zeros beyond it. Their inputs are three pixels apart and their outputs the same,
// so that in Winograd's domain they are further channels: 144 products for 16 outputs, where there were 400.
func partFilters(s *ConvShape, weights []int8) []int8 {
	all := make([]int8, s.K*9*4*s.C)
	for k := range s.K {
		for y := range 5 {
			for x := range 5 {
				from := weights[((k*5+y)*5+x)*s.C:][:s.C]
				copy(all[(((k*3+y%3)*3+x%3)*4+y/3*2+x/3)*s.C:], from)
			}
		}
	}
	return all
}

// multiply computes m[pos] = v[pos]·u[block][pos] for all positions, n tiles from t0 on.
func (t *winogradTask) multiply(wk *winogradWorker, block, t0, n int) {
	a, nr := &wk.gemm, t.kernel.NR
	a.taps, a.groups, a.cols = 1, (t.depth+t.kernel.KR-1)/t.kernel.KR, min(roundUp(t.blocks[block].cols, 16), nr)
	a.lo, a.hi = negInf, posInf
	a.bias = addr(t.border) // zeros where it is read, in float32
	a.dstStride = nr * 4
	if t.filter == nil {
		for pos := range t.pos {
			t.multiplyAt(wk, pos, unsafe.Add(t.panels[block].w, pos*a.groups*t.kernel.KR*t.blocks[block].width*t.vBytes), t0, n)
		}
		return
	}
	f := &wk.filter
	f.src, f.dst, f.posStride, f.groups, f.lanes = t.panels[block].w, wk.u, t.uStep(), a.groups, t.blocks[block].width*t.kernel.KR
	for f.pair = range t.side / 2 {
		t.filter(f)
		for i, row := range winoRows(f.pair, t.side) {
			for j := range t.side {
				t.multiplyAt(wk, row*t.side+j, unsafe.Add(f.dst, (i*t.side+j)*f.posStride), t0, n)
			}
		}
	}
}

// multiplyAt computes m[pos] = v[pos]·u.
func (t *winogradTask) multiplyAt(wk *winogradWorker, pos int, u unsafe.Pointer, t0, n int) {
	lo, hi := t.span(pos)
	lo, hi = max(lo-t0, 0), min(hi-t0, n)
	if lo >= hi {
		return
	}
	a, mr := &wk.gemm, t.kernel.MR
	a.ptrs = unsafe.Pointer(&wk.rows[pos*t.most+lo])
	a.w = u
	a.dst = unsafe.Add(wk.m, pos*t.mStep+lo*a.dstStride)
	a.tiles = (hi - lo + mr - 1) / mr
	a.rows = hi - lo - (a.tiles-1)*mr
	t.gemm(a)
}

// transformOutput writes n tiles of one block of filters.
func (t *winogradTask) transformOutput(wk *winogradWorker, block, t0, n int) {
	s, a, nr := &t.shape, &wk.out, t.kernel.NR
	blk, p := &t.blocks[block], &t.panels[block]
	o := &t.out[blk.segment]
	outH, outW := s.OutH(), s.OutW()
	a.posStride, a.pixStride = t.mStep, o.Stride*t.dtype.Size()
	a.rowStride = outW * a.pixStride
	a.scale, a.lo, a.hi, a.zero, a.cols = p.scale, p.lo, p.hi, p.zero, blk.cols
	const ahead = 2 // tiles, whose pixels are fetched: those in a cache take less time to be written
	at := func(i int) (offset, y, x int) {
		img, ty, tx := t.tile(t0 + i)
		y, x = ty*t.m, tx*t.m
		return ((img*outH+y)*outW+x)*o.Stride + blk.at, y, x
	}
	for i := range n {
		offset, y, x := at(i)
		next, _, _ := at(min(i+ahead, n-1))
		a.src = unsafe.Add(wk.m, i*nr*4)
		a.bias = p.bias
		a.dst, a.ahead = o.at(offset), (next-offset)*t.dtype.Size()
		a.rows, a.columns = min(t.m, outH-y), min(t.m, outW-x)
		t.output(a)
	}
}
