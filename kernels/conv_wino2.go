package kernels

import "unsafe"

// Convolution of stride 2 and few channels, as networks begin with, by a form for stride 1: the input is seen as
// squares of
// 2×2 pixels, whose pixels are channels, and so is the filter, with zeros where it ends within a square. In NHWC a
// square is two runs of 2·C numbers. Those of a few tiles are copied first, to sixteen numbers for each square, eight
// at a time; what is copied past a run is written over or not read. The input transform takes all sixteen.

// squares reports whether the input is taken in squares.
func (w *winograd) squares() bool { return w.form == &winoF34 }

// squareFilters turns weights [K][R][R][C] into [K][r][r][2·2·C], r = ⌈R/2⌉.
func squareFilters(s *ConvShape, weights []float32) []float32 {
	r := (s.R + 1) / 2
	all := make([]float32, s.K*r*r*4*s.C)
	for k := range s.K {
		for y := range s.R {
			for x := range s.S {
				from := weights[((k*s.R+y)*s.S+x)*s.C:][:s.C]
				copy(all[(((k*r+y/2)*r+x/2)*4+y%2*2+x%2)*s.C:], from)
			}
		}
	}
	return all
}

// squaresAtOnce is the number of tiles in a row whose squares are copied at a time, so that they stay in the L1 cache.
const squaresAtOnce = 8

// squareCols returns how many squares a row of so many tiles takes.
func (w *winograd) squareCols(tiles int) int { return tiles*w.m + w.side - w.m }

// newSquares returns memory for copies of squares, and the addresses of each tile's among them.
func (w *winograd) newSquares() (squares []float32, ptrs []unsafe.Pointer) {
	cols, size := w.squareCols(squaresAtOnce), 2*w.form.channels
	squares = aligned[float32](w.side * cols * size)
	ptrs = make([]unsafe.Pointer, squaresAtOnce*w.pos)
	for i := range ptrs {
		tile, pos := i/w.pos, i%w.pos
		ptrs[i] = addr(squares[(pos/w.side*cols+tile*w.m+pos%w.side)*size:])
	}
	return squares, ptrs
}

// transformSquares fills v for n tiles from t0 on: transformInput for squares.
func (t *winogradTask) transformSquares(wk *winogradWorker, t0, n int) {
	s, a := &t.shape, &wk.in
	a.posStride, a.c = t.vStep, 2*t.form.channels
	for i := 0; i < n; {
		p := &t.places[t0+i]
		tiles := min(n-i, t.tilesW-p.x, squaresAtOnce)
		y0, x0 := 2*p.y*t.m-s.PadTop, 2*p.x*t.m-s.PadLeft
		for row := range 2 * t.side {
			to := wk.squares[row/2*t.squareCols(squaresAtOnce)*a.c+row%2*2*s.C:]
			t.copySquares(to, p.img, y0+row, x0, t.squareCols(tiles))
		}
		for j := range tiles {
			a.ptrs = addr(wk.ptrs[j*t.pos:])
			a.dst = unsafe.Add(wk.v, (i+j)*t.vRow)
			t.input(a)
		}
		i += tiles
	}
}

// copySquares copies half of n squares, from pixel (y, x) of an image on.
func (t *winogradTask) copySquares(to []float32, img, y, x, n int) {
	s, size := &t.shape, 2*t.form.channels
	first := (img*s.H+y)*s.W + x
	lo, hi := 0, 0 // of squares that are within the image and can be read eight numbers at a time
	if uint(y) < uint(s.H) && t.in.Dense() {
		end := s.N*s.H*s.W - t.form.channels/t.in.Stride
		lo = min(max((1-x)/2, 0), n)
		hi = max(min((s.W-x)/2, (end-first+1)/2, n), lo)
	}
	for j := range lo {
		t.square(to[j*size:][:t.form.channels], img, y, x+2*j)
	}
	for j := hi; j < n; j++ {
		t.square(to[j*size:][:t.form.channels], img, y, x+2*j)
	}
	if lo == hi {
		return
	}
	p, from := addr(to[lo*size:]), unsafe.Add(t.in.Data, (first+2*lo)*t.in.Stride*4)
	for j := range hi - lo { // nothing is computed past the last: no pointer may leave its memory
		dst, src := unsafe.Add(p, j*size*4), unsafe.Add(from, j*2*t.in.Stride*4)
		*(*[4]float32)(dst) = *(*[4]float32)(src) // eight at once would be a call
		*(*[4]float32)(unsafe.Add(dst, 16)) = *(*[4]float32)(unsafe.Add(src, 16))
	}
}

// square copies pixels (y, x) and (y, x+1) of an image, zeros where they are outside.
func (t *winogradTask) square(to []float32, img, y, x int) {
	s := &t.shape
	clear(to)
	for i := range 2 {
		if uint(y) < uint(s.H) && uint(x+i) < uint(s.W) {
			copy(to[i*s.C:], unsafe.Slice((*float32)(t.in.at(((img*s.H+y)*s.W+x+i)*t.in.Stride)), s.C))
		}
	}
}
