package kernels

import (
	"slices"
)

// VPMADDUBSW multiplies uint8 by int8 and adds two products in an int16 that saturates. For kernels that use it
// (PairSum16) weights are packed such that no sum of products leaves int16, whatever the inputs: of the weights in a
// sum, those above zero and those below add up to no more than pairMost, as 255·128 < 2¹⁵. That has two parts:
//
//   - a group of four channels in which two neighbours break the bound is split in two, whose sum it is;
//   - groups are matched, two of them being added in int16 where the bound allows, which saves widening one of the
//     sums. Most find a match, for few weights are large.
const pairMost = 128

// pairPanel is a block's weights for PairSum16 kernels.
type pairPanel struct {
	w []int8 // [entries][nr][4]
	// of each tap: how many matches, the channels that the two groups begin at of each; how many other groups, their
	// channels
	order []int32
}

const pairKR = 4

// pairPacker is the type of packPairs.
type pairPacker func(p *Packing, w []int8, taps, parts, depth int, blocks []convBlock, k *Kernel) []pairPanel

// packPairs is packWeights for PairSum16 kernels, of so many taps for each part of weights. Panels follow one another.
// Of parts after the first, groups that are zero are left out.
func packPairs(p *Packing, w []int8, taps, parts, depth int, blocks []convBlock, k *Kernel) []pairPanel {
	groups, first := k.groups(depth), taps
	taps *= parts
	if p.Loading() {
		return p.pairs(taps, depth, blocks, k.NR)
	}
	entries := len(blocks)*taps*groups + countSplits(w, taps, depth, blocks)
	m := pairMatcher{all: aligned[int8](entries * k.NR * k.KR)[:0], order: make([]int32, 0, entries+len(blocks)*2*taps)}
	var panel []int8
	for b := range blocks {
		panel = resized(panel, taps*groups*blocks[b].width*k.KR)
		fillPanel(panel, w[blocks[b].k*taps*depth:][:blocks[b].cols*taps*depth], taps, depth, &blocks[b], k.KR)
		m.add(panel, taps, groups, first)
	}
	p.keep(bytesOf(m.order))
	p.keep(bytesOf(m.all))
	panels, _ := cutPairs(m.order, m.all, taps, groups, len(blocks), k.NR)
	return panels
}

// pairExcess is what is too much of a sum of neighbours, above or below zero.
func pairExcess(a, b int8) int8 {
	sum := int(a) + int(b)
	return int8(sum - max(-pairMost, min(pairMost, sum)))
}

// countSplits returns how many groups will have to be split.
func countSplits(w []int8, taps, depth int, blocks []convBlock) (n int) {
	groups := (depth + pairKR - 1) / pairKR
	split := make([]bool, taps*groups)
	for b := range blocks {
		clear(split)
		for j := range blocks[b].cols {
			for t := range taps {
				row := w[((blocks[b].k+j)*taps+t)*depth:][:depth]
				for i := 1; i < len(row); i += 2 {
					if pairExcess(row[i-1], row[i]) != 0 {
						split[t*groups+i/pairKR] = true
					}
				}
			}
		}
		for _, s := range split {
			if s {
				n++
			}
		}
	}
	return n
}

// resized returns n zeros, in s where they fit.
func resized(s []int8, n int) []int8 {
	if cap(s) < n {
		return make([]int8, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// pairs returns what packPairs made of the same blocks when the weights were recorded. The channels are copied: kernels
// take them for addresses, and whoever may write a mapped file must not have them read anywhere but in their window.
func (p *Packing) pairs(taps, depth int, blocks []convBlock, nr int) []pairPanel {
	raw := p.take(-1)
	weights := p.take(-1)
	if raw != nil && weights != nil && len(raw)%4 == 0 {
		order, all := aligned[int32](len(raw)/4), elements[int8](inLines(weights))
		copy(bytesOf(order), raw)
		groups := (depth + pairKR - 1) / pairKR
		panels, ok := cutPairs(order, all, taps, groups, len(blocks), nr)
		for b := 0; ok && b < len(panels); b++ {
			ok = panels[b].padded(taps, depth, nr, &blocks[b])
		}
		if ok {
			return panels
		}
	}
	if p.err == nil {
		p.err = errorf("%w: packed weights of step %q reach outside the window", ErrShape, p.step)
	}
	empty := pairPanel{order: make([]int32, 2*taps)}
	return slices.Repeat([]pairPanel{empty}, len(blocks))
}

// padded reports whether a panel is zero where it has no filter or no channel.
func (p *pairPanel) padded(taps, depth, nr int, blk *convBlock) bool {
	w, order := p.w, p.order
	for range taps {
		for _, each := range []int{2, 1} { // matches, others
			n := int(order[0]) * each
			for _, c := range order[1:][:n] {
				one := lattice{positions: 1, depth: min(depth-int(c), pairKR), kr: pairKR}
				if !padded(bytesOf(w[:nr*pairKR]), &convBlock{cols: blk.cols, width: nr}, one) {
					return false
				}
				w = w[nr*pairKR:]
			}
			order = order[1+n:]
		}
	}
	return true
}

// cutPairs cuts panels out of what a pairMatcher made, if all that they read lies within the window.
func cutPairs(order []int32, all []int8, taps, groups, blocks, nr int) (panels []pairPanel, ok bool) {
	within := func(channels []int32) bool {
		return !slices.ContainsFunc(channels, func(c int32) bool { return c < 0 || c%pairKR != 0 || int(c) >= groups*pairKR })
	}
	for range blocks {
		at, entries := 0, 0
		for range taps {
			for _, each := range []int{2, 1} { // matches, others
				if at >= len(order) {
					return nil, false
				}
				n := int(order[at])
				at++
				if n < 0 || n > (len(order)-at)/each || !within(order[at:][:n*each]) {
					return nil, false
				}
				at += n * each
				entries += n * each
			}
		}
		if entries > len(all)/(nr*pairKR) {
			return nil, false
		}
		size := entries * nr * pairKR
		panels = append(panels, pairPanel{w: all[:size], order: order[:at]})
		all, order = all[size:], order[at:]
	}
	return panels, len(all) == 0 && len(order) == 0
}

// pairGroup is a group of four channels and 16 output channels.
type pairGroup struct {
	channel int32
	w       []int8
	sums    [8]uint64 // halves, rounded up, of the sums above and below zero of 32 pairs, a byte each: at most 64
	largest uint64
}

func newPairGroup(channel int, w []int8) pairGroup {
	g := pairGroup{channel: int32(channel), w: w}
	for i := range 32 {
		a, b := int(w[2*i]), int(w[2*i+1])
		above, below := uint64(max(a, 0)+max(b, 0)+1)/2, uint64(max(-a, 0)+max(-b, 0)+1)/2
		g.sums[i/8] |= above << (i % 8 * 8)
		g.sums[4+i/8] |= below << (i % 8 * 8)
		g.largest = max(g.largest, above, below)
	}
	return g
}

// matches reports whether the sums of both keep the bound.
func (g *pairGroup) matches(h *pairGroup) bool {
	const each = 0x0101010101010101
	for i := range g.sums {
		if (g.sums[i]+h.sums[i]+each*(127-pairMost/2))&(each*128) != 0 {
			return false
		}
	}
	return true
}

// pairMatcher makes panels, one after the other.
type pairMatcher struct {
	all   []int8
	order []int32

	found  []pairGroup // of a tap
	free   []*pairGroup
	others []pairGroup
	excess []int8
}

// add splits and matches the groups of a panel [taps][groups][16][4]; see pairPanel. Of taps after the first so many,
// groups that are zero are left out.
func (m *pairMatcher) add(panel []int8, taps, groups, first int) {
	const size = 16 * pairKR
	for t := range taps {
		m.found, m.others, m.excess = m.found[:0], m.others[:0], m.excess[:0]
		for g := range groups {
			w := panel[(t*groups+g)*size:][:size]
			if t >= first && zero(w) {
				continue
			}
			if e := m.split(w); e != nil {
				m.found = append(m.found, newPairGroup(g*pairKR, e))
			}
			m.found = append(m.found, newPairGroup(g*pairKR, w))
		}
		m.match()
	}
}

// match matches what was found of a tap: each group in turn, the largest first, takes the largest that it can, out of
// some.
func (m *pairMatcher) match() {
	m.free = m.free[:0]
	for i := range m.found {
		m.free = append(m.free, &m.found[i])
	}
	slices.SortStableFunc(m.free, func(a, b *pairGroup) int { return int(b.largest) - int(a.largest) })
	at := len(m.order)
	m.order = append(m.order, 0)
	for i, g := range m.free {
		if g.w == nil {
			continue
		}
		h := g.matchIn(m.free[i+1:])
		if h == nil {
			m.others = append(m.others, *g)
			continue
		}
		m.order[at]++
		m.order = append(m.order, g.channel, h.channel)
		m.all = append(append(m.all, g.w...), h.w...)
		h.w = nil
	}
	m.order = append(m.order, int32(len(m.others)))
	for _, g := range m.others {
		m.order = append(m.order, g.channel)
		m.all = append(m.all, g.w...)
	}
}

// matchIn returns the first that matches of those that are free.
func (g *pairGroup) matchIn(free []*pairGroup) *pairGroup {
	tries := 48
	for _, h := range free {
		if h.w != nil {
			if g.matches(h) {
				return h
			}
			if tries--; tries == 0 {
				break
			}
		}
	}
	return nil
}

// split makes the neighbours of a group keep the bound, and returns what was too much, if anything.
func (m *pairMatcher) split(group []int8) (excess []int8) {
	for i := 0; i < len(group); i += 2 {
		more := pairExcess(group[i], group[i+1])
		if more == 0 {
			continue
		}
		if excess == nil {
			n := len(m.excess)
			m.excess = slices.Grow(m.excess, len(group))[:n+len(group)]
			excess = m.excess[n:]
			clear(excess)
		}
		excess[i] = more
		group[i] -= more
	}
	return excess
}
