package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMatchPairs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	const taps, nr = 3, 16
	matches, others := 0, 0
	for round := range 100 {
		groups := 1 + round%9
		panel := make([]int8, taps*groups*nr*4)
		for i := range panel {
			panel[i] = int8(rnd.IntN(255) - 127)
			if round%2 == 0 {
				panel[i] = int8(max(-127, min(127, 20*rnd.NormFloat64())))
			}
		}
		want := map[[3]int]int{} // by tap, channel and output
		for i, w := range panel {
			want[[3]int{i / (groups * nr * 4), i/(nr*4)%groups*4 + i%4, i / 4 % nr}] = int(w)
		}
		var m pairMatcher
		m.add(panel, taps, groups, taps)
		all, order := m.all, m.order
		panels, ok := cutPairs(order, all, taps, groups, 1, nr)
		if !ok {
			t.Fatal("not what cutPairs takes")
		}
		w, at := panels[0].w, panels[0].order
		got := map[[3]int]int{}
		for tap := range taps {
			for each := 2; each > 0; each-- {
				n := int(at[0])
				at = at[1:]
				if round%2 == 0 && each == 2 {
					matches += n
				} else if round%2 == 0 {
					others += n
				}
				for range n {
					for pair := range 2 * nr { // neighbours, and those of the match
						above, below := 0, 0
						for e := range each {
							for i := 2 * pair; i < 2*pair+2; i++ {
								v := int(w[e*nr*4+i])
								above, below = above+max(v, 0), below-min(v, 0)
								got[[3]int{tap, int(at[e]) + i%4, i / 4}] += v
							}
						}
						if above > pairMost || below > pairMost {
							t.Fatalf("a sum of %d to %d", -below, above)
						}
					}
					w, at = w[each*nr*4:], at[each:]
				}
			}
		}
		for k, v := range want {
			if got[k] != v {
				t.Fatalf("weight %v is %d, want %d", k, got[k], v)
			}
		}
		for i, bad := range []func(order []int32){
			func(o []int32) { o[0] = -1 }, func(o []int32) { o[0]++ }, func(o []int32) { o[0] = math.MaxInt32 },
			func(o []int32) { o[1] = int32(4 * groups) },
			func(o []int32) { o[1] = 2 }, func(o []int32) { o[len(o)-1] = -4 },
		} {
			o := slices.Clone(order)
			if bad(o); slices.Equal(o, order) {
				continue
			}
			if _, ok := cutPairs(o, all, taps, groups, 1, nr); ok {
				t.Errorf("damage %d: taken", i)
			}
		}
		if _, ok := cutPairs(order, all[:len(all)-1], taps, groups, 1, nr); ok {
			t.Error("weights too short: taken")
		}
	}
	if matches < others {
		t.Errorf("%d matches, %d other groups", matches, others)
	}
}
