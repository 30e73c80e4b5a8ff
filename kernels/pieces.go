package kernels

// pieces cuts a convolution's work: tiles of output, taken in groups of consecutive ones, times blocks of filters. A
// piece is a tile's products with a block. Those of a group follow each other, those of a block within it, tile by
// tile, so that of a share the pieces of a group and a block can be done at once: the block's panel of weights passes
// over the tiles while it is in cache.
//
// A unit is a filter's products with half a tile, so that narrow blocks and a short last tile count as what they are. A
// piece belongs to the share that has the unit in its middle: shares differ by about a piece.
type pieces struct {
	tiles  int   // in all
	short  int   // 1 if the last one is at most half full
	groups int   // nearly equal runs of tiles
	ends   []int // filters up to the end of each block
}

// newPieces cuts so many rows, mr of which make a tile, in groups of at most so many tiles.
func newPieces(rows, mr, most int, blocks []convBlock) pieces {
	p := pieces{tiles: (rows + mr - 1) / mr}
	p.groups = (p.tiles + most - 1) / most
	if last := rows - (p.tiles-1)*mr; 2*last <= mr {
		p.short = 1
	}
	sum := 0
	for _, b := range blocks {
		sum += b.width
		p.ends = append(p.ends, sum)
	}
	return p
}

func (p *pieces) filters() int { return p.ends[len(p.ends)-1] }

func (p *pieces) units() int { return (2*p.tiles - p.short) * p.filters() }

// most is the number of tiles in the largest group.
func (p *pieces) most() int { return (p.tiles + p.groups - 1) / p.groups }

// pieceGroup is a group: its tiles and units.
type pieceGroup struct{ t0, t1, first, end int }

func (p *pieces) group(g int) pieceGroup {
	t0, t1 := part(g, p.groups, p.tiles), part(g+1, p.groups, p.tiles)
	return pieceGroup{t0, t1, 2 * t0 * p.filters(), min(2*t1*p.filters(), p.units())}
}

// of returns those tiles of a group whose pieces of block b belong to units lo ≤ u < hi; none if they are none.
func (p *pieces) of(g *pieceGroup, b, lo, hi int) (t0, t1 int) {
	if lo <= g.first && g.end <= hi {
		return g.t0, g.t1
	}
	begin, width := 0, p.ends[b]
	if b > 0 {
		begin = p.ends[b-1]
		width -= begin
	}
	begin = g.first + (g.end-g.first)/p.filters()*begin // unit of tile t0
	// the first whose middle, unit begin + (2·(t−t0) + 1)·width − 1, is u or later
	tile := func(u int) int {
		return g.t0 + min(max((u-begin+width)/(2*width), 0), g.t1-g.t0)
	}
	return tile(lo), tile(hi)
}

// done returns the units of all pieces that belong to units lo ≤ u < hi.
func (p *pieces) done(lo, hi int) (units int) {
	for i := range p.groups {
		g := p.group(i)
		begin := 0
		for b, end := range p.ends {
			t0, t1 := p.of(&g, b, lo, hi)
			halves := 2 * (t1 - t0)
			if t0 < t1 && t1 == p.tiles {
				halves -= p.short
			}
			units += halves * (end - begin)
			begin = end
		}
	}
	return units
}

// span returns the tiles of a group from the first to the last of which any piece belongs to units lo ≤ u < hi.
func (p *pieces) span(g *pieceGroup, lo, hi int) (t0, t1 int) {
	switch {
	case lo <= g.first && g.end <= hi:
		return g.t0, g.t1
	case hi <= g.first || g.end <= lo:
		return g.t0, g.t0
	}
	t0, t1 = g.t1, g.t0
	for b := range p.ends {
		if b0, b1 := p.of(g, b, lo, hi); b0 < b1 {
			t0, t1 = min(t0, b0), max(t1, b1)
		}
	}
	return t0, t1
}

// snap moves the end of a share to that of a group if it is near: what is done once for each group, and by each worker
// that has a share in it, takes longer than the rest.
func (p *pieces) snap(u, workers int) int {
	for i := range p.groups {
		g := p.group(i)
		near := min((g.end-g.first)/6, p.units()/(8*workers))
		switch {
		case u > g.end:
		case u-g.first <= near:
			return g.first
		case g.end-u <= near:
			return g.end
		default:
			return u
		}
	}
	return u
}
