package runtime

import (
	goruntime "runtime"
	"sync/atomic"
	"time"

	"github.com/gneiss-go/gneiss/kernels"
)

// workers are a session's. Between runs they sleep on a channel, after a short while. During a run they follow the
// caller from step to step through one counter, which costs far less than a wake-up: they look at it for a while, then
// give up their processor between looks (pause).
//
// Each step's units are divided anew, by the speed of each worker so far (shares). No unit's value depends on who does
// it, and so the result is the same however they are divided.
type workers struct {
	n       int
	tasks   []kernels.Task
	stop    *kernels.Stop   // has tasks leave off
	start   []chan struct{} // one for each worker but the caller; closed to end it
	shares  shares          // written by the caller between steps
	reports []report        // one for each worker
	epoch   time.Time       // times are read as time since then, which takes half as long as the time of day

	// Each counter has cache lines of its own: the caller waits at one while workers wait at the other.
	_      [counterPad]byte
	ticket atomic.Int64 // steps published in this run, or over
	_      [counterPad - 8]byte
}

// report is what a worker has to say of a step.
type report struct {
	done atomic.Int64  // the ticket of the last step it finished
	took time.Duration // for its share of that step
	_    [counterPad - 16]byte
}

// counterPad keeps two counters apart: two cache lines, since some processors fetch them in pairs.
const counterPad = 128

const over = int64(1) << 40 // a ticket that ends the run

func newWorkers(n int, tasks []kernels.Task, stop *kernels.Stop) *workers {
	ws := &workers{n: n, tasks: tasks, stop: stop, start: make([]chan struct{}, n), shares: newShares(n),
		reports: make([]report, n), epoch: time.Now()}
	for w := 1; w < n; w++ {
		ws.start[w] = make(chan struct{}, 1)
		go ws.work(w, ws.start[w])
	}
	return ws
}

// wake begins a run.
func (ws *workers) wake() {
	ws.ticket.Store(0)
	for w := 1; w < ws.n; w++ {
		ws.reports[w].done.Store(0)
		ws.start[w] <- struct{}{}
	}
}

// step runs one task on all workers and returns when it is done. Tickets carry the step's index, so that steps may be
// skipped but never mistaken.
func (ws *workers) step(i int) {
	task := ws.tasks[i]
	ws.ticket.Store(int64(i) + 1)
	ws.share(task, 0)
	ws.await(int64(i) + 1)
	if !ws.stop.Asked() { // else some did less than their share
		ws.shares.learn(task.Units(), ws.reports)
	}
}

// sleep ends a run: when it returns every worker has seen the end.
func (ws *workers) sleep() {
	ws.ticket.Store(over)
	ws.await(over)
}

// await waits until every worker has finished with a ticket.
func (ws *workers) await(ticket int64) {
	for w := 1; w < ws.n; w++ {
		for spins := 0; ws.reports[w].done.Load() != ticket; spins++ {
			pause(spins)
		}
	}
}

// lifetime is collected when its session is, if that was not closed. It has a finalizer, not a clean-up: programs link
// those anyway, and the methods of all that is within what either is of. Here there are none.
type lifetime struct{ start []chan struct{} }

// lifetime has the workers end when what it returns is collected. They know the tasks, and so the arena, but neither
// that nor the session.
func (ws *workers) lifetime() *lifetime {
	l := &lifetime{ws.start}
	goruntime.SetFinalizer(l, func(l *lifetime) { endAll(l.start) })
	return l
}

// end ends the workers now.
func (l *lifetime) end() {
	goruntime.SetFinalizer(l, nil)
	endAll(l.start)
}

// end ends the workers for good. It is called once.
func (ws *workers) end() { endAll(ws.start) }

// endAll closes the channels of all workers but the caller, who has none.
func endAll(start []chan struct{}) {
	for _, c := range start[1:] {
		close(c)
	}
}

func (ws *workers) work(w int, start <-chan struct{}) {
	for awaitStart(start) {
		for seen := int64(0); seen != over; {
			t := ws.ticket.Load()
			for spins := 0; t == seen; spins++ {
				pause(spins)
				t = ws.ticket.Load()
			}
			seen = t
			if t != over {
				ws.share(ws.tasks[t-1], w)
			}
			ws.reports[w].done.Store(t)
		}
	}
}

// awaitStart waits for the next run, and reports false if there will be none. It looks for a while before it sleeps:
// where frames follow one another, a worker needs no wake-up, and stays on the processor that the system has found for
// it.
func awaitStart(start <-chan struct{}) bool {
	for spins := range busyLooks + yieldLooks {
		select {
		case _, more := <-start:
			return more
		default:
			pause(spins)
		}
	}
	_, more := <-start
	return more
}

func (ws *workers) share(task kernels.Task, w int) {
	if lo, hi := ws.shares.of(w, task.Units()); lo < hi {
		start := time.Since(ws.epoch)
		task.Run(w, lo, hi, ws.stop)
		ws.reports[w].took = time.Since(ws.epoch) - start
	}
}

// How a wait goes on, in looks at the counter.
const (
	busyLooks  = 200  // about 100 ns: the other workers are about to be done
	yieldLooks = 2000 // a few hundred µs more: they have the larger share
)

// pause waits a little between two looks: busily at first, since a step's end is near, then leaving the processor to
// other goroutines, one of which may be the worker waited for. After that the worker's thread waits for a processor
// that another process has: an idle one of ours takes it over, so this one goes idle. Sleeping allocates nothing but
// a goroutine's first timer.
func pause(spins int) {
	switch {
	case spins < busyLooks:
	case spins < busyLooks+yieldLooks:
		goruntime.Gosched()
	default:
		time.Sleep(20 * time.Microsecond)
	}
}
