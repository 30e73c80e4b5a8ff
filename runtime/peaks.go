package runtime

import (
	"cmp"
	"slices"
)

// peaks is a row of places, each with the highest number that was put on it: 0 at first. Both calls take the logarithm
// of the row's length.
type peaks struct {
	places int
	all    []int // of a node of a binary tree: what was put on all of its places
	most   []int // of a node: the highest of any of its places
}

func newPeaks(places int) *peaks {
	n := 1
	for n < places {
		n *= 2
	}
	return &peaks{places: n, all: make([]int, 2*n), most: make([]int, 2*n)}
}

// raise puts a number on the places from first to last, both included.
func (p *peaks) raise(first, last, to int) { p.raiseIn(1, 0, p.places-1, first, last, to) }

func (p *peaks) raiseIn(node, lo, hi, first, last, to int) {
	p.most[node] = max(p.most[node], to)
	if first <= lo && hi <= last {
		p.all[node] = max(p.all[node], to)
		return
	}
	mid := (lo + hi) / 2
	if first <= mid {
		p.raiseIn(2*node, lo, mid, first, last, to)
	}
	if last > mid {
		p.raiseIn(2*node+1, mid+1, hi, first, last, to)
	}
}

// highest is the highest number on the places from first to last.
func (p *peaks) highest(first, last int) int { return p.highestIn(1, 0, p.places-1, first, last) }

func (p *peaks) highestIn(node, lo, hi, first, last int) int {
	if first <= lo && hi <= last {
		return p.most[node]
	}
	h, mid := p.all[node], (lo+hi)/2
	if first <= mid {
		h = max(h, p.highestIn(2*node, lo, mid, first, last))
	}
	if last > mid {
		h = max(h, p.highestIn(2*node+1, mid+1, hi, first, last))
	}
	return h
}

// occupied is memory at lo ≤ address < hi, in use from step first to step last.
type occupied struct{ lo, hi, first, last int }

func (a occupied) meets(b occupied) bool {
	return a.lo < b.hi && b.lo < a.hi && a.first <= b.last && b.first <= a.last
}

// conflict returns two that are in use at the same time and have memory in common. It takes them in the order of their
// addresses: one that begins below the end of an earlier one meets it, if both are in use in some step.
func conflict(all []occupied) (i, j int, found bool) {
	if len(all) < 2 {
		return 0, 0, false
	}
	times := make([]int, 0, 2*len(all))
	for _, o := range all {
		times = append(times, o.first, o.last)
	}
	slices.Sort(times)
	times = slices.Compact(times)
	order := indices(len(all), func(i, j int) int {
		return cmp.Or(cmp.Compare(all[i].lo, all[j].lo), cmp.Compare(all[i].hi, all[j].hi))
	})
	ends := newPeaks(len(times))
	base := all[order[0]].lo // peaks are not negative
	for _, i := range order {
		o := all[i]
		first, _ := slices.BinarySearch(times, o.first)
		last, _ := slices.BinarySearch(times, o.last)
		if ends.highest(first, last) > o.lo-base {
			for j, c := range all {
				if j != i && c.meets(o) {
					return min(i, j), max(i, j), true
				}
			}
		}
		ends.raise(first, last, o.hi-base)
	}
	return 0, 0, false
}
