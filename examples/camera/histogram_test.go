package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantile: within 1/16 of what sorting gives, over all sizes.
func TestQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 10, 100, 999, 5000} {
		var h, a, b histogram
		var all []time.Duration
		for i := range n {
			d := time.Duration(math.Exp(rng.Float64()*20)) * time.Microsecond // 1 µs to 8 minutes
			all = append(all, d)
			h.add(d)
			if i%3 == 0 {
				a.add(d)
			} else {
				b.add(d)
			}
		}
		slices.Sort(all)
		a.merge(&b)
		for _, p := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
			want := all[int(math.Ceil(p*float64(n)))-1]
			got := h.quantile(p)
			if math.Abs(float64(got-want)) > float64(want)/16 {
				t.Errorf("%d durations: p%v is %v, want %v", n, 100*p, got, want)
			}
			if a.quantile(p) != got {
				t.Errorf("%d durations: p%v is %v after a merge, want %v", n, 100*p, a.quantile(p), got)
			}
		}
	}
}

func TestBuckets(t *testing.T) {
	last := -1
	for us := uint64(0); us < 1<<38; us += 1 + us/100 {
		i := bucket(us)
		if i < last || i > last+1 {
			t.Fatalf("%d µs: bucket %d after %d", us, i, last)
		}
		last = i
	}
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for _, d := range []time.Duration{-1, 0, math.MaxInt64} {
		h.add(d)
	}
	if h.count != 3 || h.quantile(0.5) != 0 || h.quantile(1) < 100*time.Hour {
		t.Error(h.count, h.quantile(0.5), h.quantile(1))
	}
}
