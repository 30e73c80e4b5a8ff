package runtime

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPlanMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	missed, worst := 0, 1.0
	const rounds = 400
	for range rounds {
		bufs := make([]buffer, 1+r.IntN(40))
		for i := range bufs {
			first := r.IntN(30)
			bufs[i] = buffer{size: 1 + r.IntN(1<<r.IntN(16)), first: first, last: first + r.IntN(5)}
		}
		offsets, total, _ := planMemory(never, bufs)
		if err := checkMemory(bufs, offsets, total); err != nil {
			t.Fatalf("%v\n%s", err, memoryTable(bufs, offsets))
		}
		bound := memoryBound(bufs)
		if total < bound {
			t.Fatalf("%d bytes, below the bound of %d", total, bound)
		}
		if total > bound {
			missed++
			worst = max(worst, float64(total)/float64(bound))
		}
	}
	t.Logf("bound missed in %d of %d, by up to %.1f %%", missed, rounds, 100*(worst-1))
	if worst > 1.25 {
		t.Errorf("a plan is %.2f times its bound", worst)
	}
}

func TestPlanMemoryIsDeterministic(t *testing.T) {
	bufs := []buffer{{100, 0, 2}, {100, 1, 3}, {50, 2, 4}, {70, 0, 0}, {300, 3, 5}}
	first, total, _ := planMemory(never, bufs)
	for range 10 {
		again, sum, _ := planMemory(never, bufs)
		if sum != total {
			t.Fatal("another size")
		}
		for i := range first {
			if first[i] != again[i] {
				t.Fatal("another place")
			}
		}
	}
}

func TestCheckMemory(t *testing.T) {
	bufs := []buffer{{64, 0, 1}, {64, 1, 2}, {64, 2, 3}}
	if err := checkMemory(bufs, []int{0, 64, 0}, 128); err != nil {
		t.Error(err)
	}
	for name, offsets := range map[string][]int{"overlap": {0, 0, 64}, "outside": {0, 64, 128}, "negative": {-64, 64, 0},
		"unaligned": {0, 64, 8}} {
		if checkMemory(bufs, offsets, 128) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestIndices: in order, equals as they were, of any number.
func TestIndices(t *testing.T) {
	for n := range 70 {
		key := func(i int) int { return i * 7919 % 13 }
		want := make([]int, n)
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int { return key(a) - key(b) })
		if got := indices(n, func(a, b int) int { return key(a) - key(b) }); !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}
