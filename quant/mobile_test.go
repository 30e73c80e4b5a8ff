package quant

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

func (n *net) curve(name string, of kernels.Curve, x *runtime.Value) *runtime.Value {
	return n.add(name, &runtime.Curve{Of: of}, x)
}

// depthwise is a depthwise 3×3 convolution.
func (n *net) depthwise(name string, x *runtime.Value, stride int) *runtime.Value {
	c := x.Shape.C
	return n.add(name, &runtime.Conv{Window: runtime.Window{R: 3, S: 3, StrideH: stride, StrideW: stride, PadTop: 1,
		PadLeft: 1, PadBottom: 1, PadRight: 1}, K: c, Groups: c, Weights: n.weights(9*c, 0.4), Bias: n.weights(c, 0.2)}, x)
}

// squeezed is x times a number for each channel that its mean gives.
func (n *net) squeezed(name string, x *runtime.Value, act func(name string, x *runtime.Value) *runtime.Value,
	gate kernels.Curve) *runtime.Value {
	c := x.Shape.C
	s := n.add(name+"/mean", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	s = act(name+"/act", n.conv(name+"/down", s, max(c/4, 4), 1, none))
	s = n.conv(name+"/up", s, c, 1, none)
	op := &runtime.Curve{Of: gate}
	if gate == kernels.HardSigmoid {
		op.A, op.B = 1./6, 0.5
	}
	return n.add(name+"/scaled", &runtime.Binary{How: kernels.Times}, x, n.add(name+"/gate", op, s))
}

// inverted is a block of MobileNetV3 and of EfficientNet: wide, depthwise, squeezed, narrow, and a sum.
func (n *net) inverted(name string, x *runtime.Value, act func(string, *runtime.Value) *runtime.Value,
	gate kernels.Curve) *runtime.Value {
	y := act(name+"/a", n.conv(name+"/wide", x, 2*x.Shape.C, 1, none))
	y = act(name+"/b", n.depthwise(name+"/deep", y, 1))
	y = n.conv(name+"/narrow", n.squeezed(name+"/se", y, act, gate), x.Shape.C, 1, none)
	return n.add(name+"/sum", &runtime.Add{}, x, y)
}

// mobileNets are small networks with the operations of those that cameras run.
func mobileNets(t *testing.T) map[string]*runtime.Graph {
	relu := func(n *net) func(string, *runtime.Value) *runtime.Value {
		return func(name string, x *runtime.Value) *runtime.Value {
			return n.add(name, &runtime.Activation{Act: runtime.ReLU}, x)
		}
	}
	v3 := newNet(t, 21)
	hard := func(name string, x *runtime.Value) *runtime.Value { return v3.curve(name, kernels.HardSwish, x) }
	x := hard("stem/act", v3.conv("stem", v3.input(12, 12, 3), 8, 3, none))
	x = v3.inverted("one", x, relu(v3), kernels.HardSigmoid)
	x = v3.inverted("two", x, hard, kernels.HardSigmoid)
	x = v3.add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, hard("last/act", v3.conv("last", x, 24, 1, none)))
	v3.outputs(v3.fc("scores", hard("head/act", v3.fc("head", x, 16, none)), 10, none))

	b0 := newNet(t, 22)
	silu := func(name string, x *runtime.Value) *runtime.Value { // as PyTorch writes it
		return b0.add(name, &runtime.Binary{How: kernels.Times}, x, b0.curve(name+"/sigmoid", kernels.Sigmoid, x))
	}
	x = silu("stem/act", b0.conv("stem", b0.input(12, 12, 3), 8, 3, none))
	x = b0.inverted("two", b0.inverted("one", x, silu, kernels.Sigmoid), silu, kernels.Sigmoid)
	x = b0.add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	b0.outputs(b0.add("prob", &runtime.Softmax{}, b0.fc("scores", x, 10, none)))

	yolox := newNet(t, 23)
	swish := func(name string, x *runtime.Value) *runtime.Value { return yolox.curve(name, kernels.SiLU, x) }
	x = swish("stem/act", yolox.conv("stem", yolox.input(12, 12, 3), 8, 3, none))
	a := swish("a/act", yolox.conv("a", x, 8, 3, none))
	slope := &runtime.Binary{How: kernels.Sloped, Of: yolox.weights(8, 0.3), Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 8}}
	b := yolox.add("b/prelu", slope, yolox.conv("b", x, 8, 1, none))
	x = swish("c/act", yolox.conv("c", yolox.add("cat", &runtime.Concat{}, a, b), 12, 1, none))
	boxes := yolox.conv("boxes", x, 4, 1, none)
	class := yolox.curve("class/sigmoid", kernels.Sigmoid, yolox.conv("class", x, 6, 1, none))
	yolox.outputs(yolox.add("all", &runtime.Concat{}, yolox.curve("boxes/size", kernels.Softplus, boxes), class))

	// Pixels of which each is a mean of all, weighted by how alike they are.
	vit := newNet(t, 24)
	x = vit.conv("stem", vit.input(12, 12, 3), 8, 3, none)
	asked, key, given := vit.conv("asked", x, 8, 1, none), vit.conv("key", x, 8, 1, none), vit.conv("given", x, 8, 1, none)
	alike := vit.add("weights", &runtime.Softmax{}, vit.add("alike", &runtime.MatMul{TransB: true}, asked, key))
	x = vit.add("mixed", &runtime.MatMul{}, alike, given)
	x = vit.conv("out", x, 12, 1, none)
	largest := vit.add("largest", &runtime.Reduce{How: kernels.Maximum, Over: kernels.Axes{H: true, W: true}}, x)
	mean := vit.add("mean", &runtime.Reduce{How: kernels.Mean, Over: kernels.Axes{H: true, W: true}}, x)
	vit.outputs(vit.fc("scores", vit.add("cat", &runtime.Concat{}, largest, mean), 10, none))
	return map[string]*runtime.Graph{"MobileNetV3": v3.g, "EfficientNet": b0.g, "YOLOX": yolox.g, "attention": vit.g}
}

// TestMobileNets: squeezes, gates, swishes and slopes work on bytes, which are the same on every tier; what stays float
// says why, and the results are near.
func TestMobileNets(t *testing.T) {
	floats := map[string][]string{"EfficientNet": {"prob: " + reasonKept}, "attention": {"weights: " + reasonKept},
		"YOLOX": {"all: " + reasonLast}}
	for name, g := range mobileNets(t) {
		q, report, err := Quantize(g, calibrated(t, g))
		if err != nil {
			t.Fatal(name, err)
		}
		var float []string
		for _, l := range report.Layers {
			if l.Float {
				float = append(float, fmt.Sprint(l.Name, ": ", l.Reason))
			} else if l.Reason != "" {
				t.Errorf("%s: %s is quantised, and float because %s", name, l.Name, l.Reason)
			}
		}
		slices.Sort(float)
		slices.Sort(floats[name])
		if !slices.Equal(float, floats[name]) {
			t.Errorf("%s: float are %q, want %q\n%v", name, float, floats[name], report)
		}
		in := make([]float32, 12*12*3)
		if err := noise(5, 1)(in); err != nil {
			t.Fatal(err)
		}
		want := results(t, g, in)
		for _, isa := range arch.Supported() {
			got := results(t, q, in, runtime.WithISA(isa))
			if first := results(t, q, in, runtime.WithISA(arch.Generic)); report.Portable && !slices.Equal(got, first) {
				t.Errorf("%s: %v gives other bytes", name, isa)
			}
			var diff, size float64
			for i, v := range got {
				diff, size = diff+math.Pow(float64(v-want[i]), 2), size+math.Pow(float64(want[i]), 2)
			}
			if db := 10 * math.Log10(size/diff); db < 20 {
				t.Errorf("%s: %v agrees only to %.1f dB", name, isa, db)
			} else {
				t.Logf("%s: %v: %.1f dB", name, isa, db)
			}
		}
	}
}

// results are the first output of a graph.
func results(t *testing.T, g *runtime.Graph, in []float32, opts ...runtime.Option) []float32 {
	t.Helper()
	p, err := runtime.Compile(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	copy(s.Input(0).Float32(), in)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(s.Output(0).Float32())
}
