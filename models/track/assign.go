package track

import (
	"math"
	"slices"
)

// assigner pairs rows with columns so that the sum of the pairs' gains is the largest, by the Hungarian method (Kuhn
// 1955, Munkres 1957; here with potentials and shortest augmenting paths, as Jonker and Volgenant 1987): each row
// is added in turn along the cheapest path. Of equal choices it takes the first. It only adds and compares,
// so that the pairs are the same on every machine.
//
// Greedy pairing, best first, is faster and wrong where it matters: of two people who cross, each in reach of both
// boxes, it may give one the other's box and leave the second with none.
//
// A row may also stay alone: that is a column of its own, which gains nothing. What is no pair is no way either, so
// that a row's search ends at those that compete with it, however many there are elsewhere.
type assigner struct {
	first     []int // of a row's ways; rows count from 1
	ways      []way // of the rows in turn
	cols      int
	row, col  []float64 // potentials
	least     []float64 // cost of the cheapest path to a column, less potentials
	from      []int     // the column before it on that path
	owner     []int     // the row of a column, 0 none; columns count from 1, 0 is where a search starts
	reached   []bool    //
	met, done []int     // columns that the search has met, and has reached
	pair      []int     // the column of a row; -1 none
}

// way is a pair that a row may make.
type way struct {
	col  int
	cost float64
}

// reset makes room for so many rows and columns, of which no two are a pair.
func (a *assigner) reset(rows, cols int) {
	a.cols = cols
	a.ways = a.ways[:0]
	a.first = append(a.first[:0], 0)
	a.pair, a.row = sized(a.pair, rows), sized(a.row, rows+1)
	n := 1 + cols + rows
	a.col, a.least, a.from, a.owner, a.reached = sized(a.col, n), sized(a.least, n), sized(a.from, n), sized(a.owner, n),
		sized(a.reached, n)
	for c := range a.least {
		a.least[c] = math.Inf(1)
	}
}

// sized returns n zeros, in s if they fit.
func sized[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// next begins a row, the first one or the one after the last.
func (a *assigner) next() { a.first = append(a.first, len(a.ways)) }

// set gives what the pair of the current row and a column gains; what is not above 0 is no pair.
func (a *assigner) set(col int, gain float64) {
	if gain > 0 {
		a.ways = append(a.ways, way{col + 1, -gain})
	}
}

// solve returns the column of each row, or -1.
func (a *assigner) solve() []int {
	a.next() // the end of the last row
	for r := 1; r <= len(a.pair); r++ {
		a.add(r)
	}
	for i := range a.pair {
		a.pair[i] = -1
	}
	for c := 1; c <= a.cols; c++ {
		if r := a.owner[c]; r > 0 {
			a.pair[r-1] = c - 1
		}
	}
	return a.pair
}

// add gives row a column, and others another one where that is better for all.
func (a *assigner) add(row int) {
	a.met, a.done = a.met[:0], a.done[:0]
	a.owner[0] = row
	at := 0
	for {
		a.reached[at], a.done = true, append(a.done, at)
		if a.owner[at] == 0 {
			break
		}
		r := a.owner[at]
		for _, w := range a.ways[a.first[r]:a.first[r+1]] {
			a.meet(r, w.col, w.cost, at)
		}
		a.meet(r, a.cols+r, 0, at)
		next, step := 0, math.Inf(1)
		for _, c := range a.met {
			if d := a.least[c]; !a.reached[c] && (d < step || d == step && c < next) {
				next, step = c, d
			}
		}
		for _, c := range a.done {
			a.row[a.owner[c]] += step
			a.col[c] -= step
		}
		for _, c := range a.met {
			if !a.reached[c] {
				a.least[c] -= step
			}
		}
		at = next
	}
	for at != 0 {
		before := a.from[at]
		a.owner[at] = a.owner[before]
		at = before
	}
	for _, c := range a.met {
		a.least[c], a.reached[c] = math.Inf(1), false
	}
	a.reached[0], a.col[0] = false, 0
}

// meet notes that column c can be reached by row r, which owns the column at.
func (a *assigner) meet(r, c int, cost float64, at int) {
	if a.reached[c] {
		return
	}
	d := cost - a.row[r] - a.col[c]
	if math.IsInf(a.least[c], 1) {
		a.met = append(a.met, c)
	}
	if d < a.least[c] {
		a.least[c], a.from[c] = d, at
	}
}
