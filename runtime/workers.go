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
// A sleeper takes long to come where its processor has to be woken too, or has other work: some 50 µs, and often
// milliseconds on a virtual machine. The caller does not wait for it. It takes those into the run that are there, and
// the others before a later step; alone, it does a step in pieces, and shares the rest as soon as somebody comes. Who
// is on the caller's own processor is not there: it moves to another first.
//
// Each step's units are divided anew, by the speed of each worker so far (shares). No unit's value depends on who does
// it, and so the result is the same however they are divided.
type workers struct {
	n       int
	tasks   []kernels.Task
	stop    *kernels.Stop   // has tasks leave off
	start   []chan struct{} // one for each worker but the caller; closed to end it
	shares  shares          // written by the caller between steps, as first is
	first   int             // the unit from which on a step is divided
	reports []report        // one for each worker
	asks    bool            // where threads are
	caller  atomic.Int32    // the processor that the caller was on when it looked for workers last
	crowded int             // runs during which that is not told
	epoch   time.Time       // times are read as time since then, which takes half as long as the time of day

	// Each counter has cache lines of its own: the caller waits at one while workers wait at the other.
	_      [counterPad]byte
	ticket atomic.Int64 // of the step published last in this run, or over
	_      [counterPad - 8]byte
}

// report is what a worker has to say.
type report struct {
	done  atomic.Int64  // the ticket of the last step it finished
	took  time.Duration // for its share of that step
	place atomic.Int32  // away, ready or inside
	at    atomic.Int32  // the processor that it is on, after it was woken and until it has moved often enough
	seen  int64         // the ticket that was published when it was taken into the run
	_     [counterPad - 40]byte
}

// A worker's place. It goes from away to ready and back by itself; the caller takes it inside, and the end of the run
// makes it ready for the next.
const (
	away   = iota // asleep, or about to be: something on its channel wakes it
	ready         // looks whether it is taken
	inside        // takes part in the run
)

// nowhere is the processor of a thread that is not asked. It is never the same as another's.
const nowhere int32 = -1

// counterPad keeps two counters apart: two cache lines, since some processors fetch them in pairs.
const counterPad = 128

const over = int64(1) << 40 // a ticket that ends the run

func newWorkers(n int, tasks []kernels.Task, stop *kernels.Stop) *workers {
	ws := &workers{n: n, tasks: tasks, stop: stop, start: make([]chan struct{}, n), shares: newShares(n),
		reports: make([]report, n), epoch: time.Now()}
	ws.asks = goruntime.GOMAXPROCS(0) > 1 && tellsProcessor()
	ws.ticket.Store(over)
	for w := 1; w < n; w++ {
		ws.start[w] = make(chan struct{}, 1)
		go ws.work(w, ws.start[w])
	}
	return ws
}

// wake begins a run with those who are ready, and wakes the others.
func (ws *workers) wake() {
	ws.crowded = max(ws.crowded-1, 0)
	ws.ticket.Store(0)
	others, told := false, false
	for w := 1; w < ws.n; w++ {
		before := ws.shares.here[w]
		if !ws.take(w) {
			if !told {
				ws.look()
				told = true
			}
			select {
			case ws.start[w] <- struct{}{}:
			default: // it has not come since it was woken last
			}
		}
		others = others || ws.shares.here[w] != before
	}
	if others {
		ws.shares.gathered()
	}
}

// where is the processor that the calling thread is on.
func (ws *workers) where() int32 {
	if ws.asks {
		return processor()
	}
	return nowhere
}

// look tells the workers where the caller is.
func (ws *workers) look() {
	at := nowhere
	if ws.crowded == 0 {
		at = ws.where()
	}
	ws.caller.Store(at)
}

// beside says whether a worker is on the caller's processor.
func (ws *workers) beside(r *report) bool {
	at := r.at.Load()
	return at != nowhere && at == ws.caller.Load()
}

// take takes a worker into the run if it is ready.
func (ws *workers) take(w int) bool {
	r, here := &ws.reports[w], false
	if r.place.Load() == ready && !ws.beside(r) {
		r.seen = ws.ticket.Load()
		r.done.Store(0)
		here = r.place.CompareAndSwap(ready, inside)
	}
	ws.shares.here[w] = here
	return here
}

// gather takes into the run whoever has become ready, and reports whether somebody has.
func (ws *workers) gather() (came bool) {
	ws.look()
	for w, here := range ws.shares.here {
		if !here && ws.take(w) {
			came = true
		}
	}
	if came {
		ws.shares.gathered()
	}
	return came
}

// step runs one task on all workers that are there and returns when it is done. Tickets carry the step's index, so that
// steps may be skipped but never mistaken.
func (ws *workers) step(i int) {
	task := ws.tasks[i]
	ws.first = 0
	if ws.shares.count < ws.n && !ws.gather() && ws.shares.count == 1 {
		ws.first = ws.alone(task)
	}
	ws.ticket.Store(int64(i) + 1)
	ws.share(task, 0)
	ws.await(int64(i) + 1)
	if !ws.stop.Asked() { // else some did less than their share
		ws.shares.learn(task.Units()-ws.first, ws.reports)
	}
}

// alone does a task in pieces until somebody comes, and returns the unit from which on it is not done.
func (ws *workers) alone(task kernels.Task) (done int) {
	const pieces = 8
	units := task.Units()
	for done < units {
		next := min(done+max(units/pieces, 1), units)
		task.Run(0, done, next, ws.stop)
		done = next
		if ws.gather() {
			break
		}
	}
	return done
}

// sleep ends a run: when it returns every worker that took part has seen the end.
func (ws *workers) sleep() {
	ws.ticket.Store(over)
	ws.await(over)
}

// When a worker is that many looks late, a millisecond or so, another process may have its processor, and it is best
// beside the caller. For some runs workers stay where the system puts them then.
const (
	lateLooks   = busyLooks + yieldLooks + 10
	crowdedRuns = 64
)

// await waits until every worker of the run has finished with a ticket.
func (ws *workers) await(ticket int64) {
	for w := 1; w < ws.n; w++ {
		if !ws.shares.here[w] {
			continue
		}
		for spins := 0; ws.reports[w].done.Load() != ticket; spins++ {
			if spins == lateLooks && ws.crowded == 0 {
				ws.crowded = crowdedRuns
			}
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
	r := &ws.reports[w]
	r.at.Store(nowhere)
	r.place.Store(ready)
	for ws.enter(r, start) {
		for seen := r.seen; seen != over; {
			t := ws.ticket.Load()
			for spins := 0; t == seen; spins++ {
				pause(spins)
				t = ws.ticket.Load()
			}
			seen = t
			if t == over {
				r.at.Store(nowhere)
				r.place.Store(ready)
			} else {
				ws.share(ws.tasks[t-1], w)
			}
			r.done.Store(t)
		}
	}
}

// enter returns when a worker is taken into a run, and reports false if there will be none. The worker looks for a
// while before it sleeps: where frames follow one another, it needs no wake-up, and stays on the processor that the
// system has found for it. During a run it does not sleep. Woken beside the caller it moves, a few times at most: where
// the other processors are busy, the system may have put it there on purpose.
func (ws *workers) enter(r *report, start <-chan struct{}) bool {
	const often, most = 64, 4
	moves := most
	for {
		for spins := 0; spins < busyLooks+yieldLooks || ws.ticket.Load() != over; spins++ {
			if r.place.Load() == inside {
				return true
			}
			if moves < most && spins%often == often-1 {
				moves += ws.part(r, moves+1 == most)
			}
			pause(spins)
		}
		if !r.place.CompareAndSwap(ready, away) {
			return true
		}
		if _, more := <-start; !more {
			return false
		}
		moves = ws.part(r, false)
		r.place.Store(ready)
	}
}

// part has a worker that is on the caller's processor leave it, and returns how often it did. The last time it does not
// matter to the caller whether that has helped.
func (ws *workers) part(r *report, last bool) (moves int) {
	r.at.Store(ws.where())
	if !ws.beside(r) {
		return 0
	}
	leave(r.at.Load())
	if r.at.Store(nowhere); !last {
		r.at.Store(ws.where())
	}
	return 1
}

// share has worker w do its part of what is left of a step.
func (ws *workers) share(task kernels.Task, w int) {
	if lo, hi := ws.shares.of(w, task.Units()-ws.first); lo < hi {
		start := time.Since(ws.epoch)
		task.Run(w, ws.first+lo, ws.first+hi, ws.stop)
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
