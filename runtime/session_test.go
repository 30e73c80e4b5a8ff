package runtime

import (
	"context"
	"errors"
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
	values := map[*Value][]float32{g.Inputs[0]: in}
	for _, n := range g.Nodes {
		one := NewGraph(n.Name)
		var ins []*Value
		for i, v := range n.In {
			x, err := one.Input(string(rune('a'+i)), v.Shape)
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
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		values[n.Out] = slices.Clone(s.Output(0).Float32())
		s.Close()
	}
	want := values[g.Outputs[0]]
	for _, isa := range arch.Supported() {
		near(t, isa.String(), run(t, g, in, WithISA(isa))[0], want, 1e-4)
	}
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

func TestRunRepeats(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := p.NewSession()
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
	for deadline := time.Now().Add(5 * time.Second); goruntime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", goruntime.NumGoroutine(), before)
		}
	}
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
	p, err := Compile(small(t))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := p.NewSession()
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

// A plan that was tampered with in any way that matters is refused.
func TestVerify(t *testing.T) {
	fresh := func() *Plan {
		p, err := Compile(small(t))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err := fresh().verify(); err != nil {
		t.Fatal(err)
	}
	for name, corrupt := range map[string]func(p *Plan){
		"offset beyond":    func(p *Plan) { p.steps[3].in[0].offset = p.arena },
		"negative offset":  func(p *Plan) { p.steps[3].out[0].offset = -64 },
		"odd offset":       func(p *Plan) { p.steps[3].out[0].offset++ },
		"more channels":    func(p *Plan) { p.steps[3].out[0].shape.C = p.steps[3].out[0].stride + 1 },
		"huge map":         func(p *Plan) { p.steps[3].in[0].shape.H = 1 << 40 },
		"overflowing map":  func(p *Plan) { p.steps[3].in[0].shape.H, p.steps[3].in[0].shape.W = 1<<62, 1<<62 },
		"aliased":          func(p *Plan) { p.steps[0].out[0].offset = p.steps[0].in[0].offset },
		"smaller arena":    func(p *Plan) { p.arena -= 64 },
		"scratch moved":    func(p *Plan) { p.steps[0].scratch.Offset = p.arena },
		"scratch shrunk":   func(p *Plan) { p.steps[0].scratch.Bytes = 0 },
		"storage overlaps": func(p *Plan) { p.storage[1].Offset = p.storage[0].Offset },
		"dead storage":     func(p *Plan) { p.storage[0].Last = -1 },
		"strided output":   func(p *Plan) { p.outputs[0].view.stride++ },
	} {
		p := fresh()
		corrupt(p)
		if err := p.verify(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTopK(t *testing.T) {
	p, err := Compile(small(t))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := p.NewSession()
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
	if s.OutputNamed("prob") != s.Output(0) || s.OutputNamed("no") != nil || s.InputNamed("data") != s.Input(0) {
		t.Error("tensors by name")
	}
	if s.Output(0).Uint8() != nil {
		t.Error("a float tensor as uint8")
	}
}
