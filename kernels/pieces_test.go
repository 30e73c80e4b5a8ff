package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPieces: of any cut into shares, every piece belongs to exactly one, within the tiles that span gives, and equal
// shares of units are within a piece of equal shares of the work.
func TestPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		mr, rows := 1+rnd.IntN(8), 1+rnd.IntN(200)
		var blocks []convBlock
		widest := 0
		for range 1 + rnd.IntN(7) {
			width := 16 * (1 + rnd.IntN(3))
			blocks = append(blocks, convBlock{width: width, cols: width})
			widest = max(widest, width)
		}
		p := newPieces(rows, mr, 1+rnd.IntN(8), blocks)
		workers := 1 + rnd.IntN(5)
		cuts := []int{0}
		for w := range workers {
			cuts = append(cuts, part(w+1, workers, p.units()))
		}
		snapping := rnd.IntN(2) == 0
		if snapping {
			for i, u := range cuts {
				cuts[i] = p.snap(u, workers)
			}
		}
		if cuts[0] != 0 || cuts[workers] != p.units() || !slices.IsSorted(cuts) {
			t.Fatalf("%+v: shares end at %v of %d", p, cuts, p.units())
		}
		done := make([]int, p.tiles*len(blocks))
		for w := range workers {
			units := 0
			for i := range p.groups {
				g := p.group(i)
				s0, s1 := p.span(&g, cuts[w], cuts[w+1])
				for b, blk := range blocks {
					t0, t1 := p.of(&g, b, cuts[w], cuts[w+1])
					if t0 < t1 && (t0 < s0 || t1 > s1 || s0 < g.t0 || s1 > g.t1) {
						t.Fatalf("%+v: tiles [%d, %d) of [%d, %d) in group %+v", p, t0, t1, s0, s1, g)
					}
					for tile := t0; tile < t1; tile++ {
						done[tile*len(blocks)+b]++
						units += 2 * blk.width
						if tile == p.tiles-1 {
							units -= p.short * blk.width
						}
					}
				}
			}
			if got := p.done(cuts[w], cuts[w+1]); got != units {
				t.Fatalf("%+v: worker %d of %d is said to do %d units, want %d", p, w, workers, got, units)
			}
			if equal := cuts[w+1] - cuts[w]; !snapping && max(units-equal, equal-units) > 2*widest {
				t.Fatalf("%+v: worker %d of %d has %d units of %d", p, w, workers, units, equal)
			}
		}
		for i, n := range done {
			if n != 1 {
				t.Fatalf("%+v, shares to %v: tile %d of block %d done %d times", p, cuts, i/len(blocks), i%len(blocks), n)
			}
		}
	}
}
