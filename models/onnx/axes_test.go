package onnx

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// movements counts the nodes that move memory.
func movements(g *runtime.Graph) (n int) {
	for _, node := range g.Nodes {
		switch node.Op.(type) {
		case *runtime.Rearrange, *runtime.Flatten:
			n++
		}
	}
	return n
}

// A model of Keras begins and ends with a transposition, with a cast and arithmetic in NHWC around it: memory never
// moves, and the model keeps its dimensions.
func TestNHWCModel(t *testing.T) {
	g, err := Load(modelOf(13, []int64{1, 2, 3, 2}, []wire.Msg{floats("mean", []int64{2}, 1, 10),
		floats("w", []int64{1, 2, 1, 1}, 1, 100)},
		nodeOf("Cast", "x", "c", attrInt("to", 1)), nodeOf("Identity", "c", "i"), nodeOf("Sub", "i mean", "s"),
		nodeOf("Transpose", "s", "t", attrInts("perm", 0, 3, 1, 2)),
		nodeOf("Conv", "t w", "v"), nodeOf("Relu", "v", "r"), nodeOf("Transpose", "r", "n", attrInts("perm", 0, 2, 3, 1)),
		nodeOf("Mul", "n two", "m"), nodeOf("Shape", "i", "shape"), nodeOf("Gather", "shape at", "images"),
		nodeOf("Concat", "images rest", "all", attrInt("axis", 0)), nodeOf("Reshape", "m all", "y")),
		WithInitializer("two", floats("two", nil, 2)), WithInitializer("at", int64s("at", []int64{1}, 0)),
		WithInitializer("rest", int64s("rest", []int64{3}, 2, 3, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if n := movements(g); n != 0 {
		t.Errorf("%d movements of memory", n)
	}
	in, inLay := g.Inputs[0].Dims()
	out, outLay := g.Outputs[0].Dims()
	if !slices.Equal(in, []int{1, 2, 3, 2}) || inLay != runtime.AsWritten || !slices.Equal(out, []int{1, 2, 3, 1}) ||
		outLay != runtime.AsWritten {
		t.Errorf("input %v %v, output %v %v", in, inLay, out, outLay)
	}
	got, err := interp.Run(g, ramp(12))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got[0] {
		if want := 2 * max(0, float32(2*i+1-1)+100*float32(2*i+2-10)); v != want {
			t.Errorf("element %d is %v, want %v", i, v, want)
		}
	}
}

// A constant is broadcast by its shape, wherever its elements vary.
func TestConstantsOfAnyShape(t *testing.T) {
	const n, c, h, w = 2, 2, 3, 4
	whole := ramp(c * h * w)
	row := []float32{1, 10, 100}
	batch := []float32{5, 50}
	for _, tc := range []struct {
		name, op string
		k        wire.Msg
		want     func(x float32, n, c, y, z int) float32
	}{
		{"rows", "Add", floats("k", []int64{3, 1}, row...), func(x float32, _, _, y, _ int) float32 { return x + row[y] }},
		{"an element each", "Mul", floats("k", []int64{2, 3, 4}, whole...),
			func(x float32, _, c, y, z int) float32 { return x * whole[(c*h+y)*w+z] }},
		{"images", "Sub", floats("k", []int64{2, 1, 1, 1}, batch...),
			func(x float32, n, _, _, _ int) float32 { return x - batch[n] }},
		{"channels", "Div", floats("k", []int64{2, 1, 1}, batch...),
			func(x float32, _, c, _, _ int) float32 { return x / batch[c] }},
		{"slopes", "PRelu", floats("k", []int64{2, 3, 4}, whole...), func(x float32, _, c, y, z int) float32 {
			return max(x, 0) + min(x, 0)*whole[(c*h+y)*w+z]
		}},
	} {
		g, err := Load(modelOf(13, []int64{n, c, h, w}, []wire.Msg{tc.k}, nodeOf(tc.op, "x k", "y")))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		x := ramp(n * c * h * w)
		for i := range x {
			x[i] -= 20
		}
		outs, err := interp.Run(g, interp.ToNHWC(g.Inputs[0].Shape, x))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range interp.ToNCHW(g.Outputs[0].Shape, outs[0]) {
			if want := tc.want(x[i], i/(c*h*w), i/(h*w)%c, i/w%h,
				i%w); math.Abs(float64(v-want)) > 1e-5*math.Abs(float64(want)) {
				t.Errorf("%s: element %d is %v, want %v", tc.name, i, v, want)
				break
			}
		}
	}
	g, err := Load(modelOf(13, []int64{1, 2, 3, 1}, []wire.Msg{floats("k", []int64{4}, 1, 2, 3, 4)},
		nodeOf("Add", "x k", "y")))
	if err != nil {
		t.Fatalf("a constant larger than the activation: %v", err)
	}
	outs, err := interp.Compiled(g, interp.ToNHWC(g.Inputs[0].Shape, ramp(6)))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range interp.ToNCHW(g.Outputs[0].Shape, outs[0]) {
		if want := ramp(6)[i/4] + float32(i%4+1); v != want {
			t.Errorf("element %d is %v, want %v", i, v, want)
		}
	}
}
