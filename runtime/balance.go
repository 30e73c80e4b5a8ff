package runtime

import (
	"time"

	"github.com/gneiss-go/gneiss/kernels"
)

// Balance says how evenly a session's steps divide among its workers, and what that allows at most.
type Balance struct {
	Threads int           `json:"threads"`
	Speedup float64       `json:"speedup_bound"` // over one thread
	Steps   []StepBalance `json:"steps"`
}

// StepBalance is the division of one step.
type StepBalance struct {
	Units  int     `json:"units"`
	Uneven float64 `json:"uneven"` // the largest share over the mean share: 1 is perfect, Threads is one worker alone
}

// Balance bounds what the session's threads gain. cost(i) is the time of step i on one thread, and barrier the time
// that the end of a step costs with this many threads, both in one unit. A step lasts as long as the worker with the
// largest share, so
//
//	Speedup = Σ cost(i) / Σ (cost(i) · Uneven(i) / Threads + barrier)
//
// It is an upper bound for kernels limited by arithmetic: it takes units as equal and workers as equally fast, and
// knows nothing of memory that workers share or of a clock that falls when more cores are busy.
func (s *Session) Balance(cost func(step int) float64, barrier float64) Balance {
	return balance(s.tasks, s.plan.threads, cost, barrier)
}

func balance(tasks []kernels.Task, threads int, cost func(step int) float64, barrier float64) Balance {
	b := Balance{Threads: threads, Speedup: 1, Steps: make([]StepBalance, len(tasks))}
	var alone, together float64
	for i, task := range tasks {
		b.Steps[i] = StepBalance{Units: task.Units(), Uneven: uneven(task, threads)}
		alone += cost(i)
		together += cost(i)*b.Steps[i].Uneven/float64(threads) + barrier
	}
	if together > 0 {
		b.Speedup = alone / together
	}
	return b
}

// uneven returns the largest of n equal shares of a task over their mean; 1 if there is nothing to share.
func uneven(task kernels.Task, n int) float64 {
	units := task.Units()
	if units == 0 {
		return 1
	}
	most, equal := 0, newShares(n)
	for w := range n {
		lo, hi := equal.of(w, units)
		done := hi - lo
		if t, ok := task.(kernels.Coarse); ok {
			done = t.Done(lo, hi)
		}
		most = max(most, done)
	}
	return float64(most*n) / float64(units)
}

// MeasureBarrier returns what the end of a step costs a session of that many threads on this machine: the least time
// of a step without work over a few tries of a millisecond or so. With more threads than free processors it measures
// the scheduler. One thread has no barrier.
func MeasureBarrier(threads int) time.Duration {
	if threads < 2 {
		return 0
	}
	const tries, steps = 20, 1000
	ws := newWorkers(threads, []kernels.Task{noTask{}, noTask{}}, nil)
	defer ws.end()
	ws.wake()
	defer ws.sleep()
	least := time.Duration(-1)
	for range tries {
		start := time.Now()
		for i := range steps {
			ws.step(i & 1)
		}
		if d := time.Since(start) / steps; least < 0 || d < least {
			least = d
		}
	}
	return least
}

// noTask is a step without work: what is left of it is the barrier.
type noTask struct{}

func (noTask) Units() int                       { return 0 }
func (noTask) Run(int, int, int, *kernels.Stop) {}
