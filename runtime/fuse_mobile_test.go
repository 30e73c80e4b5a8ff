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
