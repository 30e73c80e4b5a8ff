package runtime

import (
	"math/rand/v2"
	"testing"
)

func TestPeaks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		plain := make([]int, 1+r.IntN(40))
		p := newPeaks(len(plain))
		for range 60 {
			first := r.IntN(len(plain))
			last := first + r.IntN(len(plain)-first)
			if r.IntN(2) == 0 {
				to := r.IntN(1000)
				p.raise(first, last, to)
				for i := first; i <= last; i++ {
					plain[i] = max(plain[i], to)
				}
				continue
			}
			want := 0
			for i := first; i <= last; i++ {
				want = max(want, plain[i])
			}
			if got := p.highest(first, last); got != want {
				t.Fatalf("%d–%d: %d, want %d", first, last, got, want)
			}
		}
	}
}

// A conflict is found where comparing all pairs finds one.
func TestConflict(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hits := 0
	for range 3000 {
		all := make([]occupied, 1+r.IntN(9))
		for i := range all {
			lo, first := r.IntN(40)-20, r.IntN(40)-20
			all[i] = occupied{lo, lo + r.IntN(8), first, first + r.IntN(8)}
		}
		want := false
		for i := range all {
			for j := range i {
				want = want || all[i].meets(all[j])
			}
		}
		i, j, found := conflict(all)
		if found != want || found && (i >= j || !all[i].meets(all[j])) {
			t.Fatalf("%v: %d and %d, %v; want %v", all, i, j, found, want)
		}
		if found {
			hits++
		}
	}
	if hits < 300 || hits > 2700 {
		t.Errorf("%d conflicts in 3000", hits)
	}
	if i, j, found := conflict([]occupied{{0, 8, 1, 2}, {0, 8, 1, 2}}); i != 0 || j != 1 || !found {
		t.Error("two at the same place are accepted")
	}
}
