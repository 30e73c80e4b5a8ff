package runtime

import (
	"math"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/kernels"
)

// The largest share over the mean, by hand: 7 units for 4 workers are 1, 2, 2, 2 of a mean of 7/4.
func TestUneven(t *testing.T) {
	for _, c := range []struct {
		units, workers int
		want           float64
	}{
		{0, 4, 1}, {1, 1, 1}, {5, 1, 1}, {1, 4, 4}, {2, 4, 2}, {4, 4, 1}, {7, 4, 8. / 7}, {9, 8, 16. / 9}, {16, 8, 1},
		{7, 2, 8. / 7},
	} {
		if got := uneven(make(countTask, c.units), c.workers); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d units, %d workers: %v, want %v", c.units, c.workers, got, c.want)
		}
	}
}

// Two steps by hand: 10 that divide, 6 that one worker does alone, and a barrier of 0.5 after each.
func TestBalance(t *testing.T) {
	costs := []float64{10, 6}
	cost := func(i int) float64 { return costs[i] }
	b := balance([]kernels.Task{make(countTask, 8), make(countTask, 1)}, 4, cost, 0.5)
	if want := 16 / (2.5 + 6 + 2*0.5); math.Abs(b.Speedup-want) > 1e-12 {
		t.Errorf("speed-up %v, want %v", b.Speedup, want)
	}
	if b.Threads != 4 || b.Steps[0] != (StepBalance{8, 1}) || b.Steps[1] != (StepBalance{1, 4}) {
		t.Errorf("%+v", b)
	}
	if b := balance([]kernels.Task{make(countTask, 8), make(countTask, 1)}, 1, cost, 0); b.Speedup != 1 {
		t.Errorf("one thread: speed-up %v", b.Speedup)
	}
	if b := balance(nil, 4, nil, 1); b.Speedup != 1 {
		t.Errorf("no steps: speed-up %v", b.Speedup)
	}
}

// A session's bound lies between doing all on one worker and dividing all evenly.
func TestSessionBalance(t *testing.T) {
	g := small(t)
	for _, threads := range []int{1, 2, 4, 8} {
		plan, err := Compile(g, WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		sess, err := plan.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		b := sess.Balance(func(int) float64 { return 1 }, 0)
		sess.Close()
		if len(b.Steps) != len(plan.Report().Steps) || b.Threads != threads || b.Speedup < 1 || b.Speedup > float64(threads) {
			t.Errorf("%d threads: %+v", threads, b)
		}
		for i, s := range b.Steps {
			if s.Units < 1 || s.Uneven < 1 || s.Uneven > float64(threads) {
				t.Errorf("%d threads, step %d: %+v", threads, i, s)
			}
		}
	}
}

func TestMeasureBarrier(t *testing.T) {
	if d := MeasureBarrier(1); d != 0 {
		t.Errorf("one thread: %v", d)
	}
	if d := MeasureBarrier(2); d <= 0 || d > 10*time.Millisecond {
		t.Errorf("two threads: %v", d)
	}
}
