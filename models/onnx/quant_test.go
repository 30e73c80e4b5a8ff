package onnx

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// ints encodes a TensorProto of an integer type in int32_data.
func ints(typ elem, name string, dims []int64, data ...int64) wire.Msg {
	return wire.Msg{}.Ints(1, dims...).Int(2, int64(typ)).Ints(5, data...).Str(8, name)
}

func u8(name string, data ...int64) wire.Msg { return ints(elemUint8, name, nil, data...) }
func s8(name string, data ...int64) wire.Msg { return ints(elemInt8, name, nil, data...) }
func f32(name string, data float32) wire.Msg { return floats(name, nil, data) }
func q(in, sz, out string) wire.Msg          { return nodeOf("QuantizeLinear", in+" "+sz, out) }
func dq(in, sz, out string, a ...wire.Msg) wire.Msg {
	return nodeOf("DequantizeLinear", in+" "+sz, out, a...)
}

func contribOf(op, in, out string, attrs ...wire.Msg) wire.Msg {
	return nodeOf(op, in, out, attrs...).Str(7, contribDomain)
}

// half and one are scales and zero points that many cases share: real = (q − 10)/2 and real = q.
var shared = []wire.Msg{f32("half", 0.5), u8("ten", 10), f32("one", 1), u8("zero", 0), s8("zero8", 0)}

// filters are two 1×1 filters over two channels with scales ½ and ¼, as levels 2 4 and −4 8: 1 2 and −1 2 in numbers.
var filters = []wire.Msg{ints(elemInt8, "w", []int64{2, 2, 1, 1}, 2, 4, -4, 8), floats("ws", []int64{2}, 0.5, 0.25),
	ints(elemInt8, "wz", []int64{2}, 0, 0),
	ints(elemInt32, "b", []int64{2}, 4, 8), floats("bs", []int64{2}, 0.25, 0.125), ints(elemInt32, "bz", []int64{2}, 0, 0)}

var toFilters = []wire.Msg{dq("w", "ws wz", "wf", attrInt("axis", 0)), dq("b", "bs bz", "bf", attrInt("axis", 0))}

type quantCase struct {
	name  string
	opset int64
	dims  []int64
	inits []wire.Msg
	nodes []wire.Msg
	in    []float32
	want  []float32
	kinds string
}

func nodes(ms ...any) []wire.Msg {
	var out []wire.Msg
	for _, m := range ms {
		switch m := m.(type) {
		case wire.Msg:
			out = append(out, m)
		case []wire.Msg:
			out = append(out, m...)
		}
	}
	return out
}

var quantCases = []quantCase{
	{name: "conv", dims: []int64{1, 2, 1, 1}, in: []float32{3, 5}, inits: filters,
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			q("c", "one ten", "cq"), dq("cq", "one ten", "y")),
		want: []float32{3 + 10 + 1, -3 + 10 + 1}, kinds: "Quantize QConv Dequantize"},
	{name: "conv with relu", dims: []int64{1, 2, 1, 1}, in: []float32{-30, 5}, inits: filters,
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			nodeOf("Relu", "c", "r"), q("r", "one ten", "cq"), dq("cq", "one ten", "y")),
		want: []float32{-5 + 10 + 1, 5 + 10 + 1}, kinds: "Quantize QConv Dequantize"},
	{name: "conv with relu6", dims: []int64{1, 2, 1, 1}, in: []float32{3, 1},
		inits: append(filters[:len(filters):len(filters)], f32("low", 0), f32("six", 6)),
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			nodeOf("Clip", "c low six", "r"), q("r", "half ten", "y")),
		want: []float32{22, 10}, kinds: "Quantize QConv"},
	{name: "conv that is also read as floats", dims: []int64{1, 2, 1, 1}, in: []float32{3, 5}, inits: filters,
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			q("c", "one ten", "cq"), dq("cq", "one ten", "d"), nodeOf("Sub", "d c", "y")),
		want: []float32{0, 0}},
	{name: "conv to float", dims: []int64{1, 2, 1, 1}, in: []float32{3, 5}, inits: filters,
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			nodeOf("Relu", "c", "y")),
		want: []float32{14, 8}, kinds: "Quantize Dequantize Conv"},
	{name: "conv of uint8 weights", dims: []int64{1, 1, 1, 1}, in: []float32{3},
		inits: []wire.Msg{ints(elemUint8, "w", []int64{1, 1, 1, 1}, 130), u8("wz", 128)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("w", "half wz", "wf"),
			nodeOf("Conv", "xf wf", "c"), q("c", "one ten", "y")),
		want: []float32{10 + 3}, kinds: "Quantize QConv"},
	{name: "conv of weights beyond int8", dims: []int64{1, 1, 1, 1}, in: []float32{3},
		inits: []wire.Msg{ints(elemUint8, "w", []int64{1, 1, 1, 1}, 200)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("w", "half zero", "wf"),
			nodeOf("Conv", "xf wf", "c"), q("c", "one ten", "y")),
		want: []float32{255}, kinds: "Quantize Dequantize Conv Quantize"},
	{name: "conv with a float bias", dims: []int64{1, 1, 1, 1}, in: []float32{3},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{1, 1, 1, 1}, 2), floats("b", []int64{1}, 2.25)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("w", "half zero8", "wf"),
			nodeOf("Conv", "xf wf b", "c"), q("c", "half ten", "y")),
		want: []float32{10 + 6 + 4}, kinds: "Quantize QConv"},
	{name: "weights quantised by nodes", dims: []int64{1, 1, 1, 1}, in: []float32{3},
		inits: []wire.Msg{floats("w", []int64{1, 1, 1, 1}, 1.1)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), q("w", "half zero8", "w8"),
			dq("w8", "half zero8", "wf"), nodeOf("Conv", "xf wf", "c"), q("c", "one ten", "y")),
		want: []float32{13}, kinds: "Quantize QConv"},
	{name: "signed activations", dims: []int64{1, 2, 1, 1}, in: []float32{3, -5},
		inits: append(filters[:len(filters):len(filters)], s8("minus", -10)),
		nodes: nodes(q("x", "half zero8", "xq"), dq("xq", "half zero8", "xf"), toFilters, nodeOf("Conv", "xf wf bf", "c"),
			q("c", "one minus", "cq"), dq("cq", "one minus", "y")),
		want: []float32{3 - 10 + 1, -3 - 10 + 1}, kinds: "Quantize QConv Dequantize"},
	{name: "max pool", dims: []int64{1, 1, 1, 2}, in: []float32{3, -2},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			nodeOf("MaxPool", "xf", "p", attrInts("kernel_shape", 1, 2)), q("p", "half ten", "y")),
		want: []float32{16}, kinds: "Quantize MaxPool"},
	{name: "max pool to another scale", dims: []int64{1, 1, 1, 2}, in: []float32{3, -2},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			nodeOf("MaxPool", "xf", "p", attrInts("kernel_shape", 1, 2)), q("p", "one ten", "y")),
		want: []float32{13}, kinds: "Quantize MaxPool Dequantize Quantize"},
	{name: "max pool of integers", dims: []int64{1, 1, 1, 2}, in: []float32{3, -2},
		nodes: nodes(q("x", "half ten", "xq"), nodeOf("MaxPool", "xq", "p", attrInts("kernel_shape", 1, 2)),
			dq("p", "half ten", "y")),
		want: []float32{3}, kinds: "Quantize MaxPool Dequantize"},
	{name: "averages", dims: []int64{1, 1, 1, 4}, in: []float32{1, 2, 3, 8},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			nodeOf("AveragePool", "xf", "p", attrInts("kernel_shape", 1, 2), attrInts("strides", 1, 2)),
			q("p", "half ten", "pq"),
			dq("pq", "half ten", "pf"), nodeOf("GlobalAveragePool", "pf", "g"), q("g", "half ten", "y")),
		want: []float32{17}, kinds: "Quantize QAveragePool QGlobalAveragePool"},
	{name: "joined along rows, of two scales", dims: []int64{1, 1, 2, 1}, in: []float32{3, 5},
		nodes: nodes(q("x", "half ten", "a"), q("x", "one ten", "b"), dq("a", "half ten", "af"), dq("b", "one ten", "bf"),
			nodeOf("Concat", "af bf", "j", attrInt("axis", 2)), q("j", "half ten", "y")),
		want: []float32{16, 20, 16, 20}},
	{name: "a sum that broadcasts", dims: []int64{1, 1, 2, 1}, in: []float32{3, 5},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), nodeOf("GlobalMaxPool", "xf", "g"),
			q("g", "half ten", "gq"), dq("gq", "half ten", "gf"),
			nodeOf("Add", "xf gf", "s"), q("s", "half ten", "y")),
		want: []float32{26, 30}},
	{name: "LRN", dims: []int64{1, 2, 1, 1}, in: []float32{1, 2},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			nodeOf("LRN", "xf", "p", attrInt("size", 3), attrFloat("alpha", 3)), q("p", "half ten", "y")),
		want: []float32{11, 11}, kinds: "Quantize QLRN"},
	{name: "LRN to another power", dims: []int64{1, 2, 1, 1}, in: []float32{1, 2},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			nodeOf("LRN", "xf", "p", attrInt("size", 3), attrFloat("alpha", 3), attrFloat("beta", 1)), q("p", "half ten", "y")),
		want: []float32{10, 11}, kinds: "Quantize Dequantize LRN Quantize"},
	{name: "residual with relu", dims: []int64{1, 2, 1, 1}, in: []float32{1, -2},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), nodeOf("Relu", "xf", "a"),
			q("a", "one zero", "aq"), dq("aq", "one zero", "af"), nodeOf("Add", "xf af", "s"), nodeOf("Relu", "s", "r"),
			q("r", "half zero", "y")),
		want: []float32{4, 0}, kinds: "Quantize Dequantize Activation Quantize QAdd"},
	{name: "relu of what cannot be negative", dims: []int64{1, 1, 1, 1}, in: []float32{7},
		nodes: nodes(q("x", "half zero", "xq"), dq("xq", "half zero", "xf"), nodeOf("Relu", "xf", "r"),
			q("r", "half zero", "y")), want: []float32{14}, kinds: "Quantize"},
	{name: "concat of one scale", dims: []int64{1, 1, 1, 1}, in: []float32{7},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("xq", "half ten", "xg"),
			nodeOf("Concat", "xf xg", "c", attrInt("axis", 1)), q("c", "half ten", "y")),
		want: []float32{24, 24}, kinds: "Quantize Concat"},
	{name: "concat of two scales", dims: []int64{1, 1, 1, 1}, in: []float32{7},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), q("x", "one ten", "xr"), dq("xr", "one ten", "xg"),
			nodeOf("Concat", "xf xg", "c", attrInt("axis", 1)), q("c", "half ten", "cq"), dq("cq", "half ten", "y")),
		want: []float32{7, 7}, kinds: "Quantize Quantize Dequantize Quantize Concat Dequantize"},
	{name: "gemm of a flattened map and softmax", dims: []int64{1, 2, 1, 2}, in: []float32{1, 2, 3, 4},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{2, 4}, 2, 0, 0, 4, 0, 2, 0, 0), floats("ws", []int64{2}, 0.5, 0.25),
			ints(elemInt8, "wz", []int64{2}, 0, 0),
			ints(elemInt32, "b", []int64{2}, 4, 8), floats("bs", []int64{2}, 0.25, 0.125),
			ints(elemInt32, "bz", []int64{2}, 0, 0)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), nodeOf("Flatten", "xf", "f"),
			q("f", "half ten", "fq"), dq("fq", "half ten", "ff"), toFilters,
			nodeOf("Gemm", "ff wf bf", "y", attrInt("transB", 1))), want: []float32{1 + 8 + 1, 1 + 1}, kinds: "Quantize QFC"},
	{name: "matmul and bias", dims: []int64{1, 2}, in: []float32{1, 2},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 2, 4, 6, 8), floats("b", []int64{2}, 1, 2)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("w", "half zero8", "wf"),
			nodeOf("MatMul", "xf wf", "m"), nodeOf("Add", "m b", "a"), q("a", "half ten", "y")),
		want: []float32{10 + 2*(7+1), 10 + 2*(10+2)}, kinds: "Quantize QFC Quantize"},
	{name: "gemm with alpha", dims: []int64{1, 2}, in: []float32{1, 2},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{2, 1}, 2, 6)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), dq("w", "half zero8", "wf"),
			nodeOf("Gemm", "xf wf", "y", attrFloat("alpha", 3))),
		want: []float32{21}, kinds: "Quantize Dequantize FC"},
	{name: "softmax", dims: []int64{1, 2}, in: []float32{1, 1},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), nodeOf("Softmax", "xf", "y")),
		want:  []float32{0.5, 0.5}, kinds: "Quantize Dequantize Softmax"},
	{name: "QLinearConv", dims: []int64{1, 2, 1, 1}, in: []float32{3, 5}, inits: filters,
		nodes: nodes(q("x", "half ten", "xq"), nodeOf("QLinearConv", "xq half ten w ws wz one ten b", "y")),
		want:  []float32{24, 18}, kinds: "Quantize QConv"},
	{name: "QLinearMatMul", dims: []int64{1, 2}, in: []float32{1, 2},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 2, 4, 6, 8)},
		nodes: nodes(q("x", "half ten", "xq"), nodeOf("QLinearMatMul", "xq half ten w half zero8 half ten", "y")),
		want:  []float32{24, 30}, kinds: "Quantize QFC Quantize"},
	{name: "QOperator of ONNX Runtime", dims: []int64{1, 2, 1, 2}, in: []float32{1, 2, 3, 4},
		inits: []wire.Msg{ints(elemInt8, "w", []int64{1, 4}, 2, 2, 2, 2), ints(elemInt32, "b", []int64{1}, 4)},
		nodes: nodes(q("x", "half ten", "xq"), contribOf("QLinearAdd", "xq half ten xq half ten one ten", "a"),
			contribOf("QLinearConcat", "half ten xq half ten a one ten", "c", attrInt("axis", 1)),
			contribOf("QLinearAveragePool", "c half ten half ten", "p", attrInts("kernel_shape", 1, 2)),
			contribOf("QLinearGlobalAveragePool", "p half ten half zero", "g"), nodeOf("Flatten", "g", "f"),
			contribOf("QGemm", "f half zero w half zero8 b", "y", attrInt("transB", 1))),
		want:  []float32{1.5 + 3.5 + 3 + 7 + 1},
		kinds: "Quantize QAdd Dequantize Quantize Concat QAveragePool QGlobalAveragePool QFC"},
	{name: "no kernel between", dims: []int64{1, 2, 1, 1}, in: []float32{3, 5}, inits: []wire.Msg{floats("k", nil, 2)},
		nodes: nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"), nodeOf("Mul", "xf k", "m"),
			q("m", "one ten", "y")), want: []float32{16, 20}, kinds: "Quantize Dequantize Affine Quantize"},
}

func (c *quantCase) model() []byte {
	return modelOf(max(c.opset, 13), c.dims, append(shared[:len(shared):len(shared)], c.inits...), c.nodes...)
}

func kindsOf(g *runtime.Graph) string {
	var kinds []string
	for _, n := range g.Nodes {
		kinds = append(kinds, n.Op.Kind())
	}
	return strings.Join(kinds, " ")
}

// TestQuantised: small quantised models become the operations they should, and give the numbers worked out by hand.
func TestQuantised(t *testing.T) {
	for _, c := range quantCases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Load(c.model())
			if err != nil {
				t.Fatal(err)
			}
			if k := kindsOf(g); c.kinds != "" && k != c.kinds {
				t.Errorf("nodes %s, want %s", k, c.kinds)
			}
			for how, run := range runs {
				out, err := run(g, interp.ToNHWC(g.Inputs[0].Shape, c.in))
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if got := interp.ToNCHW(g.Outputs[0].Shape, out[0]); !slices.Equal(got, c.want) {
					t.Errorf("%s: %v, want %v", how, got, c.want)
				}
			}
		})
	}
}

// TestQuantisedErrors: what a graph cannot say is refused with the reason.
func TestQuantisedErrors(t *testing.T) {
	x := []int64{1, 2, 1, 1}
	for _, c := range []struct {
		name, says string
		is         error
		inits      []wire.Msg
		nodes      []wire.Msg
	}{
		{"two scales", "read by 1 and 10", nil, nil, nodes(q("x", "half ten", "xq"), dq("xq", "one ten", "y"))},
		{"16 bits", "uint16", nil, []wire.Msg{ints(elemUint16, "z", nil, 0)}, nodes(q("x", "half z", "y"))},
		{"a scale per channel", "2 scales for an activation", nil, []wire.Msg{floats("s", []int64{2}, 1, 2)},
			nodes(nodeOf("QuantizeLinear", "x s", "y"))},
		{"blocks", "block_size", nil, nil, nodes(nodeOf("QuantizeLinear", "x half ten", "y", attrInt("block_size", 2)))},
		{"dynamic", "quantize_static", nil, nil, nodes(nodeOf("DynamicQuantizeLinear", "x", "y"))},
		{"arithmetic of integers", "of uint8 elements; only dequantised", nil, nil,
			nodes(q("x", "half ten", "xq"), nodeOf("Add", "xq xq", "y"))},
		{"zero scale", "not a positive normal number", runtime.ErrShape, []wire.Msg{f32("s", 0)},
			nodes(q("x", "s ten", "y"))},
		{"mixed types", "zero point of int8", runtime.ErrShape, nil,
			nodes(q("x", "half ten", "xq"), dq("xq", "half zero8", "y"))},
		{"twice", "is float", runtime.ErrShape, nil, nodes(q("x", "half ten", "xq"), dq("xq", "half ten", "xf"),
			dq("xf", "half ten", "y"))},
		{"computed scale", "only a constant", nil, nil, nodes(nodeOf("QuantizeLinear", "x x", "y"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(modelOf(13, x, append(shared[:len(shared):len(shared)], c.inits...), c.nodes...))
			var u *runtime.UnsupportedError
			if c.is == nil && !errors.As(err, &u) || c.is != nil && !errors.Is(err, c.is) ||
				!strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}
