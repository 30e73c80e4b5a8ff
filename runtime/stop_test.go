package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	goruntime "runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/kernels"
)

// patience is how long a run may go on after it was asked to stop. What is built for a debugger of races takes longer.
const patience = 250 * time.Millisecond * slowdown

// longCases are graphs of a single step that runs for longer than a test may, each by its own way of being long: many
// units, large ones, wide pixels, and windows as large as they may be.
var longCases = []struct {
	name  string
	in    Shape
	build func(n *net, x *Value) *Value
}{
	{"maximum over a huge window", Shape{1, 2000, 2000, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Pool{Window: padded(1501)}, x)
	}},
	{"mean over a huge window", Shape{1, 2000, 2000, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Pool{Window: padded(1501), Type: AvgPool}, x)
	}},
	{"quantised maximum over a huge window", Shape{1, 2000, 2000, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Pool{Window: padded(1501)}, n.quantize(x))
	}},
	{"quantised mean over a huge window", Shape{1, 2000, 2000, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Quantised{Op: &Pool{Window: padded(1501), Type: AvgPool}, Out: Quant{Scale: 1}}, n.quantize(x))
	}},
	{"LRN of one wide pixel", Shape{1, 1, 1, 1 << 22}, func(n *net, x *Value) *Value {
		return n.add("op", &LRN{Size: 16384, Alpha: 1, Beta: 0.75, Bias: 1}, x)
	}},
	{"LRN by powers", Shape{1, 64, 64, 1 << 10}, func(n *net, x *Value) *Value {
		return n.add("op", &LRN{Size: 16384, Alpha: 1, Beta: 0.5, Bias: 1}, x)
	}},
	{"quantised LRN of one wide pixel", Shape{1, 1, 1, 1 << 22}, func(n *net, x *Value) *Value {
		return n.add("op", &Quantised{Op: &LRN{Size: 16384, Alpha: 1, Beta: 0.75, Bias: 1}, Out: Quant{Scale: 1}},
			n.quantize(x))
	}},
	{"product of matrices", Shape{1, 1, 1 << 13, 1 << 12}, func(n *net, x *Value) *Value {
		return n.add("op", &MatMul{TransB: true}, x, x)
	}},
	{"quantised product of long rows", Shape{1, 1, 128, 1 << 16}, func(n *net, x *Value) *Value {
		q := n.quantize(x)
		return n.add("op", &Quantised{Op: &MatMul{TransB: true}, Out: Quant{Scale: 1}}, q, q)
	}},
	{"convolution of one row", Shape{1, 1, 1 << 20, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Conv{Window: Window{R: 1, S: 4097, PadLeft: 2048, PadRight: 2048}, K: 16,
			Weights: n.floats(16 * 4097)}, x)
	}},
	{"convolution with a large window", Shape{1, 512, 512, 4}, func(n *net, x *Value) *Value {
		return n.add("op", &Conv{Window: padded(301), K: 8, Weights: n.floats(8 * 301 * 301 * 4)}, x)
	}},
	{"convolution of a wide pixel", Shape{1, 8, 8, 1 << 18}, func(n *net, x *Value) *Value {
		return n.add("op", &Conv{Window: padded(5), K: 1, Weights: n.floats(25 << 18)}, x)
	}},
	{"detections of everything", Shape{1, 1 << 10, 1 << 10, 4}, func(n *net, x *Value) *Value {
		return n.add("op", &PostProcess{Anchors: make([]float32, 4<<20), Scale: [4]float32{1, 1, 1, 1}, Classes: 4,
			Detections: 1 << 16, PerDetection: 1, Regular: true, PerClass: 1 << 16, MinScore: -9, MaxOverlap: 1}, x, x)
	}},
	{"depthwise convolution", Shape{1, 64, 64, 1 << 12}, func(n *net, x *Value) *Value {
		return n.add("op", &Conv{Window: padded(31), K: 1 << 12, Groups: 1 << 12, Weights: n.floats(31 * 31 << 12)}, x)
	}},
}

// quickCases take about a second or less each, in which they are to be stopped.
var quickCases = []struct {
	name  string
	in    Shape
	build func(n *net, x *Value) *Value
}{
	{"softmax of one wide pixel", Shape{1, 1, 1, 1 << 26},
		func(n *net, x *Value) *Value { return n.add("op", &Softmax{}, x) }},
	{"curve", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value { return n.add("op", &Curve{}, x) }},
	{"rearranging", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &Rearrange{To: x.Shape, Dims: []int{1 << 13, 1 << 13}, Perm: []int{1, 0}}, x)
	}},
	{"interpolating wide pixels", Shape{1, 1, 2, 1 << 24}, func(n *net, x *Value) *Value {
		return n.add("op", &Interpolate{Cols: kernels.Taps{Per: 4, At: make([]int32, 12), Weights: make([]float32, 12)}}, x)
	}},
	{"taking wide pixels", Shape{1, 1, 1, 1 << 22}, func(n *net, x *Value) *Value {
		return n.add("op", &Take{Cols: make([]int32, 32)}, x)
	}},
	{"arithmetic", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &Binary{How: kernels.Over}, x, x)
	}},
	{"the best of one wide pixel", Shape{1, 1, 1, 1 << 25}, func(n *net, x *Value) *Value {
		return n.add("op", &TopK{K: 1 << 20}, x)
	}},
	{"the best place of one wide pixel", Shape{1, 1, 1, 1 << 27}, func(n *net, x *Value) *Value {
		return n.add("op", &Arg{}, x)
	}},
	{"comparison", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &Compare{How: kernels.Less}, x, x)
	}},
	{"whole numbers of floats", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &Cast{To: I32}, x)
	}},
	{"powers", Shape{1, 1, 1, 1 << 24}, func(n *net, x *Value) *Value {
		return n.add("op", &Binary{How: kernels.Power}, x, x)
	}},
	{"arithmetic of bytes", Shape{1, 1 << 12, 1 << 12, 2}, func(n *net, x *Value) *Value {
		q := n.quantize(x)
		return n.add("op", &Quantised{Op: &Binary{How: kernels.Over}, Out: Quant{Scale: 1}}, q, q)
	}},
	{"gathering wide pixels", Shape{1, 1, 1, 1 << 22}, func(n *net, x *Value) *Value {
		return n.add("op", &GatherBy{Dims: []int{1}}, x, n.places(32))
	}},
	{"scattering wide pixels", Shape{1, 1, 32, 1 << 20}, func(n *net, x *Value) *Value {
		return n.add("op", &Scatter{Dims: []int{32}}, x, n.places(32), x)
	}},
	{"boxes that all overlap", Shape{1, 1, 1 << 14, 4}, func(n *net, x *Value) *Value {
		scores := n.add("scores", &Constant{Shape: Shape{1, 1, 1, 1 << 14}, Floats: n.floats(1 << 14)})
		return n.add("op", &NMS{Most: 1 << 14, Rows: 1 << 14, IoU: 1, Least: -9}, x, scores)
	}},
	{"average of levels over a huge window", Shape{1, 300, 300, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &LevelPool{Window: padded(151)}, n.quantize(x))
	}},
	{"blocks of one wide pixel", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &DepthToSpace{Block: 2, ChannelMajor: true}, x)
	}},
	{"reduction of one wide pixel", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op", &Reduce{How: kernels.LogSumExp, Over: kernels.Axes{C: true}}, x)
	}},
	{"quantised softmax of one wide pixel", Shape{1, 1, 1, 1 << 24}, func(n *net, x *Value) *Value {
		return n.add("op", &Quantised{Op: &Softmax{}, Out: Quant{Scale: 1}}, n.quantize(x))
	}},
	{"normalisation of a map", Shape{1, 1 << 12, 1 << 12, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &Normalise{Epsilon: 1, Over: kernels.Axes{H: true, W: true}}, x)
	}},
	{"logarithm of softmax over a map", Shape{1, 1 << 12, 1 << 12, 1}, func(n *net, x *Value) *Value {
		return n.add("op", &SoftmaxOver{Form: kernels.SoftmaxLog, Over: kernels.Axes{H: true, W: true}}, x)
	}},
	{"a wide block", Shape{1, 1, 1, 1 << 26}, func(n *net, x *Value) *Value {
		return n.add("op",
			&DepthToSpace{Block: 1 << 13}, x)
	}},
	{"flattening of one channel", Shape{1, 1 << 13, 1 << 12, 2}, func(n *net,
		x *Value) *Value {
		return n.add("op", &Flatten{}, x)
	}},
}

// places are whole numbers from 0 on.
func (n *net) places(count int) *Value {
	at := make([]int32, count)
	for i := range at {
		at[i] = int32(i)
	}
	return n.add("at", &Constant{Shape: Shape{1, 1, count, 1}, Ints: at})
}

func padded(r int) Window {
	return Window{R: r, S: r, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2, PadRight: r / 2}
}

func (n *net) quantize(x *Value) *Value {
	return n.add("quantized", &Quantize{To: Quant{Scale: 0.1, Zero: 9}}, x)
}

// No run goes on for long once its context ends, whatever its steps; the session can be used again, and its workers
// ended.
func TestRunContextWithinAStep(t *testing.T) {
	for _, c := range longCases {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprint(c.name, " on ", threads), func(t *testing.T) { stopWithin(t, c.in, c.build, threads, true) })
		}
	}
	if testing.Short() {
		return
	}
	for _, c := range quickCases {
		t.Run(c.name, func(t *testing.T) { stopWithin(t, c.in, c.build, 1, false) })
	}
}

// boundless returns a graph that may ask for any work.
func boundless(t *testing.T) *net {
	n := newNet(t)
	l := DefaultLimits
	l.MaxMACs = math.MaxInt64
	n.g.SetLimits(l)
	return n
}

func stopWithin(t *testing.T, in Shape, build func(n *net, x *Value) *Value, threads int, surely bool) {
	n := boundless(t)
	s := session(t, n.output(build(n, n.input(in))), WithThreads(threads))
	defer s.Close()
	best := time.Hour // of a few tries: others may use the machine
	for try := 0; try < 2 || best > patience && try < 5; try++ {
		const after = 30 * time.Millisecond
		ctx, cancel := context.WithTimeout(context.Background(), after)
		start := time.Now()
		err := s.RunContext(ctx)
		took := time.Since(start)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && (surely || err != nil) {
			t.Fatalf("%v after %v", err, took)
		}
		best = min(best, took-after)
	}
	if best > patience {
		t.Errorf("returned %v after it was asked to", best)
	}
}

// After a run that was interrupted the next gives what it should, on as many threads as there are.
func TestRunAfterInterruption(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 96, 96, 16})
	y := n.add("conv", &Conv{Window: padded(5), K: 64, Weights: n.floats(64 * 25 * 16)}, x)
	g := n.output(n.add("mean", &Pool{Window: padded(15), Type: AvgPool}, y))
	in := testInput(96 * 96 * 16)
	start := time.Now()
	want := run(t, g, in)[0]
	whole := time.Since(start)
	for _, threads := range []int{1, 3} {
		s := session(t, g, WithThreads(threads))
		interrupted := 0
		for i := range 60 {
			ctx, cancel := context.WithTimeout(context.Background(), whole*time.Duration(i%20)/60)
			copy(s.Input(0).Float32(), in)
			err := s.RunContext(ctx)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				interrupted++
			} else if err != nil {
				t.Fatal(err)
			}
			copy(s.Input(0).Float32(), in)
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Output(0).Float32(), want) {
				t.Fatalf("other bits after %d interruptions", interrupted)
			}
		}
		if interrupted == 0 {
			t.Error("no run was interrupted")
		}
		s.Close()
	}
}

// Close interrupts a run on another goroutine, and returns when it has.
func TestCloseInterrupts(t *testing.T) {
	for _, threads := range []int{1, 2} {
		c := longCases[0]
		n := boundless(t)
		s := session(t, n.output(c.build(n, n.input(c.in))), WithThreads(threads))
		var all sync.WaitGroup
		started := make(chan struct{})
		all.Go(func() {
			close(started)
			if err := s.Run(); !errors.Is(err, ErrClosed) {
				t.Errorf("an interrupted run: %v", err)
			}
		})
		<-started
		time.Sleep(20 * time.Millisecond)
		begin := time.Now()
		for range 2 {
			all.Go(func() {
				s.Close()
				if s.state.Load() != closed {
					t.Error("Close returned before the run")
				}
			})
		}
		all.Wait()
		if took := time.Since(begin); took > patience {
			t.Errorf("Close took %v", took)
		}
		if err := s.Run(); !errors.Is(err, ErrClosed) {
			t.Errorf("Run after Close: %v", err)
		}
	}
}

// Sessions may be closed at any moment of a run.
func TestCloseAnytime(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			for {
				if err := s.Run(); errors.Is(err, ErrClosed) {
					return
				} else if err != nil {
					t.Error(err)
					return
				}
			}
		})
		time.Sleep(time.Duration(i) * 10 * time.Microsecond)
		s.Close()
		all.Wait()
	}
}

// What a session takes beside its arena, addresses for the most part, does not multiply with groups, rows and columns.
func TestSessionMemory(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 16, 16384, 48})
	w := Window{R: 9, S: 2, PadTop: 4, PadBottom: 4}
	p, err := Compile(n.output(n.add("conv", &Conv{Window: w, K: 48, Groups: 24, Weights: n.floats(48 * 18 * 2)}, x)))
	if err != nil {
		t.Fatal(err)
	}
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	s, err := p.NewSession()
	goruntime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if took := int(after.TotalAlloc-before.TotalAlloc) - p.ArenaSize(); took > 32<<20 {
		t.Errorf("%d MiB beside an arena of %d", took>>20, p.ArenaSize()>>20)
	}
}
