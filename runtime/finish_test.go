package runtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// finishNet is a network of convolutions with functions after them: a first layer, siblings into a concatenation, one
// by channel, 3×3. With apart, the convolutions' own outputs are the graph's too.
func finishNet(t *testing.T, quantised, apart bool) *Graph {
	n := newNet(t)
	x := n.input(Shape{1, 22, 26, 3})
	if quantised {
		x = n.add("bytes", &Quantize{To: Quant{Scale: 1. / 64, Zero: 128}}, x)
	}
	var between []*Value
	to := Quant{Scale: 1. / 32, Zero: 117}
	conv := func(name string, x *Value, k, r, stride, groups int, of kernels.Curve) *Value {
		w := Window{R: r, S: r, StrideH: stride, StrideW: stride, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2,
			PadRight: r / 2}
		weights := n.floats(k * r * r * x.Shape.C / groups)
		f := &Curve{Of: of}
		if !quantised {
			x = n.add(name, &Conv{Window: w, K: k, Groups: groups, Weights: weights}, x)
			between = append(between, x)
			return n.add(name+"/f", f, x)
		}
		q := &QConv{Window: w, K: k, Groups: groups, WScale: slices.Repeat([]float32{1. / 1024}, k), Out: to, Hi: 255}
		for _, v := range weights {
			q.Weights = append(q.Weights, int8(v*100))
		}
		x = n.add(name, q, x)
		between = append(between, x)
		return n.add(name+"/f", &Quantised{Op: f, Out: to}, x)
	}
	x = conv("first", x, 16, 3, 2, 1, kernels.HardSwish)
	a := conv("a", x, 24, 1, 1, 1, kernels.SiLU)
	b := conv("b", x, 40, 1, 1, 1, kernels.Mish)
	x = n.add("both", &Concat{}, a, b)
	x = conv("depthwise", x, 64, 5, 1, 64, kernels.SiLU)
	x = conv("wide", x, 64, 3, 1, 1, kernels.Tanh)
	outputs := []*Value{x, conv("last", x, 64, 1, 1, 4, kernels.SiLU)}
	if apart {
		outputs = append(outputs, between...)
	}
	if quantised {
		for i, v := range outputs {
			outputs[i] = n.add(fmt.Sprint("output", i), &Dequantize{}, v)
		}
	}
	return n.output(outputs...)
}

// TestFinish: functions of what a convolution alone writes are done within its step, to the same bits.
func TestFinish(t *testing.T) {
	for _, quantised := range []bool{false, true} {
		t.Run(fmt.Sprint("quantised=", quantised), func(t *testing.T) {
			whole, apart := finishNet(t, quantised, false), finishNet(t, quantised, true)
			in := testInput(whole.Inputs[0].Shape.Elements())
			for _, isa := range arch.Supported() {
				want := run(t, apart, in, WithISA(isa))
				for threads := 1; threads <= 3; threads++ {
					for i, got := range run(t, whole, in, WithISA(isa), WithThreads(threads)) {
						if !slices.Equal(got, want[i]) {
							t.Errorf("%v, %d threads, output %d: other bits", isa, threads, i)
						}
					}
				}
			}
			for g, want := range map[*Graph]int{whole: 5, apart: 0} {
				p, err := Compile(g)
				if err != nil {
					t.Fatal(err)
				}
				finished := 0
				for _, s := range p.Report().Steps {
					if strings.Contains(s.Kernel, " + ") {
						finished++
					}
				}
				if finished != want {
					t.Errorf("%d steps do functions too, want %d", finished, want)
				}
			}
		})
	}
}
