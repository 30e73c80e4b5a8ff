package serve

import (
	"context"
	"sync"
	"time"

	"github.com/gneiss-go/gneiss/runtime"
)

// worker is a session with what a request needs beside it. It belongs to one request at a time.
type worker struct {
	sess  *runtime.Session
	steps []time.Duration // of the last run with steps
	top   []runtime.Class
}

// run runs the session, and fills w.steps if asked to.
func (w *worker) run(ctx context.Context, steps bool) (time.Duration, error) {
	if steps {
		w.sess.SetHook(func(s runtime.StepInfo, d time.Duration) { w.steps[s.Index] = d })
		defer w.sess.SetHook(nil)
	}
	if err := w.sess.Reset(); err != nil { // a request knows nothing of those before it
		return 0, err
	}
	start := time.Now()
	err := w.sess.RunContext(ctx)
	return time.Since(start), err
}

// pool has a fixed number of workers, and places to wait for one.
type pool struct {
	places chan struct{} // taken by requests that run or wait
	idle   chan *worker
	size   int
	once   sync.Once
	closed chan struct{}
	all    []*worker
}

// newPool makes n workers and queue places more.
func newPool(plan *runtime.Plan, n, queue int) (*pool, error) {
	p := &pool{places: make(chan struct{}, n+queue), idle: make(chan *worker, n), size: n, closed: make(chan struct{})}
	steps := len(plan.Report().Steps)
	for range n {
		sess, err := plan.NewSession()
		if err != nil {
			p.close()
			return nil, err
		}
		w := &worker{sess: sess, steps: make([]time.Duration, steps)}
		p.all = append(p.all, w)
		if err := sess.Run(); err != nil { // once on zeros: the first request finds its memory mapped
			p.close()
			return nil, err
		}
		p.idle <- w
	}
	return p, nil
}

// enter takes a place without waiting, or returns errFull or errClosing. Each place is to be given back by leave.
func (p *pool) enter() error {
	select {
	case <-p.closed:
		return errClosing
	default:
	}
	select {
	case p.places <- struct{}{}:
		return nil
	default:
		return errFull
	}
}

func (p *pool) leave() { <-p.places }

// get waits for a worker, to be given back by put. The caller has a place.
func (p *pool) get(ctx context.Context) (*worker, error) {
	select {
	case w := <-p.idle: // who need not wait is served though the context may have ended
		return w, nil
	default:
	}
	select {
	case w := <-p.idle:
		return w, nil
	case <-p.closed:
		return nil, errClosing
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(w *worker) { p.idle <- w }

// full says whether the next request would find no place now.
func (p *pool) full() bool { return len(p.places) == cap(p.places) }

// busy is how many workers are in use, waiting how many requests have a place but no worker.
func (p *pool) busy() int    { return p.size - len(p.idle) }
func (p *pool) waiting() int { return max(0, len(p.places)-p.busy()) }

// close ends all sessions; one that runs ends after its run.
func (p *pool) close() {
	p.once.Do(func() {
		close(p.closed)
		for _, w := range p.all {
			w.sess.Close()
		}
	})
}
