package runtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// mobileChain is a chain of a convolution, depthwise and 1×1 ones and functions of one element, of random geometry, in
// float or quantised.
func mobileChain(t *testing.T, seed uint64, quantised bool) *Graph {
	r := rand.New(rand.NewPCG(seed, 4))
	n := newNet(t)
	x := n.input(Shape{1, 60 + r.IntN(20), 60 + r.IntN(20), 3})
	q := func(scale float32) Quant { return Quant{Scale: scale, Zero: uint8(100 + r.IntN(40))} }
	if quantised {
		x = n.add("quantize", &Quantize{To: q(1. / 64)}, x)
	}
	conv := func(name string, w Window, k, groups int) {
		each := w.R * w.S * x.Shape.C / max(groups, 1)
		if quantised {
			c := &QConv{Window: w, K: k, Groups: groups, WScale: slices.Repeat([]float32{1. / 256}, k), Out: q(1. / 32),
				Hi: 255}
			for range k * each {
				c.Weights = append(c.Weights, int8(r.IntN(255)-127))
			}
			x = n.add(name, c, x)
			return
		}
		c := &Conv{Window: w, K: k, Groups: groups, Weights: n.floats(k * each), Act: Clamp{On: true, Hi: 6}}
		x = n.add(name, c, x)
	}
	window := func(k, stride int) Window {
		return Window{R: k, S: k, StrideH: stride, StrideW: stride, PadTop: r.IntN(k/2 + 1), PadLeft: r.IntN(k/2 + 1),
			PadBottom: r.IntN(k/2 + 1), PadRight: r.IntN(k/2 + 1)}
	}
	conv("first", window([]int{1, 3}[r.IntN(2)], 1), 48, 1)
	for i := range 2 {
		name := fmt.Sprint("layer", i)
		conv(name+"/depthwise", window([]int{3, 5}[r.IntN(2)], 1+r.IntN(2)), x.Shape.C, x.Shape.C)
		if !quantised && r.IntN(2) == 0 {
			x = n.add(name+"/curve", &Curve{Of: kernels.HardSwish}, x)
		}
		conv(name+"/pointwise", Window{R: 1, S: 1}, 40+8*r.IntN(3), 1)
	}
	if quantised {
		x = n.add("dequantize", &Dequantize{}, x)
	}
	return n.output(x)
}

// Chains of depthwise convolutions in bands give what the operations give one after the other, the same bits at any
// number of threads: of quantised graphs also those of a plan without bands.
func TestMobileChains(t *testing.T) {
	fused := 0
	for seed := range uint64(12) {
		quantised := seed%3 == 0
		g := mobileChain(t, seed, quantised)
		in := testInput(g.Inputs[0].Shape.Elements())
		for _, isa := range arch.Supported() {
			what := fmt.Sprint(seed, isa)
			want := run(t, g, in, WithISA(isa))[0]
			got := run(t, g, in, WithISA(isa), WithMemory(Small))[0]
			near(t, what, got, want, 1e-4)
			if quantised && !slices.Equal(got, want) {
				t.Errorf("%s: other bytes than without bands", what)
			}
			for _, threads := range []int{2, 3, 7} {
				if !slices.Equal(run(t, g, in, WithISA(isa), WithMemory(Small), WithThreads(threads))[0], got) {
					t.Errorf("%s: other bits by %d threads", what, threads)
				}
			}
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
	}
	if fused < 10 {
		t.Errorf("%d chains: little was tested", fused)
	}
}

// By chains in bands, plans for speed of ARM's tiers keep from memory what does not stay in small caches; the results
// are those of the operations one after the other. What is small anyway, or has more filters than stay there, is not in
// bands, and a projection ends a chain.
func TestFastChains(t *testing.T) {
	build := func(h, c, expanded int, apart bool) *Graph {
		n := newNet(t)
		x := n.input(Shape{1, h, h, c})
		for i := range 2 {
			y := n.conv(fmt.Sprint("expand", i), x, expanded, 1)
			dw := &Conv{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: expanded,
				Groups: expanded, Weights: n.floats(9 * expanded), Act: Clamp{On: true, Hi: 6}}
			z := n.add(fmt.Sprint("depthwise", i), dw, y)
			if apart { // outputs are there as a whole
				n.output(y)
				n.output(z)
			}
			x = n.conv(fmt.Sprint("project", i), z, c, 1)
		}
		n.output(x)
		return n.g
	}
	for _, c := range []struct{ h, c, expanded, bands int }{{40, 16, 96, 2}, {8, 16, 96, 0}, {12, 160, 960, 0}} {
		g := build(c.h, c.c, c.expanded, false)
		in := testInput(c.h * c.h * c.c)
		for _, isa := range arch.Supported() {
			p, err := Compile(g, WithISA(isa))
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			if isa >= arch.NEON {
				want = c.bands
			}
			bands := 0
			for _, s := range p.Report().Steps {
				if s.Bands > 0 {
					bands++
					between := int64(2 * 4 * c.h * c.h * c.expanded)
					sum := -2 * between
					for _, stage := range s.Stages {
						sum += stage.Bytes
					}
					if len(s.Stages) != 3 || s.Stages[2].Weights == 0 || s.Bytes != sum {
						t.Errorf("%d bytes in %+v", s.Bytes, s.Stages)
					}
				}
			}
			if bands != want {
				t.Errorf("%+v, %s: %d chains in bands, want %d", c, isa, bands, want)
			}
			all := run(t, build(c.h, c.c, c.expanded, true), in, WithISA(isa))
			for threads := 1; threads <= 3; threads++ {
				if !slices.Equal(run(t, g, in, WithISA(isa), WithThreads(threads))[0], all[len(all)-1]) {
					t.Errorf("%+v, %s: other bits by %d threads", c, isa, threads)
				}
			}
		}
	}
}

// So do poolings and normalisations, and a projection of those.
func TestFastPools(t *testing.T) {
	build := func(h int, apart bool) *Graph {
		n := newNet(t)
		x := n.input(Shape{1, h, h, 64})
		pool := &Pool{Window: Window{R: 3, S: 3, StrideH: 2, StrideW: 2}}
		norm := &LRN{Size: 5, Alpha: 1, Beta: 0.75, Bias: 1}
		for i, op := range []Op{pool, norm, &Conv{Window: Window{R: 1, S: 1}, K: 192, Weights: n.floats(64 * 192), Act: ReLU},
			norm, pool} {
			x = n.add(fmt.Sprint(i), op, x)
			if apart || i == 4 {
				n.output(x)
			}
		}
		return n.g
	}
	for _, c := range []struct{ h, bands int }{{97, 2}, {33, 0}} {
		g := build(c.h, false)
		in := testInput(c.h * c.h * 64)
		for _, isa := range arch.Supported() {
			p, err := Compile(g, WithISA(isa))
			if err != nil {
				t.Fatal(err)
			}
			bands := 0
			for _, s := range p.Report().Steps {
				if s.Bands >= 8 {
					bands++
				}
			}
			want := 0
			if isa >= arch.NEON {
				want = c.bands
			}
			if bands != want {
				t.Errorf("%d, %s: %d chains in bands, want %d\n%v", c.h, isa, bands, want, p.Report())
			}
			for _, half := range []Option{WithISA(isa), WithHalf()} {
				all := run(t, build(c.h, true), in, WithISA(isa), half)
				for threads := 1; threads <= 3; threads++ {
					if !slices.Equal(run(t, g, in, WithISA(isa), half, WithThreads(threads))[0], all[len(all)-1]) {
						t.Errorf("%d, %s: other bits by %d threads", c.h, isa, threads)
					}
				}
			}
		}
	}
}
