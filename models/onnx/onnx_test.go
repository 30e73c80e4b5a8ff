package onnx

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// floats encodes a TensorProto of float_data.
func floats(name string, dims []int64, data ...float32) wire.Msg {
	return wire.Msg{}.Ints(1, dims...).Int(2, int64(elemFloat)).Floats(4, data...).Str(8, name)
}

// int64s encodes a TensorProto of int64_data.
func int64s(name string, dims []int64, data ...int64) wire.Msg {
	return wire.Msg{}.Ints(1, dims...).Int(2, int64(elemInt64)).Ints(7, data...).Str(8, name)
}

// nodeOf encodes a NodeProto; in and out are separated by spaces, "_" stands for an input left out.
func nodeOf(op, in, out string, attrs ...wire.Msg) wire.Msg {
	var m wire.Msg
	for _, s := range strings.Fields(in) {
		m = m.Str(1, strings.Replace(s, "_", "", 1))
	}
	for _, s := range strings.Fields(out) {
		m = m.Str(2, s)
	}
	m = m.Str(3, op+"_"+out).Str(4, op)
	for _, a := range attrs {
		m = m.Sub(5, a)
	}
	return m
}

func attrInts(name string, vs ...int64) wire.Msg { return wire.Msg{}.Str(1, name).Ints(8, vs...) }
func attrInt(name string, v int64) wire.Msg      { return wire.Msg{}.Str(1, name).Int(3, v) }
func attrFloat(name string, v float32) wire.Msg  { return wire.Msg{}.Str(1, name).Float(2, v) }
func attrStr(name, v string) wire.Msg            { return wire.Msg{}.Str(1, name).Str(4, v) }
func attrTensor(name string, t wire.Msg) wire.Msg {
	return wire.Msg{}.Str(1, name).Sub(5, t)
}

// portOf encodes a ValueInfoProto of floats; a dimension of −1 is left open.
func portOf(name string, dims ...int64) wire.Msg {
	shape := wire.Msg{}
	for _, d := range dims {
		if d < 0 {
			shape = shape.Sub(1, wire.Msg{}.Str(2, "batch"))
		} else {
			shape = shape.Sub(1, wire.Msg{}.Int(1, d))
		}
	}
	return wire.Msg{}.Str(1, name).Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, int64(elemFloat)).Sub(2, shape)))
}

// modelOf encodes a ModelProto with input x, output y.
func modelOf(opset int64, dims []int64, inits []wire.Msg, nodes ...wire.Msg) []byte {
	g := wire.Msg{}
	for _, n := range nodes {
		g = g.Sub(1, n)
	}
	g = g.Str(2, "test")
	for _, t := range inits {
		g = g.Sub(5, t)
	}
	g = g.Sub(11, portOf("x", dims...)).Sub(12, portOf("y"))
	return wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, opset)).Sub(7, g)
}

func ramp(n int) []float32 {
	f := make([]float32, n)
	for i := range f {
		f[i] = float32(i + 1)
	}
	return f
}

// opCases are small models whose result can be worked out by hand, beyond what the node tests of the ONNX project have.
var opCases = []struct {
	name  string
	opset int64
	dims  []int64
	inits []wire.Msg
	nodes []wire.Msg
	in    []float32 // nil for 1, 2, 3, …
	want  []float32
	kinds string // the graph's operations, if it matters
}{
	{name: "channels shuffled", opset: 13, dims: []int64{1, 4, 1, 2},
		inits: []wire.Msg{int64s("cut", []int64{5}, 1, 2, 2, 1, 2), int64s("join", []int64{4}, 1, 4, 1, 2)},
		nodes: []wire.Msg{nodeOf("Reshape", "x cut", "a"), nodeOf("Transpose", "a", "b", attrInts("perm", 0, 2, 1, 3, 4)),
			nodeOf("Reshape", "b join", "y")},
		want: []float32{1, 2, 5, 6, 3, 4, 7, 8}, kinds: "Rearrange Rearrange Rearrange"},
	{name: "blocks", opset: 13, dims: []int64{1, 4, 1, 2},
		nodes: []wire.Msg{nodeOf("DepthToSpace", "x", "a", attrInt("blocksize", 2), attrStr("mode", "CRD")),
			nodeOf("DepthToSpace", "b", "c", attrInt("blocksize", 2)), nodeOf("SpaceToDepth", "a", "b", attrInt("blocksize", 2)),
			nodeOf("Relu", "c", "y")},
		want: []float32{1, 3, 2, 4, 5, 7, 6, 8}, kinds: "DepthToSpace SpaceToDepth DepthToSpace Activation"},
	{name: "gate of one number per channel", opset: 13, dims: []int64{1, 2, 1, 2},
		nodes: []wire.Msg{nodeOf("GlobalMaxPool", "x", "a"), nodeOf("Mul", "x a", "y")}, want: []float32{2, 4, 12, 16},
		kinds: "GlobalMaxPool Binary"},
	{name: "smaller of two", opset: 13, dims: []int64{1, 2, 1, 2},
		nodes: []wire.Msg{nodeOf("GlobalAveragePool", "x", "a"), nodeOf("Min", "a x", "y")}, want: []float32{1, 1.5, 3, 3.5}},
	{name: "leaky", opset: 13, dims: []int64{1, 2, 1, 2}, in: []float32{-2, 3, -4, 0},
		nodes: []wire.Msg{nodeOf("LeakyRelu", "x", "y", attrFloat("alpha", 0.5))}, want: []float32{-1, 3, -2, 0}},
	{name: "concat of rows", opset: 13, dims: []int64{1, 2, 1, 2},
		nodes: []wire.Msg{nodeOf("Relu", "x", "a"), nodeOf("Concat", "x a", "y", attrInt("axis", 2))},
		want:  []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{name: "mean over channels", opset: 13, dims: []int64{1, 2, 1, 2},
		nodes: []wire.Msg{nodeOf("ReduceMean", "x", "y", attrInts("axes", 1))}, want: []float32{2, 3}},
	{name: "conv with bias and two channels", opset: 11, dims: []int64{1, 2, 2, 2},
		inits: []wire.Msg{floats("w", []int64{1, 2, 2, 2}, 1, 10, 0, 0, 0, 0, 0, 100), floats("b", []int64{1}, 0.5)},
		nodes: []wire.Msg{nodeOf("Conv", "x w b", "y")}, want: []float32{1 + 20 + 800 + 0.5}},
	{name: "depthwise conv with dilation", opset: 11, dims: []int64{1, 2, 1, 3},
		inits: []wire.Msg{floats("w", []int64{2, 1, 1, 2}, 1, 10, 100, 1000)},
		nodes: []wire.Msg{nodeOf("Conv", "x w", "y", attrInt("group", 2), attrInts("dilations", 1, 2))},
		want:  []float32{31, 6400}},
	{name: "conv SAME_LOWER", opset: 11, dims: []int64{1, 1, 1, 3},
		inits: []wire.Msg{floats("w", []int64{1, 1, 1, 2}, 1, 10)},
		nodes: []wire.Msg{nodeOf("Conv", "x w", "y", attrStr("auto_pad", "SAME_LOWER"))}, want: []float32{10, 21, 32}},
	{name: "bias added after conv", opset: 13, dims: []int64{1, 1, 1, 2},
		inits: []wire.Msg{floats("w", []int64{2, 1, 1, 1}, 1, -1), floats("b", []int64{1, 2, 1, 1}, 10, 20)},
		nodes: []wire.Msg{nodeOf("Conv", "x w", "c"), nodeOf("Add", "c b", "y")}, want: []float32{11, 12, 19, 18},
		kinds: "Conv"},
	{name: "bias added after matmul", opset: 13, dims: []int64{-1, 2},
		inits: []wire.Msg{floats("w", []int64{2, 2}, 1, 0, 10, 1), floats("b", []int64{2}, 5, 6)},
		nodes: []wire.Msg{nodeOf("MatMul", "x w", "c"), nodeOf("Add", "b c", "y")}, want: []float32{26, 8}, kinds: "FC"},
	{name: "no bias into a conv with two users", opset: 13, dims: []int64{1, 1, 1, 1},
		inits: []wire.Msg{floats("w", []int64{1, 1, 1, 1}, 2), floats("b", []int64{1}, 10)},
		nodes: []wire.Msg{nodeOf("Conv", "x w", "c"), nodeOf("Add", "c b", "d"), nodeOf("Add", "c d", "y")},
		want:  []float32{2 + 12}, kinds: "Conv Affine Add"},
	{name: "gemm of a flattened map", opset: 11, dims: []int64{1, 2, 1, 2},
		inits: []wire.Msg{floats("w", []int64{2, 4}, 1, 10, 100, 1000, 0, 0, 0, 1), floats("b", []int64{2}, 1, 2)},
		nodes: []wire.Msg{nodeOf("Flatten", "x", "f"), nodeOf("Relu", "f", "r"),
			nodeOf("Gemm", "r w b", "y", attrInt("transB", 1), attrFloat("alpha", 2), attrFloat("beta", 3))},
		want: []float32{2*4321 + 3, 8 + 6}, kinds: "Activation FC"},
	{name: "matmul of a reshaped map", opset: 14, dims: []int64{-1, 2, 1, 2},
		inits: []wire.Msg{floats("w", []int64{4, 1}, 1, 10, 100, 1000), int64s("s", []int64{2}, 0, -1)},
		nodes: []wire.Msg{nodeOf("Reshape", "x s", "f"), nodeOf("MatMul", "f w", "y")}, want: []float32{4321}, kinds: "FC"},
	{name: "shape arithmetic", opset: 12, dims: []int64{-1, 2, 1, 2},
		inits: []wire.Msg{int64s("zero", nil, 0), int64s("rest", []int64{1}, -1)},
		nodes: []wire.Msg{nodeOf("Shape", "x", "s"), nodeOf("Gather", "s zero", "n"),
			nodeOf("Unsqueeze", "n", "n1", attrInts("axes", 0)),
			nodeOf("Concat", "n1 rest", "to", attrInt("axis", 0)), nodeOf("Reshape", "x to", "y")}, want: ramp(4),
		kinds: "Flatten"},
	{name: "slices of a shape", opset: 12, dims: []int64{-1, 2, 1, 2},
		inits: []wire.Msg{int64s("from", []int64{1}, 0), int64s("one", []int64{1}, 1),
			int64s("end", []int64{1}, math.MaxInt64), int64s("rest", []int64{1}, -1)},
		nodes: []wire.Msg{nodeOf("Shape", "x", "s"), nodeOf("Slice", "s from one", "n"), nodeOf("Slice", "s one end", "more"),
			nodeOf("Slice", "n from end", "n2"), nodeOf("Concat", "n2 rest", "to", attrInt("axis", 0)),
			nodeOf("Reshape", "x to", "a"),
			nodeOf("Reshape", "a to", "y")}, want: ramp(4)},
	{name: "maximum and minimum with a number", opset: 13, dims: []int64{1, 3},
		inits: []wire.Msg{floats("two", nil, 2), floats("half", []int64{1}, 2.5)},
		nodes: []wire.Msg{nodeOf("Max", "two x", "a"), nodeOf("Min", "a half", "y")}, want: []float32{2, 2, 2.5}},
	{name: "clip by attributes", opset: 7, dims: []int64{1, 3},
		nodes: []wire.Msg{nodeOf("Clip", "x", "y", attrFloat("min", 1.5), attrFloat("max", 2.5))},
		want:  []float32{1.5, 2, 2.5}},
	{name: "clip by inputs", opset: 11, dims: []int64{1, 3}, inits: []wire.Msg{floats("six", nil, 2)},
		nodes: []wire.Msg{nodeOf("Clip", "x _ six", "y")}, want: []float32{1, 2, 2}},
	{name: "arithmetic with constants", opset: 13, dims: []int64{1, 2, 1, 1},
		inits: []wire.Msg{floats("c", []int64{2, 1, 1}, 2, 4), floats("k", nil, 10)},
		nodes: []wire.Msg{nodeOf("Mul", "x c", "a"), nodeOf("Sub", "k a", "b"), nodeOf("Sub", "b c", "d"),
			nodeOf("Div", "d c", "y")},
		want: []float32{(10 - 2 - 2) / 2., (10 - 8 - 4) / 4.}},
	{name: "residual sub and sum of three", opset: 13, dims: []int64{1, 2},
		nodes: []wire.Msg{nodeOf("Relu", "x", "r"), nodeOf("Sum", "x r x", "s"), nodeOf("Sub", "s r", "y")},
		want:  []float32{2, 4}},
	{name: "mean", opset: 13, dims: []int64{1, 2}, nodes: []wire.Msg{nodeOf("Relu", "x", "r"), nodeOf("Mean", "x r", "y")},
		want: []float32{1, 2}},
	{name: "batch normalisation", opset: 9, dims: []int64{1, 2, 1, 1},
		inits: []wire.Msg{floats("s", []int64{2}, 3, 5), floats("b", []int64{2}, 1, 2), floats("m", []int64{2}, 0.5, 1),
			floats("v", []int64{2}, 1, 4)},
		nodes: []wire.Msg{nodeOf("BatchNormalization", "x s b m v", "y", attrFloat("epsilon", 0))},
		want:  []float32{2.5, 4.5}},
	{name: "pad into conv", opset: 11, dims: []int64{1, 1, 1, 2},
		inits: []wire.Msg{floats("w", []int64{1, 1, 1, 2}, 1, 10), int64s("p", []int64{8}, 0, 0, 0, 1, 0, 0, 0, 1)},
		nodes: []wire.Msg{nodeOf("Pad", "x p", "q"), nodeOf("Conv", "q w", "y")}, want: []float32{10, 21, 2}, kinds: "Conv"},
	{name: "pad into average", opset: 7, dims: []int64{1, 1, 1, 2},
		nodes: []wire.Msg{nodeOf("Pad", "x", "q", attrInts("pads", 0, 0, 0, 1, 0, 0, 0, 1)),
			nodeOf("AveragePool", "q", "y", attrInts("kernel_shape", 1, 2))},
		want: []float32{0.5, 1.5, 1}, kinds: "AveragePool"},
	{name: "pad before a maximum of anything", opset: 7, dims: []int64{1, 1, 1, 2}, in: []float32{-1, -2},
		nodes: []wire.Msg{nodeOf("Pad", "x", "q", attrInts("pads", 0, 0, 0, 1, 0, 0, 0, 0)),
			nodeOf("MaxPool", "q", "y", attrInts("kernel_shape", 1, 2))},
		want: []float32{0, -1}, kinds: "Take MaxPool"},
	{name: "pad before a maximum of what is positive", opset: 7, dims: []int64{1, 1, 1, 2}, in: []float32{-1, 2},
		nodes: []wire.Msg{nodeOf("Relu", "x", "r"), nodeOf("Pad", "r", "q", attrInts("pads", 0, 0, 0, 1, 0, 0, 0, 0)),
			nodeOf("MaxPool", "q", "y", attrInts("kernel_shape", 1, 2))},
		want: []float32{0, 2}, kinds: "Activation MaxPool"},
	{name: "pad alone, by axes", opset: 18, dims: []int64{1, 2, 1, 1},
		inits: []wire.Msg{int64s("p", []int64{2}, 1, 1), int64s("a", []int64{1}, -1)},
		nodes: []wire.Msg{nodeOf("Pad", "x p _ a", "y")}, want: []float32{0, 1, 0, 0, 2, 0}},
	{name: "mean over the map", opset: 18, dims: []int64{1, 2, 1, 2}, inits: []wire.Msg{int64s("a", []int64{2}, -1, -2)},
		nodes: []wire.Msg{nodeOf("ReduceMean", "x a", "y", attrInt("keepdims", 0))}, want: []float32{1.5, 3.5}},
	{name: "softmax of old", opset: 11, dims: []int64{1, 2, 1, 1}, in: []float32{0, float32(math.Log(3))},
		nodes: []wire.Msg{nodeOf("Softmax", "x", "y")}, want: []float32{0.25, 0.75}},
	{name: "input in NHWC", opset: 11, dims: []int64{1, 1, 2, 3},
		inits: []wire.Msg{floats("w", []int64{1, 3, 1, 1}, 1, 10, 100)},
		nodes: []wire.Msg{nodeOf("Transpose", "x", "t", attrInts("perm", 0, 3, 1, 2)), nodeOf("Conv", "t w", "y")},
		// the test gives the input as NCHW: channels 1 2, 3 4, 5 6
		want: []float32{1 + 30 + 500, 2 + 40 + 600}},
	{name: "constants of every kind", opset: 13, dims: []int64{1, 1, 1, 1},
		nodes: []wire.Msg{nodeOf("Constant", "", "a", attrFloat("value_float", 2)),
			nodeOf("Constant", "", "b", attrTensor("value", floats("", []int64{1}, 3))),
			nodeOf("Constant", "", "c", wire.Msg{}.Str(1, "value_floats").Floats(7, 4)),
			nodeOf("Constant", "", "s", attrInts("value_ints", 1, -1)),
			nodeOf("Mul", "x a", "xa"), nodeOf("Add", "xa b", "xb"), nodeOf("Mul", "xb c", "xc"),
			nodeOf("Reshape", "xc s", "xs"),
			nodeOf("Identity", "xs", "xi"), nodeOf("Dropout", "xi", "y")}, want: []float32{20}},
	{name: "half precision weights", opset: 11, dims: []int64{1, 1, 1, 1},
		inits: []wire.Msg{wire.Msg{}.Ints(1, 4, 1, 1, 1).Int(2, int64(elemFloat16)).Sub(9,
			[]byte{0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b}).Str(8, "w")},
		nodes: []wire.Msg{nodeOf("Conv", "x w", "y")}, want: []float32{1, -2, 1. / (1 << 24), 65504}},
	{name: "output that is an input", opset: 11, dims: []int64{1, 2}, nodes: []wire.Msg{nodeOf("Identity", "x", "y")},
		want: []float32{1, 2}},
}

func TestOps(t *testing.T) {
	for _, c := range opCases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Load(modelOf(c.opset, c.dims, c.inits, c.nodes...))
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, n := range g.Nodes {
				kinds = append(kinds, n.Op.Kind())
			}
			if k := strings.Join(kinds, " "); c.kinds != "" && k != c.kinds {
				t.Errorf("nodes %s, want %s", k, c.kinds)
			}
			s := g.Inputs[0].Shape
			in := c.in
			if in == nil {
				in = ramp(s.Elements())
			}
			for how, run := range runs {
				out, err := run(g, interp.ToNHWC(s, in))
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if err := near(interp.ToNCHW(g.Outputs[0].Shape, out[0]), c.want); err != nil {
					t.Errorf("%s: %v", how, err)
				}
			}
		})
	}
}

// TestDynamicShapes: an open batch becomes 1 or what is asked for, an open image what is asked for.
func TestDynamicShapes(t *testing.T) {
	m := modelOf(13, []int64{-1, 3, -1, -1}, nil, nodeOf("Relu", "x", "y"))
	if _, err := Load(m); !errors.Is(err, runtime.ErrShape) || !strings.Contains(err.Error(), "WithInputShape") {
		t.Errorf("open image: %v", err)
	}
	g, err := Load(m, WithInputShape(3, 5, 7), WithBatch(2))
	if err != nil {
		t.Fatal(err)
	}
	if want := (runtime.Shape{N: 2, H: 5, W: 7, C: 3}); g.Inputs[0].Shape != want {
		t.Errorf("%v, want %v", g.Inputs[0].Shape, want)
	}
}

// TestUnsupported: everything that cannot be imported is listed, also behind something of unknown shape.
func TestUnsupported(t *testing.T) {
	foreign := nodeOf("FusedConv", "x", "f").Str(7, "com.microsoft")
	m := modelOf(13, []int64{1, 2, 4, 4}, []wire.Msg{floats("w", []int64{2, 2, 1, 1}, 1, 2, 3, 4)},
		nodeOf("Bernoulli", "x", "a"), nodeOf("Det", "a", "b"), nodeOf("LRN", "b", "c", attrInt("size", 4)),
		nodeOf("Mul", "x a", "d"), foreign, nodeOf("Conv", "x a", "g"), nodeOf("Transpose", "x", "h"),
		nodeOf("Concat", "c d f g h", "y", attrInt("axis", 1)))
	_, err := Load(m)
	var u *runtime.UnsupportedError
	if !errors.As(err, &u) {
		t.Fatalf("got %v", err)
	}
	var ops []string
	for _, op := range u.Ops {
		ops = append(ops, op.Op)
	}
	if want := []string{"Bernoulli", "Det", "LRN", "FusedConv", "Conv"}; !slices.Equal(ops, want) {
		t.Errorf("listed %v, want %v", ops, want)
	}
}

// What does not fit nodes is said at once, beside what is unsupported.
func TestFaultsAreListed(t *testing.T) {
	_, err := Load(modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("w", []int64{1, 2, 1, 1}, 1, 2),
		int64s("s", []int64{1}, 5)}, nodeOf("Conv", "x w", "a"), nodeOf("Nonsense", "x", "b"), nodeOf("Reshape", "x s", "c"),
		nodeOf("Relu", "c", "d"), nodeOf("Sum", "a b d", "y")))
	if !errors.Is(err, runtime.ErrShape) || !unsupported(err) {
		t.Fatal(err)
	}
	for _, says := range []string{`Nonsense (node "Nonsense_b")`, `node "Conv_a" (Conv)`, `node "Reshape_c" (Reshape)`} {
		if strings.Count(err.Error(), says) != 1 {
			t.Errorf("%v\nhas not once %s", err, says)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != 3 {
		t.Errorf("%d lines:\n%v", n+1, err)
	}
}

// TestErrors: what is wrong, and where, is said.
func TestErrors(t *testing.T) {
	x := []int64{1, 1, 2, 2}
	conv := nodeOf("Conv", "x w", "y")
	good := modelOf(11, x, []wire.Msg{floats("w", []int64{1, 1, 1, 1}, 1)}, conv)
	raw := func(dims ...int64) wire.Msg {
		return wire.Msg{}.Ints(1, dims...).Int(2, 1).Sub(9, []byte{0, 0, 128, 63}).Str(8, "w")
	}
	for _, c := range []struct {
		name  string
		model []byte
		is    error
		says  string
	}{
		{"empty", nil, runtime.ErrCorrupt, "the file is empty"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), runtime.ErrCorrupt, "not an ONNX model but a PNG image"},
		{"JPEG", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), runtime.ErrCorrupt, "a JPEG image"},
		{"TFLite", []byte("\x1c\x00\x00\x00TFL3"), runtime.ErrCorrupt, "a TensorFlow Lite model"},
		{"checkpoint", []byte("PK\x03\x04"), runtime.ErrCorrupt, "PyTorch"},
		{"pointer", []byte("version https://git-lfs.github.com/spec/v1\n"), runtime.ErrCorrupt, "git lfs pull"},
		{"text", []byte("name: \"net\"\n"), runtime.ErrCorrupt, "but text"},
		{"truncated", good[:len(good)-2], runtime.ErrCorrupt, "cut short: a field of"},
		{"no graph", wire.Msg{}.Int(1, 8), runtime.ErrCorrupt, "no graph"},
		{"too little data", modelOf(11, x, []wire.Msg{raw(2, 1, 1, 1)}, conv), runtime.ErrCorrupt,
			`initializer "w": float32 [2 1 1 1] needs 8 bytes of data, the file has 4`},
		{"huge claim", modelOf(11, x, []wire.Msg{raw(1<<31-1, 1<<31-1, 1<<31-1)}, conv), runtime.ErrCorrupt, `"w"`},
		{"negative dimension", modelOf(11, x, []wire.Msg{raw(-1)}, conv), runtime.ErrCorrupt, `"w"`},
		{"external data", modelOf(11, x, []wire.Msg{raw(1, 1, 1, 1).Int(14, 1)}, conv), runtime.ErrCorrupt,
			"save_as_external_data"},
		{"filters of another depth", modelOf(11, x, []wire.Msg{floats("w", []int64{1, 2, 1, 1}, 1, 2)}, conv),
			runtime.ErrShape, `node "Conv_y" (Conv)`},
		{"unknown input", modelOf(11, x, nil, conv), runtime.ErrGraph, `its input "w" is no input or initializer`},
		{"cycle", modelOf(11, x, nil, nodeOf("Relu", "c", "y"), nodeOf("Add", "x b", "a"), nodeOf("Relu", "a", "b"),
			nodeOf("Relu", "b", "c")), runtime.ErrGraph, `wait for each other: "Relu_b" ← "Add_a"`},
		{"made twice", modelOf(11, x, nil, nodeOf("Relu", "x", "y"), nodeOf("Relu", "x", "y")), runtime.ErrGraph,
			"made twice"},
		{"no output", modelOf(11, x, nil), runtime.ErrGraph, `no node makes the output "y"`},
		{"window too large", modelOf(11, x, nil, nodeOf("MaxPool", "x", "y", attrInts("kernel_shape", 1<<40, 3))),
			runtime.ErrCorrupt, "out of range"},
		{"pool larger than image", modelOf(11, x, nil, nodeOf("MaxPool", "x", "y", attrInts("kernel_shape", 3, 3))),
			runtime.ErrShape, "does not fit"},
		{"wrong attribute", modelOf(11, x, nil, nodeOf("LRN", "x", "y", attrInts("size", 1<<50).Sub(3, nil))),
			runtime.ErrCorrupt, "attribute size"},
		{"huge input", modelOf(11, []int64{1 << 20, 1 << 20, 1 << 20, 2}, nil, nodeOf("Relu", "x", "y")), runtime.ErrLimit,
			`input "x"`},
		{"reshape of nothing", modelOf(13, x, []wire.Msg{int64s("s", []int64{2}, 3, -1)}, nodeOf("Reshape", "x s", "y")),
			runtime.ErrShape, "cannot reshape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.model)
			var fe *runtime.FileError
			if !errors.As(err, &fe) || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a FileError of %v that says %q", err, c.is, c.says)
			}
		})
	}
	var u *runtime.UnsupportedError
	if _, err := Load(modelOf(MaxOpset+1, x, nil, nodeOf("Relu", "x", "y"))); !errors.As(err, &u) ||
		!strings.Contains(err.Error(), "version_converter") {
		t.Errorf("operator set %d: %v", MaxOpset+1, err)
	}
	path := filepath.Join(t.TempDir(), "m.onnx")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
}

// TestSharedConstants: memory does not grow with the number of nodes that use a constant.
func TestSharedConstants(t *testing.T) {
	const many = 2000
	nodes := []wire.Msg{}
	in := "x"
	for i := range many {
		out := "y"
		if i < many-1 {
			out = "t" + string(rune('a'+i%26)) + strings.Repeat("z", i/26)
		}
		nodes = append(nodes, nodeOf("Conv", in+" w", out, attrInts("pads", 1, 1, 1, 1)))
		in = out
	}
	const c = 64
	g, err := Load(modelOf(11, []int64{1, c, 8, 8}, []wire.Msg{floats("w", []int64{c, c, 3, 3}, ramp(c*c*9)...)},
		nodes...))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := g.Nodes[0].Op.(*runtime.Conv), g.Nodes[many-1].Op.(*runtime.Conv); &a.Weights[0] != &b.Weights[0] {
		t.Error("each node has its own copy of one constant")
	}
}

// TestConstantBudget: constants that a graph spreads over many channels cannot outgrow the file without bound.
func TestConstantBudget(t *testing.T) {
	nodes := []wire.Msg{}
	in := "x"
	for i := range 100 {
		out := "y"
		if i < 99 {
			out = "t" + strings.Repeat("z", i)
		}
		nodes = append(nodes, nodeOf("Mul", in+" k", out))
		in = out
	}
	if _, err := Load(modelOf(13, []int64{1, 1 << 22}, []wire.Msg{floats("k", nil, 2)}, nodes...)); !errors.Is(err,
		runtime.ErrLimit) {
		t.Errorf("got %v, want %v", err, runtime.ErrLimit)
	}
}

// TestWorkLimit: a small file cannot ask for years of work.
func TestWorkLimit(t *testing.T) {
	m := modelOf(11, []int64{1, 64, 1024, 1024}, []wire.Msg{floats("w", []int64{64, 64, 3, 3}, ramp(64*64*9)...)},
		nodeOf("Conv", "x w", "y"))
	l := runtime.DefaultLimits
	l.MaxMACs = 1 << 30
	if _, err := Load(m, WithLimits(l)); !errors.Is(err, runtime.ErrLimit) || !strings.Contains(err.Error(), "Conv_y") {
		t.Errorf("got %v", err)
	}
}

// TestBitFlips: no flipped bit and no truncation of a model makes the importer panic or forget to name the file.
func TestBitFlips(t *testing.T) {
	check := func(b []byte) {
		g, err := Load(b, WithLimits(fuzzLimits))
		checkImport(t, g, err)
	}
	for _, model := range fuzzModels() {
		for i := range model {
			for bit := range 8 {
				b := slices.Clone(model)
				b[i] ^= 1 << bit
				check(b)
			}
			check(model[:i])
		}
	}
}
