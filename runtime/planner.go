package runtime

import (
	"fmt"
	"math"
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

// checkSizes returns an error if the buffers together are more than an int can count.
func checkSizes(buffers []buffer) error {
	sum := 0
	for i, b := range buffers {
		if b.size < 0 || b.size > math.MaxInt-align-sum {
			return fmt.Errorf("memory of %d buffers: %w", i+1, ErrLimit)
		}
		sum += alignUp(b.size)
	}
	return nil
}

// planMemory places buffers so that those alive at the same time do not overlap, and returns their offsets and the
// size of the whole. It is a pure function of sizes and lifetimes. Buffers are taken largest first and put into the
// lowest gap that holds them (greedy by size, Pisarchyk & Lee, arXiv 2001.03288); where that misses the lower bound a
// bounded, deterministic search over other orders follows. The error is that of ended.
func planMemory(ended func() error, buffers []buffer) (offsets []int, total int, err error) {
	order := indices(len(buffers), func(a, b int) int { return buffers[b].size - buffers[a].size })
	bound := memoryBound(buffers)
	best, bestTotal := place(buffers, order)
	// Move whatever tops the arena to the front of the order, again and again.
	tried := slices.Clone(order)
	rounds := min(4*len(buffers), searchBudget/max(len(buffers)*len(buffers), 1))
	for round := 0; round < rounds && bestTotal > bound; round++ {
		if err := ended(); err != nil {
			return nil, 0, err
		}
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
	return best, bestTotal, nil
}

// searchBudget bounds the search, in pairs of buffers looked at: a second or so.
const searchBudget = 1 << 29

// placeBudget bounds the pairs of buffers that place looks at: those of eleven thousand that are all alive together.
const placeBudget = 1 << 26

// place puts buffers, in the given order, each into the lowest gap that is free for its whole life. What is left when
// it has looked at more than placeBudget pairs is put on top of all that is there in its life, whatever gaps that
// leaves.
func place(buffers []buffer, order []int) (offsets []int, total int) {
	offsets = make([]int, len(buffers))
	var placed []int // by offset
	work := 0
	for n, i := range order {
		if work > placeBudget {
			return offsets, stack(buffers, offsets, order, n)
		}
		b, at := buffers[i], 0
		for _, j := range placed {
			work++
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
		placed = append(placed, i)
		copy(placed[where+1:], placed[where:])
		placed[where] = i
	}
	return offsets, total
}

// stack puts buffers on top of what is there in their lives, once the first n of the order have their places.
func stack(buffers []buffer, offsets, order []int, n int) (total int) {
	steps := 0
	for _, b := range buffers {
		steps = max(steps, b.last+1)
	}
	tops := newPeaks(steps)
	for k, i := range order {
		b := buffers[i]
		if k >= n {
			offsets[i] = tops.highest(b.first, b.last)
		}
		top := offsets[i] + alignUp(b.size)
		tops.raise(b.first, b.last, top)
		total = max(total, top)
	}
	return total
}

// indices returns 0…n−1 in an order, the lower one first among equals: runs are merged, each twice as long as before.
// Programs link a sort for each type that is sorted by a function; this one is small.
func indices(n int, compare func(a, b int) int) []int {
	order, next := make([]int, n), make([]int, n)
	for i := range order {
		order[i] = i
	}
	for run := 1; run < n; run *= 2 {
		for at := 0; at < n; {
			a, b := order[at:min(at+run, n)], order[min(at+run, n):min(at+2*run, n)]
			for len(a)+len(b) > 0 {
				from := &a
				if len(a) == 0 || len(b) > 0 && compare(a[0], b[0]) > 0 {
					from = &b
				}
				next[at] = (*from)[0]
				*from = (*from)[1:]
				at++
			}
		}
		order, next = next, order
	}
	return order
}

// memoryBound is the most bytes alive at any step: no plan is smaller.
func memoryBound(buffers []buffer) int {
	begin := indices(len(buffers), func(a, b int) int { return buffers[a].first - buffers[b].first })
	end := indices(len(buffers), func(a, b int) int { return buffers[a].last - buffers[b].last })
	bound, live := 0, 0
	for _, i := range begin { // the maximum is reached when some buffer begins
		b := &buffers[i]
		for buffers[end[0]].last < b.first { // never the last one: b itself has not ended
			live -= alignUp(buffers[end[0]].size)
			end = end[1:]
		}
		live += alignUp(b.size)
		bound = max(bound, live)
	}
	return bound
}

// checkMemory returns an error if two buffers that are alive together overlap or one leaves the arena.
func checkMemory(buffers []buffer, offsets []int, total int) error {
	all := make([]occupied, len(buffers))
	for i, b := range buffers {
		if offsets[i] < 0 || offsets[i]%align != 0 || b.size < 0 || offsets[i] > total-b.size {
			return fmt.Errorf("buffer %d at [%d, %d) leaves the arena of %d bytes", i, offsets[i], offsets[i]+b.size, total)
		}
		if b.first > b.last {
			return fmt.Errorf("buffer %d is there in steps %d–%d", i, b.first, b.last)
		}
		all[i] = occupied{offsets[i], offsets[i] + b.size, b.first, b.last}
	}
	if i, j, found := conflict(all); found {
		return fmt.Errorf("buffers %d and %d overlap", i, j)
	}
	return nil
}

// memoryTable prints a plan, a line a buffer.
func memoryTable(buffers []buffer, offsets []int) string {
	var b strings.Builder
	for i, buf := range buffers {
		fmt.Fprintf(&b, "buffer %3d  steps %3d–%3d  bytes [%9d, %9d)\n", i, buf.first, buf.last, offsets[i],
			offsets[i]+buf.size)
	}
	return b.String()
}
