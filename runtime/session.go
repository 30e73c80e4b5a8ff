package runtime

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gneiss-go/gneiss/kernels"
)

// Session runs a plan: one arena, every step bound to its addresses. It belongs to one goroutine at a time; for more,
// make more sessions. Run allocates nothing.
type Session struct {
	plan    *Plan
	arena   []byte
	tasks   []kernels.Task
	inputs  []Tensor
	outputs []Tensor
	hook    func(StepInfo, time.Duration)
	infos   []StepInfo
	pool    *pool // nil with one thread
	state   atomic.Int32
}

// Session states.
const (
	idle    int32 = iota
	running       // in Run
	closing       // in Run, and closed when that ends
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
	s := &Session{plan: p, arena: alignedBytes(p.arena), tasks: make([]kernels.Task, len(p.steps)), infos: make([]StepInfo, len(p.steps))}
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
	if p.threads > 1 {
		s.pool = newPool(p.threads, s.tasks)
		s.pool.endWith(s)
	}
	return s, nil
}

// bind binds a step. Kernels look once more at what they are given and panic if it does not fit, which after a
// verified plan is a fault of this package: the caller gets it as an error.
func bind(st *planStep, in, out []kernels.View, scratch []byte, workers int) (t kernels.Task, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &NodeError{Node: st.name, Op: st.kind, Err: fmt.Errorf("%v: %w", fault, ErrGraph)}
		}
	}()
	return st.op.Bind(in, out, scratch, workers), nil
}

func (s *Session) view(v viewSpec) kernels.View {
	return kernels.View{Data: unsafe.Pointer(&s.arena[v.offset]), DType: v.dtype, N: v.shape.N, H: v.shape.H, W: v.shape.W, C: v.shape.C, Stride: v.stride}
}

// alignedBytes returns n zero bytes that start on a cache line.
func alignedBytes(n int) []byte {
	buf := make([]byte, n+align)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % align)
	return buf[skip:][:n:n]
}

// Input returns input i, to be filled before Run. It panics if there is no such input, as indexing a slice does.
func (s *Session) Input(i int) *Tensor { return &s.inputs[i] }

// Output returns output i, valid after Run until the next.
func (s *Session) Output(i int) *Tensor { return &s.outputs[i] }

// InputNamed and OutputNamed return the tensor of that name; their error, which wraps [ErrGraph], lists the names there are.
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
	return nil, fmt.Errorf("no %s %q; there are %q: %w", what, name, names, ErrGraph)
}

// Plan returns the plan the session runs.
func (s *Session) Plan() *Plan { return s.plan }

// SetHook has f called after every step with the time it took; nil, the default, costs nothing. f must not allocate
// if Run is not to. It must not be called while Run is in progress.
func (s *Session) SetHook(f func(StepInfo, time.Duration)) { s.hook = f }

// Run computes the outputs from the inputs. It returns [ErrClosed] after Close and [ErrBusy] if another goroutine is
// in Run.
func (s *Session) Run() error { return s.run(context.Background()) }

// RunContext is Run that gives up between two steps once the context is done; it then returns the context's error and
// the outputs are undefined.
func (s *Session) RunContext(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.run(ctx)
}

func (s *Session) run(ctx context.Context) error {
	if !s.state.CompareAndSwap(idle, running) {
		if s.state.Load() >= closing {
			return ErrClosed
		}
		return ErrBusy
	}
	defer s.finish()
	if s.pool != nil {
		s.pool.wake()
		defer s.pool.sleep()
	}
	done := ctx.Done() // nil if the context cannot end
	for i, task := range s.tasks {
		if done != nil {
			select {
			case <-done:
				return ctx.Err()
			default:
			}
		}
		var start time.Time
		if s.hook != nil {
			start = time.Now()
		}
		if s.pool != nil {
			s.pool.step(i)
		} else {
			task.Run(0, 0, task.Units())
		}
		if s.hook != nil {
			s.hook(s.infos[i], time.Since(start))
		}
	}
	return nil
}

// finish ends a run, and the session if it was closed meanwhile.
func (s *Session) finish() {
	if !s.state.CompareAndSwap(running, idle) {
		s.state.Store(closed)
		s.release()
	}
}

func (s *Session) release() {
	if s.pool != nil {
		s.pool.close()
	}
}

// Close stops the workers. It may be called more than once and by any goroutine, a hook's too; after it Run returns
// [ErrClosed]. A Run that is in progress ends as usual, and the workers with it; Close does not wait for that. Tensors
// stay readable.
func (s *Session) Close() error {
	for {
		switch state := s.state.Load(); state {
		case idle:
			if s.state.CompareAndSwap(idle, closed) {
				s.release()
				return nil
			}
		case running:
			if s.state.CompareAndSwap(running, closing) {
				return nil
			}
		default:
			return nil
		}
	}
}
