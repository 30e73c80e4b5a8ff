package kernels

import "unsafe"

// packF32 packs filters, transformed.
func (w *winograd) packF32(p *Packing, weights []float32) [][]float32 {
	var f realFilter
	var to func(pos int, v float32)
	narrow := func(pos int, v float64) { to(pos, float32(v)) }
	filters := func() []float32 { return weights }
	if w.squares() {
		filters = func() []float32 { return squareFilters(&w.shape, weights) }
	}
	return packWinograd(p, filters, w.depth, w.blocks, w.kernel.KR, w.form.r, byPosition,
		func(g []float32, put func(pos int, v float32)) {
			for i, v := range g {
				f.g[i] = float64(v)
			}
			to = put
			w.form.g(&f, narrow)
		}, w.pos)
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
		for _, u := range packWinograd(q.pack, weights, w.depth, w.blocks, w.kernel.KR, w.form.r, order,
			func(g []int8, put func(int, int8)) {
				for i, v := range g {
					put(i, v)
				}
			}, taps) {
			panels = append(panels, addr(u))
			w.bytes += len(u)
		}
		return panels
	}
	for _, u := range packWinograd(q.pack, weights, w.depth, w.blocks, w.kernel.KR, w.form.r, byPosition,
		func(g []int8, put func(int, int16)) {
			w.form.gU8((*[9]int8)(g), put)
		}, w.pos) {
		panels = append(panels, addr(u))
		w.bytes += 2 * len(u)
	}
	return panels
}

// winoOrder gives the elements from one position to the next, and from one group of kr channels, in a block's filters.
type winoOrder func(blk *convBlock, groups, kr int) (pos, group int)

func byPosition(blk *convBlock, groups, kr int) (pos, group int) {
	return groups * blk.width * kr, blk.width * kr
}

// packWinograd transforms filters [K][r][r][c] into [blocks][pos][⌈c/kr⌉][width][kr] or the like.
func packWinograd[T float32 | int8 | Half, U number](p *Packing, filters func() []T, c int, blocks []convBlock,
	kr, r int, order winoOrder, transform func([]T, func(int, U)), pos int) [][]U {
	size, bytes := pos*((c+kr-1)/kr)*kr, int(unsafe.Sizeof(*new(U)))
	all := packed(p, widths(blocks)*size, func(u []U) {
		weights := filters()
		for b, panel := range cutPanels(u, blocks, size) {
			fillWinograd(panel, weights, c, &blocks[b], kr, r, order, transform)
		}
	}, (&padding{blocks, size * bytes, func(blk *convBlock) lattice {
		each, group := order(blk, (c+kr-1)/kr, kr)
		return lattice{pos, each, group, c, kr}.of(bytes)
	}}).zero)
	return cutPanels(all, blocks, size)
}

func fillWinograd[T float32 | int8 | Half, U number](panel []U, weights []T, c int, blk *convBlock, kr, r int,
	order winoOrder, transform func([]T, func(int, U))) {
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

// winoParts are the corners of a 5×5 filter that its parts come from, lower and right ones being 1.
var winoParts = [4][2]int{{1, 0}, {0, 0}, {0, 1}, {1, 1}}

// partFilters turns weights [K][5][5][C] into [K][3][3][4·C], of which a convolution is the sum of four of 3×3, those
// of a filter's four corners, the last two with zeros beyond it. Their inputs are three pixels apart and their outputs
// the same, so that in Winograd's domain they are further channels: 144 products for 16 outputs, where there were 400.
// Of those 23 are zero, see depthAt.
func partFilters(s *ConvShape, weights []int8) []int8 {
	all := make([]int8, s.K*9*4*s.C)
	for k := range s.K {
		for i, part := range winoParts {
			for y := range 3 - part[0] {
				for x := range 3 - part[1] {
					from := weights[((k*5+3*part[0]+y)*5+3*part[1]+x)*s.C:][:s.C]
					copy(all[(((k*3+y)*3+x)*4+i)*s.C:], from)
				}
			}
		}
	}
	return all
}

// depthAt returns the channels whose products at a position are not all zero: n of them. The last row and column of G
// take nothing but the last row and column of a filter, which lower parts and right ones do not have.
func (w *winograd) depthAt(pos int) (from, n int) {
	c, last := w.shape.C, w.side-1
	switch bottom, right := pos/w.side == last, pos%w.side == last; {
	case !w.form.parts || !bottom && !right:
		return 0, w.depth
	case !bottom:
		return 0, 2 * c // those of the left parts
	case !right:
		return c, 2 * c // of the upper ones
	}
	return c, c
}
