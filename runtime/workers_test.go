package runtime

import (
	"fmt"
	goruntime "runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/kernels"
)

// BenchmarkBarrier times a step without work: publishing it, and waiting until every worker has been through it.
func BenchmarkBarrier(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			ws := newWorkers(n, []kernels.Task{noTask{}, noTask{}}, nil)
			defer ws.end()
			ws.wake()
			for i := 0; b.Loop(); i++ {
				ws.step(i & 1)
			}
			ws.sleep()
		})
	}
}

// BenchmarkWake times a run without steps: waking every worker and seeing it go back to sleep.
func BenchmarkWake(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			ws := newWorkers(n, nil, nil)
			defer ws.end()
			for b.Loop() {
				ws.wake()
				ws.sleep()
			}
		})
	}
}

// busyTask has units that take about half a microsecond each.
type busyTask struct{}

func (busyTask) Units() int { return 64 }
func (busyTask) Run(_, lo, hi int, _ *kernels.Stop) {
	for end := time.Now().Add(time.Duration(hi-lo) * time.Microsecond / 2); time.Now().Before(end); {
	}
}

// BenchmarkAfterPause times runs of 64 steps, 2 ms by one worker, each after a pause: the median and the slowest tenth.
func BenchmarkAfterPause(b *testing.B) {
	for _, n := range []int{1, 2} {
		for _, pause := range []time.Duration{0, 30 * time.Millisecond} {
			b.Run(fmt.Sprintf("workers=%d/pause=%v", n, pause), func(b *testing.B) {
				ws := newWorkers(n, slices.Repeat([]kernels.Task{busyTask{}}, 64), nil)
				defer ws.end()
				var took []time.Duration
				for b.Loop() {
					time.Sleep(pause)
					start := time.Now()
					ws.wake()
					for i := range ws.tasks {
						ws.step(i)
					}
					ws.sleep()
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(0, "ns/op") // pauses and all
				b.ReportMetric(took[len(took)/2].Seconds()*1e3, "ms/median")
				b.ReportMetric(took[len(took)*9/10].Seconds()*1e3, "ms/p90")
			})
		}
	}
}

// countTask counts how often each unit was done.
type countTask []atomic.Int32

func (t countTask) Units() int { return len(t) }
func (t countTask) Run(_, lo, hi int, _ *kernels.Stop) {
	for i := lo; i < hi; i++ {
		t[i].Add(1)
	}
}

// Every unit of every step is done once in a run, whether there are fewer units than workers or more, and whether
// there are more workers than processors.
func TestWorkersDoEachUnitOnce(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7} {
		counts := []countTask{make(countTask, 1), make(countTask, 0), make(countTask, 3), make(countTask, 64),
			make(countTask, 101)}
		tasks := make([]kernels.Task, len(counts))
		for i := range counts {
			tasks[i] = counts[i]
		}
		ws := newWorkers(n, tasks, nil)
		const runs = 50
		for range runs {
			ws.wake()
			for i := range tasks {
				ws.step(i)
			}
			ws.sleep()
		}
		ws.end()
		for i, c := range counts {
			for u := range c {
				if got := c[u].Load(); got != runs {
					t.Errorf("%d workers, step %d: unit %d of %d was done %d times in %d runs", n, i, u, len(c), got, runs)
				}
			}
		}
	}
}

// A run may end before its last step, as one does whose context ends; the next is whole again.
func TestWorkersSkipSteps(t *testing.T) {
	first, last := make(countTask, 8), make(countTask, 8)
	ws := newWorkers(3, []kernels.Task{first, last}, nil)
	defer ws.end()
	for i := range 20 {
		ws.wake()
		ws.step(0)
		if i%2 == 0 {
			ws.step(1)
		}
		ws.sleep()
	}
	for u := range first {
		if a, b := first[u].Load(), last[u].Load(); a != 20 || b != 10 {
			t.Errorf("unit %d: done %d and %d times, want 20 and 10", u, a, b)
		}
	}
}

// byTask notes who does its units.
type byTask struct{ by []atomic.Int32 }

func (t byTask) Units() int                         { return 64 }
func (t byTask) Run(w, lo, hi int, _ *kernels.Stop) { t.by[w].Add(int32(hi - lo)) }

// runOf has a new worker beside the caller do two steps, and returns how many of 128 units it did.
func runOf(t *testing.T, ws *workers, task byTask) (others int32) {
	t.Helper()
	before := [2]int32{task.by[0].Load(), task.by[1].Load()}
	ws.wake()
	ws.step(0)
	ws.step(1)
	ws.sleep()
	own, others := task.by[0].Load()-before[0], task.by[1].Load()-before[1]
	if own+others != 2*64 {
		t.Fatalf("%d units done by the caller and %d by the worker, want 128 together", own, others)
	}
	return others
}

// The caller does not wait for a worker that does not come: with one processor, which the caller has, it does all of
// the run.
func TestWorkersDoNotWait(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	task := byTask{make([]atomic.Int32, 2)}
	ws := newWorkers(2, []kernels.Task{task, task}, nil)
	defer ws.end()
	for range 100 {
		for ws.reports[1].place.Load() != away {
			time.Sleep(time.Millisecond)
		}
		if runOf(t, ws, task) == 0 {
			return
		}
	}
	t.Error("the caller has never done a run alone")
}

// A worker takes part in runs that follow one another.
func TestWorkersComeBack(t *testing.T) {
	if goruntime.GOMAXPROCS(0) < 2 {
		t.Skip("NOT TESTED: runs of two workers; there is one processor")
	}
	task := byTask{make([]atomic.Int32, 2)}
	ws := newWorkers(2, []kernels.Task{task, task}, nil)
	defer ws.end()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if runOf(t, ws, task) > 0 {
			return
		}
	}
	t.Error("the worker has never come")
}
