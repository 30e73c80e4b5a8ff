package runtime

import (
	"fmt"
	"slices"
	"strings"
)

// buffer is memory wanted for a time: size bytes from step first to step last, both included.
type buffer struct {
	size        int
	first, last int
}

func (b buffer) overlaps(c buffer) bool { return b.first <= c.last && c.first <= b.last }

// align is the alignment of every buffer: a cache line, and a vector of the widest kernels.
const align = 64

func alignUp(n int) int { return (n + align - 1) &^ (align - 1) }

// planMemory places buffers so that those alive at the same time do not overlap, and returns their offsets and the
// size of the whole. It is a pure function of sizes and lifetimes. Buffers are taken largest first and put into the
// lowest gap that holds them (greedy by size, Pisarchyk & Lee, arXiv 2001.03288); where that misses the lower bound a
// bounded, deterministic search over other orders follows.
func planMemory(buffers []buffer) (offsets []int, total int) {
	order := make([]int, len(buffers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return buffers[b].size - buffers[a].size })
	bound := memoryBound(buffers)
	best, bestTotal := place(buffers, order)
	// Move whatever tops the arena to the front of the order, again and again.
	tried := slices.Clone(order)
	for round := 0; round < 4*len(buffers) && bestTotal > bound; round++ {
		offs, tot := place(buffers, tried)
		if tot < bestTotal {
			best, bestTotal = offs, tot
		}
		top := slices.IndexFunc(tried, func(i int) bool { return offs[i]+alignUp(buffers[i].size) == tot })
		if top <= 0 {
			// Already first: vary by swapping two neighbours instead.
			top = 1 + round%max(len(tried)-1, 1)
			if top >= len(tried) {
				break
			}
		}
		i := tried[top]
		copy(tried[1:top+1], tried[:top])
		tried[0] = i
	}
	return best, bestTotal
}

// place puts buffers, in the given order, each into the lowest gap that is free for its whole life.
func place(buffers []buffer, order []int) (offsets []int, total int) {
	offsets = make([]int, len(buffers))
	var placed []int // by offset
	for _, i := range order {
		b, at := buffers[i], 0
		for _, j := range placed {
			if !b.overlaps(buffers[j]) {
				continue
			}
			if at+alignUp(b.size) <= offsets[j] {
				break
			}
			at = max(at, offsets[j]+alignUp(buffers[j].size))
		}
		offsets[i] = at
		total = max(total, at+alignUp(b.size))
		where, _ := slices.BinarySearchFunc(placed, at, func(j, at int) int { return offsets[j] - at })
		placed = slices.Insert(placed, where, i)
	}
	return offsets, total
}

// memoryBound is the most bytes alive at any step: no plan is smaller.
func memoryBound(buffers []buffer) int {
	bound := 0
	for _, b := range buffers { // the maximum is reached when some buffer begins
		live := 0
		for _, c := range buffers {
			if c.first <= b.first && b.first <= c.last {
				live += alignUp(c.size)
			}
		}
		bound = max(bound, live)
	}
	return bound
}

// checkMemory returns an error if two buffers that are alive together overlap or one leaves the arena.
func checkMemory(buffers []buffer, offsets []int, total int) error {
	for i, b := range buffers {
		if offsets[i] < 0 || offsets[i]%align != 0 || b.size < 0 || offsets[i] > total-b.size {
			return fmt.Errorf("buffer %d at [%d, %d) leaves the arena of %d bytes", i, offsets[i], offsets[i]+b.size, total)
		}
		for j := range i {
			c := buffers[j]
			if b.overlaps(c) && offsets[i] < offsets[j]+c.size && offsets[j] < offsets[i]+b.size {
				return fmt.Errorf("buffers %d and %d overlap", j, i)
			}
		}
	}
	return nil
}

// memoryTable prints a plan, a line a buffer.
func memoryTable(buffers []buffer, offsets []int) string {
	var b strings.Builder
	for i, buf := range buffers {
		fmt.Fprintf(&b, "buffer %3d  steps %3d–%3d  bytes [%9d, %9d)\n", i, buf.first, buf.last, offsets[i], offsets[i]+buf.size)
	}
	return b.String()
}
