package kernels

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// winograd is r×r stride 1 convolution by F(m,r); see wino_tile.go. Output tiles are taken a block at a time: each
// worker transforms the block's input into scratch, then for every block of filters multiplies position by position
// and transforms back, so that the products never leave the L1 or L2 cache.
//
// Filters are transformed when they are packed, or, quantised ones for few tiles, in each run, two rows of positions at
// a time. That takes 3 to 4 cycles a filter and channel, of which the products of 16 tiles take 18 or more: a little
// longer than reading 72 bytes instead of 9, but of GoogLeNet's filters for maps of 14×14 and 7×7 they are 2.6 MB, not
// 9 to 20.
type winograd struct {
	shape     ConvShape
	segments  []int
	dtype     DType
	form      *winoForm
	m         int     // outputs per side of a tile
	side, pos int     // inputs per side, m+r−1, and positions, the square of that
	depth     int     // channels of the products
	vBytes    int     // size of a transformed input
	mBytes    int     // size of a product
	vRow      int     // bytes of one tile's transformed inputs at a position
	kernel    *Kernel // of the products
	gemm      func(*convTileArgs)
	input     func(*winoInputArgs)
	filter    func(*winoFilterArgs) // transforms filters in each run; nil if they were when packed
	output    func(*winoOutputArgs)
	blocks    []convBlock
	chosen
	panels []convPanel // w is the block's filters, [pos][C/kr][NR][kr] transformed, or [C/kr][r²][NR][kr] before it
	finish []finish    // of each output, or nil
	border []byte      // what pixels outside the input are; in float32 also the products' bias
	bytes  int

	tilesH, tilesW int
	edgeH, edgeW   int // 1 if the last row or column of tiles is short
}

// Scratch for one block of tiles, so that it stays in a 512 KiB L2 with the filters streaming past and, in GoogLeNet's
// conv2, in the memory that conv1 and pool1 need anyway.
const (
	winoScratchF32     = 768 << 10
	winoScratchSquares = 160 << 10
	winoScratchU8      = 192 << 10
	winoScratchFew     = 288 << 10
)

func newWinogradF32(p *Packing, f *winoForm, s ConvShape, segments []int, weights, bias []float32, act Clamp,
	limit arch.ISA) *winograd {
	w := &winograd{shape: s, segments: segments, dtype: F32, form: f, vBytes: 4, mBytes: 4}
	w.kernel, w.gemm = Select[func(*convTileArgs)](OpConvTile, F32, limit)
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

func newWinogradU8(f *winoForm, s ConvShape, segments []int, q ConvU8, limit arch.ISA) *winograd {
	w := &winograd{shape: s, segments: segments, dtype: U8, form: f, vBytes: 2, mBytes: 4}
	w.kernel, w.gemm = Select[func(*convTileArgs)](OpWinoGemm, U8, limit)
	w.plan(limit)
	w.border = aligned[byte](s.C)
	fill(w.border, q.InZero)
	if w.tiles() <= f.perRun {
		_, w.filter = Select[func(*winoFilterArgs)](f.filter, U8, limit)
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

// plan chooses the transforms and lays the tiles, once the tile and the kernel are known.
func (w *winograd) plan(limit arch.ISA) {
	_, w.input = Select[func(*winoInputArgs)](w.form.input, w.dtype, limit)
	_, w.output = Select[func(*winoOutputArgs)](w.form.output, w.dtype, limit)
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

// cut divides the work among workers, who share the scratch: of the pieces, a tile is MR of those of Winograd, a row of
// the products' kernel.
func (w *winograd) cut(workers int) pieces {
	tiles, mr, scratch := w.tiles(), w.kernel.MR, winoScratchF32
	switch {
	case w.dtype == U8 && tiles <= 64: // of maps of 28×28, beside which there is room
		scratch = winoScratchFew
	case w.dtype == U8:
		scratch = winoScratchU8
	case w.squares():
		scratch = winoScratchSquares
	}
	most := tiles        // rows at a time: for each, all filters pass by,
	if w.filter == nil { // or are transformed
		most = max(scratch/workers/(w.pos*(w.vRow+w.kernel.NR*w.mBytes))/mr, 2)
	}
	return newPieces(tiles, mr, most, w.blocks)
}

func (w *winograd) Kernel() string {
	product := w.kernel.DType.String() + "_" + string(w.kernel.Op)
	return w.dtype.String() + "_winograd" + w.form.name + w.kernel.Name[len(product):] + finishName(w.finish)
}
func (w *winograd) ISA() arch.ISA    { return w.kernel.ISA }
func (w *winograd) PackedBytes() int { return w.bytes }

// steps returns the bytes from one position to the next of a worker's transformed input, [pos][most][depth], and of one
// block's products, [pos][most][NR]: an odd number of cache lines, for positions a power of two apart would compete for
// a few sets of the L1 cache.
func (w *winograd) steps(most int) (v, m int) {
	return oddLines(most * w.vRow), oddLines(most * w.kernel.NR * w.mBytes)
}

// oddLines rounds up to an odd number of cache lines.
func oddLines(bytes int) int { return (bytes+63)&^63 | 64 }

// uStep returns the bytes from one position to the next of filters transformed in each run, [2·side][C/kr][NR][kr]
// int16.
func (w *winograd) uStep() int {
	if w.filter == nil {
		return 0
	}
	return oddLines(roundUp(w.depth, w.kernel.KR) * w.kernel.NR * 2)
}

func (w *winograd) Scratch(workers int) int {
	cut := w.cut(workers)
	return workers * w.scratchEach(cut.most()*w.kernel.MR)
}

// scratchEach is that of a worker, for blocks of up to so many tiles: transformed inputs, products and filters.
func (w *winograd) scratchEach(most int) int {
	v, m := w.steps(most)
	return w.pos*(v+m) + 2*w.side*w.uStep()
}

func (w *winograd) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&w.shape, w.dtype, w.segments, in, out)
	t := &winogradTask{winograd: w, work: w.cut(workers), in: in[0], out: append([]View(nil), out...),
		workers: make([]winogradWorker, workers)}
	most := t.work.most() * w.kernel.MR
	t.vStep, t.mStep = w.steps(most)
	t.places = w.places()
	each := w.scratchEach(most)
	for i := range t.workers {
		wk := &t.workers[i]
		buf := scratch[i*each:][:each]
		wk.v, wk.m = addr(buf), addr(buf[w.pos*t.vStep:])
		if w.filter != nil {
			wk.u = addr(buf[w.pos*(t.vStep+t.mStep):])
		}
		wk.rows = make([]unsafe.Pointer, w.pos*most)
		for r := range wk.rows { // row r of the matrix, tile by tile: the order the products are taken in
			from, _ := w.depthAt(r / most)
			wk.rows[r] = unsafe.Add(wk.v, r/most*t.vStep+r%most*w.vRow+from*w.vBytes)
		}
		wk.ptrs = make([]unsafe.Pointer, w.pos)
		wk.products = make([]winoProduct, w.pos)
		if w.squares() {
			wk.squares, wk.ptrs = w.newSquares()
		}
	}
	return t
}

type winogradTask struct {
	*winograd
	onlyTask
	work         pieces
	vStep, mStep int
	in           View
	out          []View
	places       []winoPlace // of the tiles
	workers      []winogradWorker
}

type winogradWorker struct {
	v, m     unsafe.Pointer   // [pos][most][depth] and [pos][most][NR]
	u        unsafe.Pointer   // [2·side][C/kr][NR][kr] filters, two rows of positions of one block's
	rows     []unsafe.Pointer // [pos][most] addresses of rows of v
	ptrs     []unsafe.Pointer // [pos] addresses of one tile's pixels, or of those of squaresAtOnce tiles
	squares  []float32        // [side][squareCols][2·channels] copies of the input
	products []winoProduct    // [pos] of the tiles at hand
	gemm     convTileArgs
	in       winoInputArgs
	filter   winoFilterArgs
	out      winoOutputArgs
	done     finishing
	_        [64]byte // workers do not share a cache line
}

// winoProduct is what the products at a position have in common for all filters.
type winoProduct struct {
	ptrs, dst   unsafe.Pointer
	tiles, rows int // of the kernel's; no tiles if all products are zero
	from, n     int // the first group of KR channels, and how many
}

func (t *winogradTask) Units() int          { return t.work.units() }
func (t *winogradTask) Done(lo, hi int) int { return t.work.done(t.snap(lo), t.snap(hi)) }

func (t *winogradTask) snap(u int) int { return t.work.snap(u, len(t.workers)) }

func (t *winogradTask) Run(worker, lo, hi int, stop *Stop) {
	wk := &t.workers[worker]
	lo, hi = t.snap(lo), t.snap(hi)
	for i := 0; i < t.work.groups && !stop.Asked(); i++ {
		g := t.work.group(i)
		t0, n := t.tilesOf(t.work.span(&g, lo, hi))
		if n <= 0 {
			continue
		}
		if t.squares() {
			t.transformSquares(wk, t0, n)
		} else {
			t.transformInput(wk, t0, n)
		}
		laid0, laid, whole := 0, 0, true
		for b := range t.blocks {
			b0, bn := t.tilesOf(t.work.of(&g, b, lo, hi))
			whole = whole && b0 == t0 && bn == n
			if bn <= 0 || stop.Asked() {
				continue
			}
			if b0 != laid0 || bn != laid {
				t.layProducts(wk, b0-t0, b0, bn)
				laid0, laid = b0, bn
			}
			t.multiply(wk, b)
			t.transformOutput(wk, b, b0, bn)
		}
		for b := range t.blocks {
			if b0, bn := t.tilesOf(t.work.of(&g, b, lo, hi)); !whole && t.finish != nil && !stop.Asked() {
				blk := &t.blocks[b]
				t.finishTiles(wk, blk.segment, b0, bn, blk.at, blk.cols)
			}
		}
		for i := range t.finish {
			if whole && !stop.Asked() {
				t.finishTiles(wk, i, t0, n, 0, t.out[i].C)
			}
		}
	}
}

// finishTiles finishes c channels of an output from the at-th on, of n tiles.
func (t *winogradTask) finishTiles(wk *winogradWorker, output, t0, n, at, c int) {
	v, outW := &t.out[output], t.shape.OutW()
	for i := range max(n, 0) {
		p := &t.places[t0+i]
		for y := range p.rows {
			t.finish[output].do(&wk.done, v, (p.pixel+y*outW)*v.Stride+at, p.columns, v.Stride, c)
		}
	}
}

// tilesOf returns the first of Winograd's tiles in rows r0 ≤ r < r1, and how many they are.
func (t *winogradTask) tilesOf(r0, r1 int) (t0, n int) {
	t0 = r0 * t.kernel.MR
	return t0, min(r1*t.kernel.MR, t.tiles()) - t0
}

// transformInput fills v for n tiles from t0 on.
func (t *winogradTask) transformInput(wk *winogradWorker, t0, n int) {
	s, a := &t.shape, &wk.in
	a.ptrs, a.posStride, a.c = addr(wk.ptrs), t.vStep, s.C
	parts := [][2]int{{}}
	if t.form.parts {
		parts = winoParts[:]
	}
	for i := range n {
		for k, part := range parts {
			t.address(wk.ptrs, &t.places[t0+i], 3*part[0], 3*part[1])
			a.dst = unsafe.Add(wk.v, i*t.vRow+k*s.C*t.vBytes)
			t.input(a)
		}
	}
}

// address gives the addresses of a tile's pixels, its first one (dy, dx) further on.
func (t *winogradTask) address(ptrs []unsafe.Pointer, p *winoPlace, dy, dx int) {
	s, last := &t.shape, t.side-1
	y0, x0 := p.y*t.m-s.PadTop+dy, p.x*t.m-s.PadLeft+dx
	pixelBytes := t.in.Stride * t.dtype.Size()
	first := ((p.img*s.H+y0)*s.W + x0) * pixelBytes
	if min(y0, x0) >= 0 && y0+p.window[0][last] < s.H && x0+p.window[1][last] < s.W {
		for r := range t.side {
			row, base := ptrs[r*t.side:][:t.side], first+p.window[0][r]*s.W*pixelBytes
			for c := range row {
				row[c] = unsafe.Add(t.in.Data, base+p.window[1][c]*pixelBytes)
			}
		}
		return
	}
	for r := range t.side {
		row, down := ptrs[r*t.side:][:t.side], p.window[0][r]
		inside := uint(y0+down) < uint(s.H)
		base := first + down*s.W*pixelBytes
		for c := range row {
			row[c] = addr(t.border)
			if right := p.window[1][c]; inside && uint(x0+right) < uint(s.W) {
				row[c] = unsafe.Add(t.in.Data, base+right*pixelBytes)
			}
		}
	}
}

// multiply computes m[pos] = v[pos]·u[block][pos] for all positions.
func (t *winogradTask) multiply(wk *winogradWorker, block int) {
	a, nr := &wk.gemm, t.kernel.NR
	a.taps, a.cols = 1, min(roundUp(t.blocks[block].cols, 16), t.blocks[block].width)
	a.lo, a.hi = negInf, posInf
	a.bias = addr(t.border) // zeros where it is read, in float32
	if t.dtype == F16 {
		a.plain = blockPlain
	}
	a.dstStride = nr * t.mBytes
	groups, lanes := t.kernel.groups(t.depth), t.blocks[block].width*t.kernel.KR
	group := lanes * t.vBytes // size of one of filters
	if t.filter == nil {
		u := t.panels[block].w
		for pos := range wk.products {
			t.multiplyAt(a, &wk.products[pos], unsafe.Add(u, pos*groups*group), group)
		}
		return
	}
	f := &wk.filter
	f.src, f.dst, f.posStride, f.groups, f.lanes = t.panels[block].w, wk.u, t.uStep(), groups, lanes
	for f.pair = range t.side / 2 {
		t.filter(f)
		for i, row := range winoRows(f.pair, t.side) {
			for j := range t.side {
				t.multiplyAt(a, &wk.products[row*t.side+j], unsafe.Add(f.dst, (i*t.side+j)*f.posStride), group)
			}
		}
	}
}

// multiplyAt computes m[pos] = v[pos]·u, whose groups of channels are of the given size.
func (t *winogradTask) multiplyAt(a *convTileArgs, p *winoProduct, u unsafe.Pointer, group int) {
	if p.tiles > 0 {
		a.ptrs, a.dst, a.tiles, a.rows, a.groups = p.ptrs, p.dst, p.tiles, p.rows, p.n
		a.w = unsafe.Add(u, p.from*group)
		t.gemm(a)
	}
}

// transformOutput writes n tiles of one block of filters.
func (t *winogradTask) transformOutput(wk *winogradWorker, block, t0, n int) {
	s, a, nr := &t.shape, &wk.out, t.kernel.NR
	blk, p := &t.blocks[block], &t.panels[block]
	o := &t.out[blk.segment]
	a.posStride, a.pixStride = t.mStep, o.Stride*t.dtype.Size()
	a.rowStride = s.OutW() * a.pixStride
	a.bias, a.scale, a.lo, a.hi, a.zero, a.cols = p.bias, p.scale, p.lo, p.hi, p.zero, blk.cols
	const ahead = 5 // tiles, whose pixels are fetched: those in a cache take less time to be written
	places := t.places[t0:][:n]
	for i := range places {
		at, next := &places[i], &places[min(i+ahead, n-1)]
		a.src = unsafe.Add(wk.m, i*nr*t.mBytes)
		a.dst, a.ahead = o.at(at.pixel*o.Stride+blk.at), (next.pixel-at.pixel)*a.pixStride
		a.rows, a.columns = at.rows, at.columns
		t.output(a)
	}
}
