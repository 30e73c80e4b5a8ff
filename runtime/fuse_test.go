package runtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// randomChain is a network of chains that fuse makes: convolutions, poolings and normalisations of all geometries.
func randomChain(t *testing.T, seed uint64) *Graph {
	r := rand.New(rand.NewPCG(seed, 3))
	n := newNet(t)
	x := n.input(Shape{1, 45 + r.IntN(30), 45 + r.IntN(20), 3})
	window := func(k, stride int) Window {
		return Window{R: k, S: k, StrideH: stride, StrideW: stride, PadTop: r.IntN(k/2 + 1), PadLeft: r.IntN(k/2 + 1),
			PadBottom: r.IntN(k/2 + 1), PadRight: r.IntN(k/2 + 1)}
	}
	for i := range 2 {
		name := fmt.Sprint("layer", i)
		k, c := []int{1, 3, 5, 7}[r.IntN(4)], 16*(1+r.IntN(2))
		x = n.add(name, &Conv{Window: window(k, 1+r.IntN(2)), K: c, Weights: n.floats(c * k * k * x.Shape.C), Act: ReLU}, x)
		lrn := &LRN{Size: 5, Alpha: 1, Beta: 0.75, Bias: 1}
		if r.IntN(2) == 0 {
			x = n.add(name+"/before", lrn, x)
		}
		x = n.add(name+"/pool", &Pool{Window: window(2+r.IntN(2), 2), Type: []PoolKind{MaxPool, AvgPool}[r.IntN(2)],
			Ceil: r.IntN(2) == 0}, x)
		if r.IntN(2) == 0 {
			x = n.add(name+"/after", lrn, x)
		}
	}
	a := n.conv("1x1", x, 8, 1)
	b := n.add("pool", &Pool{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}}, x)
	if r.IntN(2) == 0 {
		b = n.add("norm", &LRN{Size: 5, Alpha: 1, Beta: 0.75, Bias: 1}, b)
	}
	b = n.conv("proj", b, 24, 1)
	return n.output(n.add("both", &Concat{}, a, b))
}

func TestChainsAgreeNodeByNode(t *testing.T) {
	graphs := uint64(100)
	if testing.Short() {
		graphs = 20
	}
	fused := 0
	for seed := range graphs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := randomChain(t, seed)
			in := testInput(g.Inputs[0].Shape.Elements())
			want := nodeByNode(t, g, in)[g.Outputs[0]]
			for _, isa := range arch.Supported() {
				near(t, isa.String(), run(t, g, in, WithISA(isa), WithThreads(1+int(seed%3)), WithMemory(Small))[0], want, 1e-3)
			}
			p, err := Compile(g, WithMemory(Small))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Report().Steps {
				if strings.Contains(s.Kernel, "bands") {
					fused++
				}
			}
		})
	}
	if fused < int(graphs)*2 {
		t.Errorf("%d chains in %d graphs: little was tested", fused, graphs)
	}
}

// What another node reads, or the caller, is not fused away.
func TestFuseKeepsWhatIsRead(t *testing.T) {
	for _, keep := range []string{"conv", "pool", ""} {
		n := newNet(t)
		x := n.input(Shape{1, 12, 12, 3})
		c := n.conv("conv", x, 16, 3)
		p := n.add("pool", &Pool{Window: Window{R: 2, S: 2, StrideH: 2, StrideW: 2}}, c)
		l := n.add("norm", &LRN{Size: 5, Alpha: 1, Beta: 0.75, Bias: 1}, p)
		g := n.output(l)
		switch keep {
		case "conv":
			n.output(c)
		case "pool":
			n.output(n.conv("more", p, 4, 1))
		}
		in := testInput(12 * 12 * 3)
		want := nodeByNode(t, g, in)
		for i, got := range run(t, g, in, WithMemory(Small)) {
			near(t, g.Outputs[i].Name, got, want[g.Outputs[i]], 1e-4)
		}
		plan, err := Compile(g, WithMemory(Small))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(plan.Report().Steps), map[string]int{"conv": 2, "pool": 3, "": 1}[keep]; got != want {
			t.Errorf("with %q kept: %d steps, want %d\n%v", keep, got, want, plan.Report())
		}
	}
}

// Fused, GoogLeNet needs no more than the tensors around its chains.
func TestGoogLeNetSmallArena(t *testing.T) {
	g := googLeNet(t)
	for _, isa := range []arch.ISA{arch.Generic, arch.Best()} {
		p, err := Compile(g, WithISA(isa), WithMemory(Small))
		if err != nil {
			t.Fatal(err)
		}
		if r := p.Report(); r.ArenaBytes > 2809856 || r.ArenaBytes != r.LowerBound {
			t.Errorf("%v: arena %d, bound %d; want 2809856\n%v", isa, r.ArenaBytes, r.LowerBound, r)
		}
	}
}

func TestParseMemory(t *testing.T) {
	for _, m := range []Memory{Fast, Small} {
		if got, err := ParseMemory(m.String()); got != m || err != nil {
			t.Errorf("%q is %v, %v", m, got, err)
		}
	}
	if _, err := ParseMemory("none"); err == nil {
		t.Error("no error")
	}
}

// In half precision, too, a large depthwise convolution becomes one step of a small plan with its neighbours; what it
// computes stays the same, to the last bit, at any number of threads.
func TestFuseDepthwiseInHalf(t *testing.T) {
	for i, c := range []struct{ h, expanded, r, stride, steps int }{
		{64, 96, 3, 2, 3}, {57, 80, 3, 1, 3}, {61, 80, 5, 2, 3}, {64, 320, 3, 1, 3}, {16, 96, 3, 1, 5},
	} {
		build := func(apart bool) *Graph {
			n := newNet(t)
			y := n.conv("expand", n.input(Shape{1, c.h, c.h + 3, 16}), c.expanded, 1)
			p := c.r / 2
			dw := &Conv{Window: Window{R: c.r, S: c.r, StrideH: c.stride, StrideW: c.stride, PadTop: p, PadLeft: p, PadBottom: p,
				PadRight: p}, K: c.expanded, Groups: c.expanded, Weights: n.floats(c.r * c.r * c.expanded),
				Bias: n.floats(c.expanded), Act: Clamp{On: true, Lo: 0, Hi: 6}}
			z := n.add("depthwise", dw, y)
			last := n.conv("project", z, 24, 1)
			if apart { // outputs are there as a whole
				n.output(y)
				n.output(z)
			}
			n.output(last)
			return n.g
		}
		in := testInput(c.h * (c.h + 3) * 16)
		want := run(t, build(true), in, WithHalf())[2]
		g := build(false)
		p, err := Compile(g, WithHalf(), WithMemory(Small))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(p.Report().Steps); got != c.steps {
			t.Errorf("%d: %d steps, want %d", i, got, c.steps)
		}
		for threads := 1; threads <= 3; threads++ {
			if got := run(t, g, in, WithHalf(), WithMemory(Small), WithThreads(threads))[0]; !slices.Equal(got, want) {
				t.Errorf("%d: other bits in one step, %d threads", i, threads)
			}
		}
	}
}
