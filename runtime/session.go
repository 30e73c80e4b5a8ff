package runtime

import (
	"context"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/memory"
	"github.com/gneiss-go/gneiss/kernels"
)

// Session runs a plan: one arena, every step bound to its addresses, and the states of a streaming model, which
// [Session.Reset] clears. It belongs to one goroutine at a time; for more, make more sessions. Run allocates nothing.
type Session struct {
	plan    *Plan
	arena   []byte
	tasks   []kernels.Task
	inputs  []Tensor
	outputs []Tensor
	states  []keptState
	hook    func(StepInfo, time.Duration)
	infos   []StepInfo
	workers *workers // nil with one thread
	// of the workers: nobody else knows it
	lifetime *lifetime
	state    atomic.Int32
	// asked by a context that ends, and by Close; not part of the session, which workers must not know
	stop    *kernels.Stop
	hooking atomic.Bool // the hook is being called
	active  sync.Mutex  // held during Run
}

// Session states.
const (
	idle    int32 = iota
	running       // in Run
	closing       // in Run, and closed when that returns
	closed
)

// StepInfo names a step to a hook.
type StepInfo struct {
	Index  int    // of the step
	Name   string // of its node or nodes
	Op     string
	Kernel string
	MACs   int64
}

// NewSession allocates an arena and binds the plan to it. With more than one thread it also starts the workers, which
// end when the session is closed, or collected as garbage.
func (p *Plan) NewSession() (*Session, error) {
	s := &Session{plan: p, stop: &kernels.Stop{}, arena: memory.New(p.arena), tasks: make([]kernels.Task, len(p.steps)),
		infos: make([]StepInfo, len(p.steps))}
	for i := range p.steps {
		st := &p.steps[i]
		in, out := make([]kernels.View, len(st.in)), make([]kernels.View, len(st.out))
		for j, v := range st.in {
			in[j] = s.view(v)
		}
		for j, v := range st.out {
			out[j] = s.view(v)
		}
		var err error
		if s.tasks[i], err = bind(st, in, out, s.arena[st.scratch.Offset:][:st.scratch.Bytes], p.threads); err != nil {
			return nil, err
		}
		s.infos[i] = StepInfo{Index: i, Name: st.name, Op: st.kind, Kernel: st.op.Kernel(), MACs: st.macs}
	}
	for _, t := range p.inputs {
		s.inputs = append(s.inputs, Tensor{info: t, data: s.view(t.view).Data})
	}
	for _, t := range p.outputs {
		s.outputs = append(s.outputs, Tensor{info: t, data: s.view(t.view).Data})
	}
	s.newStates()
	if p.threads > 1 {
		s.workers = newWorkers(p.threads, s.tasks, s.stop)
		s.lifetime = s.workers.lifetime()
	}
	return s, nil
}

// bind binds a step. Kernels look once more at what they are given and panic if it does not fit, which after a
// proven plan is a fault of this package: the caller gets it as an error.
func bind(st *planStep, in, out []kernels.View, scratch []byte, workers int) (t kernels.Task, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = st.fault(errorf("%v: %w", fault, ErrGraph))
		}
	}()
	return st.op.Bind(in, out, scratch, workers), nil
}

func (s *Session) view(v viewSpec) kernels.View {
	return kernels.View{Data: unsafe.Pointer(&s.arena[v.offset]), DType: v.dtype, N: v.shape.N, H: v.shape.H, W: v.shape.W,
		C: v.shape.C, Stride: v.stride}
}

// Input returns input i, to be filled before Run. It panics if there is no such input, as indexing a slice does.
func (s *Session) Input(i int) *Tensor { return at(s, "input", s.inputs, i) }

// Output returns output i, valid after Run until the next. It panics as Input does.
func (s *Session) Output(i int) *Tensor { return at(s, "output", s.outputs, i) }

// at is a tensor by its number, or a panic that says which there are.
func at(s *Session, what string, ts []Tensor, i int) *Tensor {
	if uint(i) >= uint(len(ts)) {
		names := make([]string, len(ts))
		for k := range ts {
			names[k] = fmt.Sprintf("%d: %v", k, ts[k].info)
		}
		panic(fmt.Sprintf("gneiss: model %q has no %s %d; there are %s", s.plan.name, what, i, strings.Join(names, ", ")))
	}
	return &ts[i]
}

// InputNamed and OutputNamed return the tensor of that name; their error, which wraps [ErrGraph], lists the names there
// are.
func (s *Session) InputNamed(name string) (*Tensor, error)  { return named("input", s.inputs, name) }
func (s *Session) OutputNamed(name string) (*Tensor, error) { return named("output", s.outputs, name) }

func named(what string, ts []Tensor, name string) (*Tensor, error) {
	for i := range ts {
		if ts[i].info.Name == name {
			return &ts[i], nil
		}
	}
	names := make([]string, len(ts))
	for i := range ts {
		names[i] = ts[i].info.Name
	}
	return nil, errorf("no %s %q; there are %q: %w", what, name, names, ErrGraph)
}

// Plan returns the plan the session runs.
func (s *Session) Plan() *Plan { return s.plan }

// SetHook has f called after every step with the time it took; nil, the default, costs nothing. f must not allocate
// if Run is not to. It must not be called while Run is in progress.
func (s *Session) SetHook(f func(StepInfo, time.Duration)) { s.hook = f }

// Run computes the outputs from the inputs. It returns [ErrClosed] after Close and [ErrBusy] if another goroutine is
// in Run. If Close interrupts it, it returns [ErrClosed] too, and the outputs are undefined.
func (s *Session) Run() error { return s.run(ending{}) }

// RunContext is Run that gives up once the context is done, within a quarter of a second whatever the model: steps look
// between small pieces of their work. It then returns the context's error and the outputs are undefined; the session
// can be used again.
func (s *Session) RunContext(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := ctx.Done()
	if done == nil { // it cannot end
		return s.Run()
	}
	return s.run(ending{done, ctx.Err, func() func() { return s.heed(ctx) }})
}

// ending is what a run asks of a context that can end. Programs without one do not link theirs, see [never].
type ending struct {
	done <-chan struct{} // nil if there is no end
	err  func() error
	heed func() (forget func())
}

// inline is how many runs without workers are in progress. One alone keeps its thread: Go preempts it every 10 ms, and
// it would often go on on another processor, whose caches have nothing of it. Of several none does, for to let another
// goroutine in between would then take two changes of threads.
var inline atomic.Int32

func (s *Session) run(end ending) error {
	if !s.active.TryLock() {
		if s.state.Load() >= closing {
			return ErrClosed
		}
		return ErrBusy
	}
	defer s.active.Unlock()
	if !s.state.CompareAndSwap(idle, running) {
		return ErrClosed
	}
	defer s.finish()
	s.giveStates()
	if s.workers != nil {
		s.workers.wake()
		defer s.workers.sleep()
	} else {
		defer inline.Add(-1)
		if inline.Add(1) == 1 {
			goruntime.LockOSThread()
			defer goruntime.UnlockOSThread()
		}
	}
	if end.done != nil {
		defer end.heed()()
	}
	for i, task := range s.tasks {
		if end.done != nil {
			select {
			case <-end.done:
				return end.err()
			default:
			}
		}
		var start time.Time
		if s.hook != nil {
			start = time.Now()
		}
		if s.workers != nil {
			s.workers.step(i)
		} else {
			task.Run(0, 0, task.Units(), s.stop)
		}
		switch {
		case !s.stop.Asked():
		case end.done != nil && end.err() != nil:
			return end.err()
		default:
			return ErrClosed
		}
		if s.hook != nil {
			s.hooking.Store(true)
			s.hook(s.infos[i], time.Since(start))
			s.hooking.Store(false)
		}
	}
	s.keepStates()
	return nil
}

// heed has the run stop when the context is done. What it returns ends that, and leaves nothing asked.
func (s *Session) heed(ctx context.Context) (forget func()) {
	asked := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		s.stop.Ask()
		close(asked)
	})
	return func() {
		if !cancel() {
			<-asked
			s.stop.Clear()
		}
	}
}

// finish ends a run, and the session if it was closed meanwhile.
func (s *Session) finish() {
	s.hooking.Store(false)
	if !s.state.CompareAndSwap(running, idle) {
		s.state.Store(closed)
		s.release()
	}
}

func (s *Session) release() {
	if s.workers != nil {
		s.lifetime.end()
	}
}

// Close ends the workers. It may be called more than once and by any goroutine; after it Run returns [ErrClosed]. A Run
// that is in progress on another goroutine is interrupted, and Close returns when it has: then nothing reads the plan's
// weights or writes the tensors, which stay readable. Called while a hook is, as by the hook itself, Close returns at
// once, and the Run ends as usual.
func (s *Session) Close() error {
	for {
		switch state := s.state.Load(); state {
		case idle:
			if s.state.CompareAndSwap(idle, closed) {
				s.release()
				return nil
			}
		case running, closing:
			if state == running && !s.state.CompareAndSwap(running, closing) {
				continue
			}
			if !s.hooking.Load() {
				s.stop.Ask()
				s.active.Lock()
				//lint:ignore SA2001 held once, the run has ended
				s.active.Unlock() //nolint:staticcheck // the same
			}
			return nil
		default:
			return nil
		}
	}
}
