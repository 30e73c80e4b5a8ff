package kernels

import (
	"slices"
	"unsafe"
)

// Weights of more than eight bits, as uint8 models of 2018 have them less their zero point, are sums of parts in
// −127…127. A window is read once for each part and all products are added in one int32, so the result is exact on
// every tier, by kernels that know nothing of it. Most filters have one part: their blocks are as quick as ever. A
// kernel of products in int16 takes a whole weight as one number.

// MaxParts is the number of parts that ±255 takes.
const MaxParts = 3

// partsOf is how many parts weights have.
func (q *ConvU8) parts() int { return max(q.Parts, 1) }

// checkParts returns the number of weights of each part, of which there are so many.
func (q *ConvU8) checkParts(weights int) (each int, err error) {
	if p := q.parts(); q.Parts < 0 || p > MaxParts || weights%p != 0 {
		return 0, errorf("%w: %d weights of %d parts", ErrShape, weights, q.Parts)
	}
	return weights / q.parts(), nil
}

// whole returns n filters [n][depth] of k, the from-th and those after it, each weight the sum of its parts. It makes
// them in room, if there is enough.
func (q *ConvU8) whole(room []int16, k, from, n int) []int16 {
	each := len(q.Weights) / k
	depth := each / q.parts()
	all := slices.Grow(room[:0], n*depth)
	for f := from; f < from+n; f++ {
		filter := q.Weights[f*each:][:each]
		for i, w := range filter[:depth] {
			sum := int16(w)
			for ; i+depth < each; i += depth {
				sum += int16(filter[i+depth])
			}
			all = append(all, sum)
		}
	}
	return all
}

// partTables are the addresses of taps as blocks of one, two and three parts take them. Those of a tile follow each
// other, and are repeated for each part.
type partTables [MaxParts][]unsafe.Pointer

// newTables returns tables of which the first is base.
func (c *conv) newTables(base []unsafe.Pointer) (t partTables) {
	t[0] = base
	for _, p := range c.parts {
		if t[p-1] == nil {
			t[p-1] = make([]unsafe.Pointer, p*len(base))
		}
	}
	return t
}

// spread fills the other tables with what the first has, of so many tiles of so many addresses each.
func (t *partTables) spread(tiles, each int) {
	for p := 2; p <= MaxParts; p++ {
		to := t[p-1]
		if to == nil {
			continue
		}
		for i := range tiles {
			for j := range p {
				copy(to[(i*p+j)*each:], t[0][i*each:][:each])
			}
		}
	}
}

// setTaps makes a block's taps, of which each part has so many, those from the given tile on.
func (c *conv) setTaps(a *convTileArgs, t *partTables, b, tile, taps int) {
	p := 1
	if c.parts != nil {
		p = c.parts[b]
	}
	a.taps = p * taps
	a.ptrs = addr(t[p-1][tile*a.taps*c.kernel.MR:])
}

// needed is the number of parts of a panel that are not zero, of several of so many numbers; one at least.
func needed[T number](panel []T, parts int) int {
	each := len(panel) / parts
	for parts > 1 && zero(panel[(parts-1)*each:][:each]) {
		parts--
	}
	return parts
}

// needed is that of a panel for PairSum16 kernels, of so many taps each part.
func (p *pairPanel) needed(taps, parts int) int {
	last, at := 0, 0
	for t := range parts * taps {
		for _, each := range []int{2, 1} { // matches, others
			if n := int(p.order[at]); n > 0 {
				last = t
				at += n * each
			}
			at++
		}
	}
	return last/taps + 1
}
