package kernels

import "unsafe"

// Convolution of stride 2 and few channels, as networks begin with, by a form for stride 1: the input is seen as squares of
// 2×2 pixels, whose pixels are channels, and so is the filter, with zeros where it ends within a square. In NHWC a
// square is two runs of 2·C numbers, which the input transform takes one after the other, eight at a time; what it
// makes of numbers past a run is written over or not read.

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

// transformSquares fills v for n tiles from t0 on: transformInput for squares.
func (t *winogradTask) transformSquares(wk *winogradWorker, t0, n int) {
	s, a := &t.shape, &wk.in
	a.ptrs, a.posStride, a.c = addr(wk.ptrs), t.vStep, t.form.channels
	size := t.in.Stride * 4
	end := s.N*s.H*s.W - t.form.channels/t.in.Stride // pixels up to here can be read eight numbers at a time
	for i := range n {
		p := &t.places[t0+i]
		y0, x0 := 2*p.y*t.m-s.PadTop, 2*p.x*t.m-s.PadLeft
		within := t.in.Dense() && x0 >= 0 && x0+2*t.side <= s.W
		for half := range 2 {
			for dy := range t.side {
				row := wk.ptrs[dy*t.side:][:t.side]
				y := y0 + 2*dy + half
				first := (p.img*s.H+y)*s.W + x0
				switch {
				case uint(y) >= uint(s.H):
					for dx := range row {
						row[dx] = addr(t.border)
					}
				case within && first+2*(t.side-1) < end:
					at := unsafe.Add(t.in.Data, first*size)
					for dx := range row {
						row[dx] = at
						at = unsafe.Add(at, 2*size)
					}
				default:
					for dx := range row {
						x := x0 + 2*dx
						if t.in.Dense() && x >= 0 && x+1 < s.W && first+2*dx < end {
							row[dx] = unsafe.Add(t.in.Data, (first+2*dx)*size)
						} else {
							row[dx] = t.square(wk.edge[(dy*t.side+dx)*t.form.channels:][:t.form.channels], p.img, y, x)
						}
					}
				}
			}
			a.dst = unsafe.Add(wk.v, i*t.vRow+half*2*s.C*4)
			t.input(a)
		}
	}
}

// square returns the address of pixels (y, x) and (y, x+1) of an image, copied to edge, zeros where row y ends.
func (t *winogradTask) square(edge []float32, img, y, x int) unsafe.Pointer {
	s := &t.shape
	if x < -1 || x >= s.W {
		return addr(t.border)
	}
	clear(edge)
	for i := range 2 {
		if uint(x+i) < uint(s.W) {
			copy(edge[i*s.C:], unsafe.Slice((*float32)(t.in.at(((img*s.H+y)*s.W+x+i)*t.in.Stride)), s.C))
		}
	}
	return addr(edge)
}
