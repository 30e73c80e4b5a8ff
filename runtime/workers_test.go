package runtime

import (
	"fmt"
	"sync/atomic"
	"testing"

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
