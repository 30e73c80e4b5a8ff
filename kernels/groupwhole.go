package kernels

import "unsafe"

// groupWhole is a convolution in groups of whole vectors of channels (RegNet), by kernels that broadcast inputs as
// those of the indirect GEMM do: a group has too few filters for the tile of that. Tiles are neighbours in an output
// row; a call does those of some rows, so that weights stay in the first cache for all of them.
//
// uint8 (KR = 2): rows are copied with their borders, as int16, and two inputs count as one; so do two weights.
type groupWhole struct {
	basic
	shape  ConvShape
	dtype  DType
	fn     func(*depthRowArgs)
	args   wholeArgs
	border []uint8 // a pixel outside the input, of uint8
	tiles  int     // most of a call
	shared int     // output rows of a call
	bytes  int
}

var wholeMaker = groupMaker{newGroupWholeF32, newGroupWholeU8}

const (
	wholePixels = 7  // of a tile
	wholeTiles  = 16 // most of a call
	wholeRows   = 4  // most output rows that have tiles in a call
)

// wholeArgs is the argument of these kernels, which read src, w and dst, pixels and rows by tiles.
type wholeArgs struct {
	_ uncompared
	depthRowArgs
	eights, span int            // inputs of an output in one column, by eight; bytes of dst that have the same inputs
	tiles        unsafe.Pointer // [count]wholeTile
	count        int            // ≥ 1
	//lint:ignore U1000 assembly uses it
	tapOn        int // scratch: bytes from a tap's last input to the next one's first
	ahead, fetch int // bytes from src to what will be read next, and how much of that to prefetch with each tap
}

// wholeTile is a tile.
type wholeTile struct {
	src, dst, w int      // bytes from those of depthRowArgs; src is where the first window begins, or would begin
	rows        int      // of the windows inside the input
	n           int      // pixels
	sees        [8]uint8 // of each tap, by bits, the pixels for which it is inside
}

// newGroupWhole has all but weights, bias and bounds.
func newGroupWhole(s ConvShape, k *Kernel) *groupWhole {
	d := &groupWhole{shape: s, dtype: k.DType, fn: k.fn.(func(*depthRowArgs))}
	d.kernel = k
	g := s.C / s.Groups
	d.tiles = min(wholeTiles, max(1, 8*depthCall/(s.R*s.S*s.C*g*wholePixels)))
	if d.shared = 1; s.DilationH == 1 {
		d.shared = min(wholeRows, max(1, d.tiles/((s.OutW()+wholePixels-1)/wholePixels)))
	}
	d.args = wholeArgs{eights: g / 8, span: g * k.DType.Size(), depthRowArgs: depthRowArgs{c: s.C, size: s.S,
		stride: s.StrideW, each: g / k.KR, wStep: 32 * s.R * s.S * g / k.KR, wRow: 32 * s.S}}
	return d
}

func newGroupWholeF32(p *Packing, s ConvShape, layer ConvF32, k *Kernel) Op {
	d := newGroupWhole(s, k)
	w, b := packWhole(p, &s, k, layer.Weights), aligned[float32](s.C)
	copy(b, layer.Bias)
	d.args.w, d.args.bias, d.args.lo, d.args.hi = addr(w), addr(b), layer.Act.Lo, layer.Act.Hi
	d.bytes = 4 * (len(w) + len(b))
	return d
}

func newGroupWholeU8(s ConvShape, q ConvU8, k *Kernel) Op {
	d := newGroupWhole(s, k)
	w, b, m := packWhole(q.pack, &s, k, q.Weights), aligned[int32](s.C), aligned[float32](s.C)
	wide := aligned[int16](len(w))
	for i, v := range w {
		wide[i] = int16(v)
	}
	copy(b, q.foldedBias(s.C, k.taken()))
	copy(m, q.Scale)
	d.args.w, d.args.bias, d.args.scale, d.args.plain = addr(wide), addr(b), addr(m), q.plain(0, 0, s.C)
	d.args.lo, d.args.hi, d.args.zero = q.Out[0].bounds()
	d.border = aligned[uint8](s.C)
	fill(d.border, q.InZero)
	d.bytes = 3*len(w) + 8*s.C + len(d.border)
	return d
}

// packWhole puts weights [K][R][S][G] in the order [K/8][R][S][G/KR][8][KR].
func packWhole[T float32 | int8](p *Packing, s *ConvShape, kernel *Kernel, weights []T) []T {
	kr, taps := kernel.KR, s.R*s.S*s.C/s.Groups
	return packed(p, s.K*taps, func(w []T) {
		for i, v := range weights {
			k, t := i/taps, i%taps
			w[((k/8*taps+t/kr*kr)*8)+k%8*kr+t%kr] = v
		}
	}, nil)
}

func (d *groupWhole) PackedBytes() int { return d.bytes }

func (d *groupWhole) Scratch(workers int) int {
	s := &d.shape
	if d.dtype == F32 {
		return 0
	}
	return workers * roundUp((s.R+(d.shared-1)*s.StrideH)*d.columns(min(s.OutW(), wholePixels*d.tiles))*s.C*2, 64)
}

// columns is how many of the input's columns, or the border's, so many neighbours' windows see.
func (d *groupWhole) columns(pixels int) int { return (pixels-1)*d.shape.StrideW + d.shape.S }

func (d *groupWhole) band(b bandRows) Op {
	c := *d
	c.shape = c.shape.band(b)
	return &c
}

func (d *groupWhole) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, []int{d.shape.K}, in, out)
	t := &groupWholeTask{groupWhole: d, in: in[0], out: out[0], workers: make([]wholeWorker, workers)}
	_, t.words = Select[func(*flipArgs)](OpWords, U8, d.ISA())
	each := d.Scratch(1)
	for i := range t.workers {
		t.workers[i].copied = scratch[i*each:][:each]
	}
	return t
}

type groupWholeTask struct {
	*groupWhole
	onlyTask
	in, out View
	words   func(*flipArgs) // copies rows of uint8
	workers []wholeWorker
}

type wholeWorker struct {
	args   wholeArgs
	tiles  [wholeTiles]wholeTile
	words  flipArgs
	from   unsafe.Pointer // of words
	copied []byte         // rows with their borders
	_      [64]byte
}

// Units are output rows.
func (t *groupWholeTask) Units() int { return t.shape.N * t.shape.OutH() }

func (t *groupWholeTask) Run(worker, lo, hi int, stop *Stop) {
	s, wk := &t.shape, &t.workers[worker]
	outH, outW, most := s.OutH(), s.OutW(), wholePixels*t.tiles
	for rows := 0; lo < hi; lo += rows {
		rows = min(t.shared, hi-lo, outH-lo%outH)
		for x := 0; x < outW && !stop.Asked(); x += most {
			a := &wk.args
			*a = t.args
			a.pixels = min(most, outW-x)
			a.dst, a.dstStep = t.out.at((lo*outW+x)*t.out.Stride), t.out.Stride*t.dtype.Size()
			n, iy, ix := lo/outH, lo%outH*s.StrideH-s.PadTop, x*s.StrideW-s.PadLeft
			if t.dtype == F32 {
				t.clipRows(wk, n, iy, ix, rows)
			} else {
				t.copyRows(wk, n, iy, ix, rows)
			}
			t.fn(&a.depthRowArgs)
		}
	}
}

// clipRows makes tiles of some output rows, 1 ≤ rows ≤ shared, of image n: the first window begins in row iy and
// column ix.
func (t *groupWholeTask) clipRows(wk *wholeWorker, n, iy, ix, rows int) {
	s, a := &t.shape, &wk.args
	a.src, a.colStep = t.in.Data, 4*t.in.Stride
	a.rowStep = s.DilationH * s.W * a.colStep
	for j := range rows {
		y := iy + j*s.StrideH
		r0, r1, _ := clip(y, s.R, s.DilationH, s.H, s.H)
		wk.cut(wholeTile{src: ((n*s.H+y+r0*s.DilationH)*s.W + ix) * a.colStep, dst: j * s.OutW() * a.dstStep,
			w: r0 * a.each * a.wRow, rows: max(0, r1-r0)}, -ix, s.W-ix)
	}
	a.fetch = rows * s.StrideH * s.W * a.colStep / (s.R * s.S * a.count * s.C / 8)
}

// copyRows does the same of a copy with borders.
func (t *groupWholeTask) copyRows(wk *wholeWorker, n, iy, ix, rows int) {
	s, a := &t.shape, &wk.args
	columns := t.columns(a.pixels)
	a.src, a.colStep, a.rowStep = addr(wk.copied), 2*s.C, 2*s.C*columns
	left, right := max(0, -ix), min(columns, s.W-ix)
	for r := range s.R + (rows-1)*s.StrideH {
		y, row := iy+r*s.DilationH, wk.copied[r*a.rowStep:]
		if uint(y) >= uint(s.H) {
			t.copyBorder(wk, row, 0, columns)
			continue
		}
		t.copyBorder(wk, row, 0, left)
		t.copyBorder(wk, row, right, columns)
		at, run := ((n*s.H+y)*s.W+ix+left)*t.in.Stride, 1
		if t.in.Stride == s.C {
			run = right - left
		}
		for c := left; c < right; c += run {
			t.copy(wk, row[c*a.colStep:], t.in.at(at), run)
			at += t.in.Stride
		}
	}
	for j := range rows {
		wk.cut(wholeTile{src: j * s.StrideH * a.rowStep, dst: j * s.OutW() * a.dstStep, rows: s.R}, 0, columns)
	}
}

// copyBorder fills columns c0 ≤ c < c1 of a row.
func (t *groupWholeTask) copyBorder(wk *wholeWorker, row []byte, c0, c1 int) {
	for c := c0; c < c1; c++ {
		t.copy(wk, row[c*wk.args.colStep:], addr(t.border), 1)
	}
}

// copy makes words of some pixels.
func (t *groupWholeTask) copy(wk *wholeWorker, dst []byte, src unsafe.Pointer, pixels int) {
	wk.from = src
	wk.words = flipArgs{ptrs: unsafe.Pointer(&wk.from), dst: addr(dst), rows: 1, bytes: pixels * t.shape.C}
	t.words(&wk.words)
}

// cut adds the tiles of an output row of which t says all but n and sees. Of the columns, counted from the first tap of
// the first window, those from c0 to c1 are inside.
func (wk *wholeWorker) cut(t wholeTile, c0, c1 int) {
	a := &wk.args
	a.ahead = t.src + t.rows*a.rowStep
	for x := 0; x < a.pixels; x += wholePixels {
		t.n = min(wholePixels, a.pixels-x)
		for i := range a.size { // tap i of pixel p sees column p·stride + i
			to := min(max(0, (c1-i+a.stride-1)/a.stride-x), t.n)
			from := min(max(0, (c0-i+a.stride-1)/a.stride-x), to)
			t.sees[i] = 1<<to - 1<<from
		}
		wk.tiles[a.count] = t
		a.tiles, a.count = unsafe.Pointer(&wk.tiles), a.count+1
		t.src += wholePixels * a.stride * a.colStep
		t.dst += wholePixels * a.dstStep
	}
}
