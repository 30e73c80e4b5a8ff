package main

import (
	"math"
	"strings"
	"testing"
)

// The bounds are there for each number of threads, never more than it, and agree with the times they were made of.
func TestProfileScaling(t *testing.T) {
	var p profile
	mustJSON(t, &p, "profile", "--json", "--scaling", "--runs", "2", "--warmup", "1")
	if len(p.Scaling) != len(scalingThreads) {
		t.Fatalf("%d rows, want %d", len(p.Scaling), len(scalingThreads))
	}
	total := 0.0
	for _, s := range p.Steps {
		total += s.Ms
	}
	for i, s := range p.Scaling {
		if s.Threads != scalingThreads[i] || s.Speedup <= 0 || s.Speedup > float64(s.Threads)+1e-9 ||
			len(s.Steps) != len(p.Steps) {
			t.Errorf("%d threads: speed-up %v, %d steps", s.Threads, s.Speedup, len(s.Steps))
		}
		if math.Abs(s.Ms*s.Speedup-total) > 1e-6*total {
			t.Errorf("%d threads: %v ms × %v, want %v ms", s.Threads, s.Ms, s.Speedup, total)
		}
	}
	if p.Scaling[0].Speedup != 1 || p.Scaling[0].BarrierUs != 0 {
		t.Errorf("one thread: %+v", p.Scaling[0])
	}
	if out := must(t, "profile", "--scaling", "--runs", "1", "--top", "3"); !strings.Contains(out, "speed-up at most") ||
		!strings.Contains(out, "uneven on 8 threads") {
		t.Errorf("%s", out)
	}
	if code, _, stderr := try(nil, "profile", "--scaling", "--threads", "2"); code != exitUsage ||
		!strings.Contains(stderr, "--scaling") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
