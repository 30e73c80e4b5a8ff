package kernels

import "unsafe"

// lay lays tiles over this shape.
//
// Tiles of F(4,3) of which but two rows or columns of output are left are short: computed by F(2,3) in that direction,
// whose points are among those of F(4,3). With inputs d0, d1, d2, d1, d2, d3, Bᵀ of F(4,3) gives
//
//	4·(d0 − d2)   −3·(d1 + d2)   3·(d1 − d2)   0   0   d3 − d1
//
// which, multiplied by the filters of F(4,3), are the products of F(2,3), its two outputs being the first and the last
// of four. No products are taken where they are zero: a third of those of a tile that is short one way, and more than
// half if it is both ways.
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

// tile returns the image, row and column of output tile i. Short tiles at the right edge come first, then whole ones,
// those at the lower edge, and the corners, so that the products of any position are those of consecutive tiles.
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

// span returns those of n tiles from t0 on, counted from t0, whose products at a position are not all zero.
func (w *winograd) span(pos, t0, n int) (lo, hi int) {
	rows, _ := w.full()
	lo, hi = 0, w.tiles()
	if x := pos % w.side; x == 3 || x == 4 {
		lo, hi = w.shape.N*rows*w.edgeW, hi-w.shape.N*w.edgeH*w.edgeW
	}
	if y := pos / w.side; y == 3 || y == 4 {
		hi = w.shape.N * rows * w.tilesW
	}
	lo = min(max(lo-t0, 0), n)
	return lo, min(max(hi-t0, lo), n)
}

// winoPlace is where a tile lies.
type winoPlace struct {
	img, y, x     int        // image, row and column of tiles
	window        [2]*[6]int // which rows and columns of input it takes
	pixel         int        // the first of output, counted over all images
	rows, columns int        // of output
}

// places returns that of each tile.
func (w *winograd) places() []winoPlace {
	outH, outW := w.shape.OutH(), w.shape.OutW()
	wholeH, wholeW := w.full()
	all := make([]winoPlace, w.tiles())
	for i := range all {
		img, ty, tx := w.tile(i)
		y, x := ty*w.m, tx*w.m
		all[i] = winoPlace{img: img, y: ty, x: tx, window: [2]*[6]int{window(ty == wholeH), window(tx == wholeW)},
			pixel: (img*outH+y)*outW + x, rows: min(w.m, outH-y), columns: min(w.m, outW-x)}
	}
	return all
}

// layProducts says which products of n tiles from t0 on, whose inputs are in v from `at` on, are taken at each
// position, and sets those that are not to zero.
func (t *winogradTask) layProducts(wk *winogradWorker, at, t0, n int) {
	row, mr := t.kernel.NR*4, t.kernel.MR
	most := len(wk.rows) / t.pos
	for pos := range wk.products {
		lo, hi := t.span(pos, t0, n)
		m := unsafe.Add(wk.m, pos*t.mStep)
		tiles := (hi - lo + mr - 1) / mr
		from, depth := t.depthAt(pos)
		wk.products[pos] = winoProduct{ptrs: unsafe.Pointer(&wk.rows[pos*most+min(at+lo, most-1)]),
			dst:   unsafe.Add(m, min(lo, n-1)*row),
			tiles: tiles, rows: hi - lo - (tiles-1)*mr, from: from / t.kernel.KR, n: t.kernel.groups(depth)}
		if hi-lo < n {
			zeros := unsafe.Slice((*byte)(m), n*row)
			clear(zeros[:lo*row])
			clear(zeros[hi*row:])
		}
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
