package serve

import (
	"context"
	"sync"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/runtime"
)

// worker is a session with what a request needs beside it. It belongs to one request at a time.
type worker struct {
	*answer.Reader
	sess  *runtime.Session
	steps []time.Duration // of the last run with steps
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

// pool has a fixed number of turns to run, as many sessions of each model, and places to wait for a turn.
type pool struct {
	places chan struct{} // taken by requests that run or wait
	turns  chan struct{} // taken by requests that run
	once   sync.Once
	closed chan struct{}
	all    []*worker
}

func newPool(n, queue int) *pool {
	return &pool{places: make(chan struct{}, n+queue), turns: make(chan struct{}, n), closed: make(chan struct{})}
}

// fill makes sessions of a model, one a turn, and runs each once on zeros: the first request finds its memory mapped.
func (p *pool) fill(m *served) error {
	m.idle = make(chan *worker, cap(p.turns))
	for range cap(p.turns) {
		r, err := answer.New(m.plan, m.Card, m.Options)
		if err != nil {
			return err
		}
		w := &worker{Reader: r, sess: r.Session(), steps: make([]time.Duration, len(m.steps))}
		p.all = append(p.all, w)
		if err := w.sess.Run(); err != nil {
			return err
		}
		m.idle <- w
	}
	return nil
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

// get waits for a turn and takes a worker of the model, to be given back by put. The caller has a place.
func (p *pool) get(ctx context.Context, m *served) (*worker, error) {
	select {
	case p.turns <- struct{}{}: // who need not wait is served though the context may have ended
		return <-m.idle, nil
	default:
	}
	select {
	case p.turns <- struct{}{}:
		return <-m.idle, nil // of which there are as many as turns
	case <-p.closed:
		return nil, errClosing
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(m *served, w *worker) {
	m.idle <- w
	<-p.turns
}

// full says whether the next request would find no place now.
func (p *pool) full() bool { return len(p.places) == cap(p.places) }

// busy is how many turns are taken, waiting how many requests have a place but no turn.
func (p *pool) busy() int    { return len(p.turns) }
func (p *pool) waiting() int { return max(0, len(p.places)-p.busy()) }

// close ends all sessions; one that runs ends after its run.
func (p *pool) close() {
	p.once.Do(func() {
		close(p.closed)
		for _, w := range p.all {
			w.Close()
		}
	})
}
