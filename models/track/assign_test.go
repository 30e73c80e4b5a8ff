package track

import (
	"math"
	"math/rand/v2"
	"testing"
)

// best tries all ways of pairing.
func best(gain [][]float64, row int, used uint) float64 {
	if row == len(gain) {
		return 0
	}
	most := best(gain, row+1, used)
	for c, g := range gain[row] {
		if g > 0 && used&(1<<c) == 0 {
			most = max(most, g+best(gain, row+1, used|1<<c))
		}
	}
	return most
}

// TestAssign: the sum of the gains is the largest of all ways, and pairs are one to one.
func TestAssign(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var a assigner
	for range 3000 {
		rows, cols := r.IntN(6), r.IntN(6)
		gain := make([][]float64, rows)
		a.reset(rows, cols)
		for i := range gain {
			gain[i] = make([]float64, cols)
			a.next()
			for j := range gain[i] {
				if gain[i][j] = r.Float64()*2 - 1; r.IntN(3) == 0 {
					gain[i][j] = float64(r.IntN(3)) / 2 // ties
				}
				a.set(j, gain[i][j])
			}
		}
		sum, used := 0.0, map[int]bool{}
		for i, c := range a.solve() {
			if c < 0 {
				continue
			}
			if used[c] || gain[i][c] <= 0 {
				t.Fatalf("%v: row %d has column %d", gain, i, c)
			}
			used[c] = true
			sum += gain[i][c]
		}
		if want := best(gain, 0, 0); math.Abs(sum-want) > 1e-12 {
			t.Fatalf("%v: %v gains %v, want %v", gain, a.pair, sum, want)
		}
	}
}

// TestAssignNotGreedy: the best pair alone is not the best for both.
func TestAssignNotGreedy(t *testing.T) {
	var a assigner
	a.reset(2, 2)
	a.next()
	a.set(0, 0.9)
	a.set(1, 0.8)
	a.next()
	a.set(0, 0.7)
	if p := a.solve(); p[0] != 1 || p[1] != 0 {
		t.Error(p)
	}
}
