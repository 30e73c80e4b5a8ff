package runtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
)

func testInput(n int) []float32 {
	in := make([]float32, n)
	for i := range in {
		in[i] = float32(i*7919%255)/127 - 1
	}
	return in
}

// Every pass on or off, every tier: the same numbers. The plain way is each node of the graph compiled by itself.
func TestCompileAgreesNodeByNode(t *testing.T) {
	g := small(t)
	in := testInput(21 * 21 * 3)
	want := nodeByNode(t, g, in)[g.Outputs[0]]
	for _, isa := range arch.Supported() {
		for _, memory := range []Memory{Fast, Small} {
			near(t, isa.String()+" "+memory.String(), run(t, g, in, WithISA(isa), WithMemory(memory))[0], want, 1e-4)
		}
	}
}

// nodeByNode computes every value of a graph of one input, each node compiled by itself for the generic tier: there is
// nothing to fuse, to merge or to share memory with.
func nodeByNode(t *testing.T, g *Graph, in []float32) map[*Value][]float32 {
	t.Helper()
	return nodeByNodeFrom(t, g, in, nil)
}

// nodeByNodeFrom is nodeByNode with what was kept of states before, or nil.
func nodeByNodeFrom(t *testing.T, g *Graph, in []float32, states map[*Value][]float32) map[*Value][]float32 {
	t.Helper()
	values := map[*Value][]float32{g.Inputs[0]: in}
	for _, n := range g.Nodes {
		if keeps(n) {
			values[n.Out] = values[n.In[1]]
			continue
		}
		if v := states[n.Out]; v != nil {
			values[n.Out] = v
			continue
		}
		one := NewGraph(n.Name)
		var ins []*Value
		for i, v := range n.In {
			declare := one.Input
			if v.DType == I32 {
				declare = one.IntInput
			}
			x, err := declare(fmt.Sprint("in", i), v.Shape)
			if err != nil {
				t.Fatal(err)
			}
			ins = append(ins, x)
		}
		out, err := one.Add(n.Name, n.Op, ins...)
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Output(out); err != nil {
			t.Fatal(err)
		}
		p, err := Compile(one, WithISA(arch.Generic))
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range n.In {
			copy(s.Input(i).Float32(), values[v])
			for k, w := 0, s.Input(i).Int32(); k < len(w); k++ {
				w[k] = int32(values[v][k])
			}
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		values[n.Out] = slices.Clone(s.Output(0).Float32())
		for _, w := range s.Output(0).Int32() {
			values[n.Out] = append(values[n.Out], float32(w))
		}
		s.Close()
	}
	return values
}

// Intermediate values as outputs leave less to fuse and to place, and change nothing else.
func TestOutputsInTheMiddle(t *testing.T) {
	g := small(t)
	in := testInput(21 * 21 * 3)
	want := run(t, g, in)[0]
	for _, n := range g.Nodes {
		if err := g.Output(n.Out); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Output(g.Inputs[0]); err != nil {
		t.Fatal(err)
	}
	outs := run(t, g, in)
	near(t, "prob", outs[0], want, 1e-4)
	near(t, "data", outs[len(outs)-1], in, 0)
	concat := slices.IndexFunc(g.Nodes, func(n *Node) bool { return n.Name == "3a/output" })
	var branches [][]float32
	for _, name := range []string{"3a/1x1", "3a/3x3", "3a/5x5", "3a/pool_proj"} {
		branches = append(branches, outs[1+slices.IndexFunc(g.Nodes, func(n *Node) bool { return n.Name == name })])
	}
	pixels := g.Nodes[concat].Out.Shape.H * g.Nodes[concat].Out.Shape.W
	var joined []float32
	for p := range pixels {
		for _, b := range branches {
			k := len(b) / pixels
			joined = append(joined, b[p*k:][:k]...)
		}
	}
	near(t, "3a/output", outs[1+concat], joined, 0)
}

func TestThreadsGiveTheSameBits(t *testing.T) {
	g := small(t)
	in := testInput(21 * 21 * 3)
	want := run(t, g, in)[0]
	for _, n := range []int{0, 2, 3, 4, 7} {
		if got := run(t, g, in, WithThreads(n))[0]; !slices.Equal(got, want) {
			t.Errorf("%d threads: other bits", n)
		}
	}
}

// Nor does it matter how workers divide the steps.
func TestUnevenSharesGiveTheSameBits(t *testing.T) {
	g := small(t)
	in := testInput(21 * 21 * 3)
	want := run(t, g, in)[0]
	s := session(t, g, WithThreads(3))
	defer s.Close()
	r := rand.New(rand.NewPCG(3, 7))
	for range 30 {
		for w := range s.workers.shares.speeds {
			s.workers.shares.speeds[w] = 0.02 + r.Float64()
		}
		s.workers.shares.follow()
		ends := slices.Clone(s.workers.shares.ends)
		copy(s.Input(0).Float32(), in)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Output(0).Float32(), want) {
			t.Errorf("shares that end at %.3f: other bits", ends)
		}
	}
}

func TestRunRepeats(t *testing.T) {
	s := session(t, small(t), WithThreads(2))
	defer s.Close()
	in := testInput(21 * 21 * 3)
	var want []float32
	for i := range 100 {
		copy(s.Input(0).Float32(), in)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if got := s.Output(0).Float32(); i == 0 {
			want = slices.Clone(got)
		} else if !slices.Equal(got, want) {
			t.Fatalf("run %d gives other bits", i)
		}
	}
}

func TestRunDoesNotAllocate(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		p, err := Compile(small(t), WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		s, _ := p.NewSession()
		buf := make([]Class, 0, 5)
		if n := testing.AllocsPerRun(20, func() {
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			buf = s.Output(0).TopK(5, buf[:0])
		}); n != 0 {
			t.Errorf("%d threads: %v allocations per run", threads, n)
		}
		s.Close()
	}
}

func TestSessionsRunInParallel(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	in := testInput(21 * 21 * 3)
	want := run(t, small(t), in)[0]
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 5 { // sessions come and go while others run
				s, err := p.NewSession()
				if err != nil {
					t.Error(err)
					return
				}
				for range 5 {
					copy(s.Input(0).Float32(), in)
					if err := s.Run(); err != nil {
						t.Error(err)
					}
					if !slices.Equal(s.Output(0).Float32(), want) {
						t.Error("other bits")
					}
				}
				s.Close()
			}
		})
	}
	wg.Wait()
}

func TestWorkersEndWithTheSession(t *testing.T) {
	before := goruntime.NumGoroutine()
	p, err := Compile(small(t), WithThreads(4))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s, _ := p.NewSession()
		s.Run()
		s.Close()
		s.Close()
		if err := s.Run(); !errors.Is(err, ErrClosed) {
			t.Fatalf("Run after Close: %v", err)
		}
	}
	waitForGoroutines(t, before)
}

func TestRunContext(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := p.NewSession()
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	s.SetHook(func(i StepInfo, _ time.Duration) {
		steps++
		if i.Index == 2 {
			cancel()
		}
	})
	if err := s.RunContext(ctx); !errors.Is(err, context.Canceled) || steps != 3 {
		t.Errorf("%v after %d steps", err, steps)
	}
	if err := s.RunContext(ctx); !errors.Is(err, context.Canceled) || steps != 3 {
		t.Errorf("a done context: %v after %d steps", err, steps)
	}
	steps = 0
	if err := s.RunContext(context.Background()); err != nil || steps != len(p.steps) {
		t.Errorf("%v after %d of %d steps", err, steps, len(p.steps))
	}
}

func TestBusy(t *testing.T) {
	s := session(t, small(t))
	s.SetHook(func(i StepInfo, _ time.Duration) {
		if i.Index == 0 {
			if err := s.Run(); !errors.Is(err, ErrBusy) {
				t.Errorf("Run within Run: %v", err)
			}
		}
	})
	if err := s.Run(); err != nil {
		t.Error(err)
	}
}

func TestInceptionIsMergedAndConcatIsFree(t *testing.T) {
	p, err := Compile(small(t))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Report()
	merged := 0
	for _, s := range r.Steps {
		switch {
		case s.Op == "Concat" || s.Op == "Identity":
			t.Errorf("step %q: %s costs a copy", s.Name, s.Op)
		case len(s.Out) == 3:
			merged++
		case s.Op == "Affine" || s.Op == "Activation":
			t.Errorf("step %q is not fused", s.Name)
		}
	}
	if merged != 2 {
		t.Errorf("%d merged steps, want 2\n%v", merged, r)
	}
	if r.ArenaBytes < r.LowerBound || float64(r.ArenaBytes) > 1.1*float64(r.LowerBound) {
		t.Errorf("arena %d, bound %d", r.ArenaBytes, r.LowerBound)
	}
	if !strings.Contains(r.String(), "3a/1x1 + 3a/3x3_reduce + 3a/5x5_reduce") {
		t.Errorf("report:\n%v", r)
	}
}

func TestTopK(t *testing.T) {
	s := session(t, small(t))
	nan := float32(0)
	nan /= nan
	copy(s.Output(0).Float32(), []float32{1, 3, nan, 3, 2, 0, -1, 3, 0, 0})
	want := []Class{{1, 3}, {3, 3}, {7, 3}, {4, 2}}
	if got := s.Output(0).TopK(4, nil); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.Output(0).TopK(99, nil); len(got) != 9 {
		t.Errorf("%d classes of ten with one NaN", len(got))
	}
	out, err1 := s.OutputNamed("prob")
	in, err2 := s.InputNamed("data")
	if out != s.Output(0) || in != s.Input(0) || err1 != nil || err2 != nil {
		t.Error("tensors by name")
	}
	if _, err := s.OutputNamed("no"); !errors.Is(err, ErrGraph) || !strings.Contains(err.Error(), `["prob"]`) {
		t.Errorf("an output that is not there: %v", err)
	}
	if _, err := s.InputNamed("no"); !errors.Is(err, ErrGraph) || !strings.Contains(err.Error(), `["data"]`) {
		t.Errorf("an input that is not there: %v", err)
	}
	if s.Output(0).Uint8() != nil {
		t.Error("a float tensor as uint8")
	}
}

// Outputs keep the names they have in the graph, whatever they are folded into.
func TestOutputNames(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 6, 6, 8})
	a := n.add("conv", &Conv{Window: Window{R: 1, S: 1}, K: 4, Weights: n.floats(32)}, x)
	r := n.add("relu", &Activation{Act: ReLU}, a)
	g := n.output(n.add("drop", &Identity{}, r), r, n.add("pass", &Identity{}, x), x)
	in := testInput(6 * 6 * 8)
	p, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := p.NewSession()
	defer s.Close()
	copy(s.Input(0).Float32(), in)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	output := func(name string) []float32 {
		out, err := s.OutputNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		return out.Float32()
	}
	values := nodeByNode(t, g, in)
	near(t, "drop", output("drop"), values[r], 1e-4)
	near(t, "relu", output("relu"), values[r], 1e-4)
	near(t, "pass", output("pass"), in, 0)
	near(t, "data", output("data"), in, 0)
	if len(p.steps) != 3 { // the convolution and a copy for each output that is the input
		t.Errorf("%d steps\n%v", len(p.steps), p.Report())
	}
}

// A session may be closed by a hook of its own Run, or by another goroutine: that Run ends as usual.
func TestCloseDuringRun(t *testing.T) {
	for _, threads := range []int{1, 3} {
		p, err := Compile(small(t), WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		before := goruntime.NumGoroutine()
		s, _ := p.NewSession()
		steps := 0
		s.SetHook(func(i StepInfo, _ time.Duration) {
			steps++
			if i.Index == 1 {
				s.Close()
				if err := s.Run(); !errors.Is(err, ErrClosed) {
					t.Errorf("Run within a closed one: %v", err)
				}
			}
		})
		if err := s.Run(); err != nil || steps != len(p.steps) {
			t.Errorf("%v after %d of %d steps", err, steps, len(p.steps))
		}
		if err := s.Run(); !errors.Is(err, ErrClosed) {
			t.Errorf("Run after Close: %v", err)
		}
		s.Close()
		waitForGoroutines(t, before)
	}
}

// Workers of a session that is dropped without Close end when it is collected.
func TestWorkersEndWithGarbage(t *testing.T) {
	p, err := Compile(small(t), WithThreads(4))
	if err != nil {
		t.Fatal(err)
	}
	before := goruntime.NumGoroutine()
	for range 5 {
		s, _ := p.NewSession()
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
	waitForGoroutines(t, before)
}

func waitForGoroutines(t *testing.T, most int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); goruntime.NumGoroutine() > most; time.Sleep(time.Millisecond) {
		if goruntime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", goruntime.NumGoroutine(), most)
		}
	}
}

// Views of another shape than the kernel was made for are an error of NewSession, not a panic.
func TestBindRefuses(t *testing.T) {
	p, err := Compile(small(t))
	if err != nil {
		t.Fatal(err)
	}
	p.steps[0].in[0].shape.H--
	var ne *NodeError
	if _, err := p.NewSession(); !errors.As(err, &ne) || !errors.Is(err, ErrGraph) {
		t.Errorf("%v", err)
	}
}
