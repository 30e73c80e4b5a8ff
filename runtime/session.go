package runtime

import (
	"context"
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
	idle int32 = iota
	running
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

// NewSession allocates an arena and binds the plan to it. With more than one thread it also starts the workers.
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
		s.tasks[i] = st.op.Bind(in, out, s.arena[st.scratch.Offset:][:st.scratch.Bytes], p.threads)
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
	}
	return s, nil
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

// InputNamed and OutputNamed return the tensor of that name, or nil.
func (s *Session) InputNamed(name string) *Tensor  { return named(s.inputs, name) }
func (s *Session) OutputNamed(name string) *Tensor { return named(s.outputs, name) }

func named(ts []Tensor, name string) *Tensor {
	for i := range ts {
		if ts[i].info.Name == name {
			return &ts[i]
		}
	}
	return nil
}

// Plan returns the plan the session runs.
func (s *Session) Plan() *Plan { return s.plan }

// SetHook has f called after every step with the time it took; nil, the default, costs nothing. f must not allocate
// if Run is not to. It must not be called while Run is in progress.
func (s *Session) SetHook(f func(StepInfo, time.Duration)) { s.hook = f }

// Run computes the outputs from the inputs. It returns [ErrClosed] after Close and [ErrBusy] if another goroutine is
// in Run.
func (s *Session) Run() error { return s.run(nil) }

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
		if s.state.Load() == closed {
			return ErrClosed
		}
		return ErrBusy
	}
	defer s.state.CompareAndSwap(running, idle)
	if s.pool != nil {
		s.pool.wake()
		defer s.pool.sleep()
	}
	var done <-chan struct{}
	if ctx != nil {
		done = ctx.Done()
	}
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

// Close stops the workers. It may be called more than once, and after it Run returns [ErrClosed]. Close during a Run
// waits for nothing: the Run ends, then the session is closed.
func (s *Session) Close() error {
	for {
		switch {
		case s.state.CompareAndSwap(idle, closed):
			if s.pool != nil {
				s.pool.stop()
			}
			return nil
		case s.state.Load() == closed:
			return nil
		}
		time.Sleep(50 * time.Microsecond) // a Run is in progress
	}
}
