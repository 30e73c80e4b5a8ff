package onnx

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// Of x = 1, 2, 3 … what operators leave that pick, repeat and surround.
var takeCases = []struct {
	name  string
	opset int64
	dims  []int64
	inits []wire.Msg
	nodes []wire.Msg
	want  []float32
}{
	{"slice, set 7", 7, []int64{1, 3, 2, 1}, nil, []wire.Msg{nodeOf("Slice", "x", "y", attrInts("starts", 1, -1),
		attrInts("ends", math.MaxInt64, 2), attrInts("axes", 1, -2))}, []float32{4, 6}},
	{"slice of the first axes", 13, []int64{2, 3}, []wire.Msg{int64s("from", []int64{2}, 1, 0),
		int64s("to", []int64{2}, 2, -1)}, []wire.Msg{nodeOf("Slice", "x from to", "y")}, []float32{4, 5}},
	{"slice backwards", 13, []int64{1, 5}, []wire.Msg{int64s("from", []int64{1}, 100),
		int64s("to", []int64{1}, math.MinInt64), int64s("axis", []int64{1}, 1), int64s("step", []int64{1}, -2)},
		[]wire.Msg{nodeOf("Slice", "x from to axis step", "y")}, []float32{5, 3, 1}},
	{"focus", 13, []int64{1, 1, 4, 4}, []wire.Msg{int64s("zero", []int64{1}, 0), int64s("one", []int64{1}, 1),
		int64s("two", []int64{1}, 2), int64s("three", []int64{1}, 3), int64s("end", []int64{1}, 99)},
		[]wire.Msg{nodeOf("Slice", "x zero end two two", "even"), nodeOf("Slice", "x one end two two", "odd"),
			nodeOf("Slice", "even zero end three two", "a"), nodeOf("Slice", "odd zero end three two", "b"),
			nodeOf("Concat", "a b", "y", attrInt("axis", 1))}, []float32{1, 3, 9, 11, 5, 7, 13, 15}},
	{"split in equal parts", 11, []int64{1, 4, 1, 1}, nil, []wire.Msg{nodeOf("Split", "x", "a b", attrInt("axis", 1)),
		nodeOf("Concat", "b a", "y", attrInt("axis", 1))}, []float32{3, 4, 1, 2}},
	{"split by sizes", 13, []int64{1, 5}, []wire.Msg{int64s("sizes", []int64{3}, 1, 3, 1)},
		[]wire.Msg{nodeOf("Split", "x sizes", "a b c", attrInt("axis", -1)),
			nodeOf("Concat", "c a", "y", attrInt("axis", 1))}, []float32{5, 1}},
	{"split with a smaller rest", 18, []int64{1, 5}, nil, []wire.Msg{nodeOf("Split", "x", "a b c", attrInt("axis", 1),
		attrInt("num_outputs", 3)), nodeOf("Concat", "c a", "y", attrInt("axis", 1))}, []float32{5, 1, 2}},
	{"gather channels", 13, []int64{1, 3, 1, 2}, []wire.Msg{int64s("at", []int64{2}, -1, 0)},
		[]wire.Msg{nodeOf("Gather", "x at", "y", attrInt("axis", 1))}, []float32{5, 6, 1, 2}},
	{"gather one row", 13, []int64{1, 2, 2, 2}, []wire.Msg{int64s("at", nil, 1)},
		[]wire.Msg{nodeOf("Gather", "x at", "y", attrInt("axis", 2))}, []float32{3, 4, 7, 8}},
	{"gather a table", 13, []int64{1, 3}, []wire.Msg{int64s("at", []int64{2, 2}, 0, 1, 1, 2)},
		[]wire.Msg{nodeOf("Gather", "x at", "y", attrInt("axis", 1))}, []float32{1, 2, 2, 3}},
	{"expand", 13, []int64{1, 2, 1}, []wire.Msg{int64s("to", []int64{4}, 2, 1, 1, 2)},
		[]wire.Msg{nodeOf("Expand", "x to", "y")}, []float32{1, 1, 2, 2, 1, 1, 2, 2}},
	{"tile", 13, []int64{1, 2}, []wire.Msg{int64s("times", []int64{2}, 2, 2)},
		[]wire.Msg{nodeOf("Tile", "x times", "y")}, []float32{1, 2, 1, 2, 1, 2, 1, 2}},
	{"tile of five dimensions", 13, []int64{1, 2, 1, 1}, []wire.Msg{int64s("to", []int64{5}, 1, 2, 1, 1, 1),
		int64s("times", []int64{5}, 1, 1, 2, 1, 3)},
		[]wire.Msg{nodeOf("Reshape", "x to", "r"), nodeOf("Tile", "r times", "y")},
		[]float32{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}},
	{"slices of five dimensions, transposed", 13, []int64{1, 2, 2, 1, 3}, []wire.Msg{int64s("one", []int64{2}, 1, 0),
		int64s("end", []int64{2}, 9, 2), int64s("axes", []int64{2}, 4, 2)},
		[]wire.Msg{nodeOf("Slice", "x one end axes", "s"), nodeOf("Transpose", "s", "y", attrInts("perm", 4, 0, 3, 1, 2))},
		[]float32{2, 5, 8, 11, 3, 6, 9, 12}},
	{"rows of five dimensions joined", 13, []int64{1, 2, 1, 1, 2}, nil,
		[]wire.Msg{nodeOf("Concat", "x x", "y", attrInt("axis", 2))}, []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{"pad with a number", 13, []int64{1, 2, 1, 1}, []wire.Msg{int64s("pads", []int64{8}, 0, 1, 0, 0, 0, 0, 0, 1),
		f32("nine", 9)}, []wire.Msg{nodeOf("Pad", "x pads nine", "y")}, []float32{9, 9, 1, 9, 2, 9}},
	{"pad with the edge", 13, []int64{1, 1, 1, 2}, []wire.Msg{int64s("pads", []int64{8}, 0, 0, 0, 2, 0, 0, 0, 1)},
		[]wire.Msg{nodeOf("Pad", "x pads", "y", attrStr("mode", "edge"))}, []float32{1, 1, 1, 2, 2}},
	{"pad with a reflection", 13, []int64{1, 3}, []wire.Msg{int64s("pads", []int64{4}, 0, 2, 0, 3)},
		[]wire.Msg{nodeOf("Pad", "x pads", "y", attrStr("mode", "reflect"))}, []float32{3, 2, 1, 2, 3, 2, 1, 2}},
	{"pad by going round", 19, []int64{1, 3}, []wire.Msg{int64s("pads", []int64{4}, 0, 2, 0, 1)},
		[]wire.Msg{nodeOf("Pad", "x pads", "y", attrStr("mode", "wrap"))}, []float32{2, 3, 1, 2, 3, 1}},
	{"pad by less than nothing", 13, []int64{1, 4}, []wire.Msg{int64s("pads", []int64{4}, 0, -1, 0, 1)},
		[]wire.Msg{nodeOf("Pad", "x pads", "y")}, []float32{2, 3, 4, 0}},
	{"pad, then slice", 13, []int64{1, 1, 2, 2}, []wire.Msg{int64s("pads", []int64{8}, 0, 0, 1, 1, 0, 0, 1, 1),
		int64s("one", []int64{2}, 1, 0), int64s("two", []int64{2}, 2, 3), int64s("axes", []int64{2}, 2, 3)},
		[]wire.Msg{nodeOf("Pad", "x pads", "p"), nodeOf("Slice", "p one two axes", "y")}, []float32{0, 1, 2}},
	{"concat with a constant", 13, []int64{1, 2, 1, 2}, []wire.Msg{floats("k", []int64{1, 1, 1, 2}, 7, 8)},
		[]wire.Msg{nodeOf("Concat", "k x k", "y", attrInt("axis", 1))}, []float32{7, 8, 1, 2, 3, 4, 7, 8}},
	{"concat with constant rows", 13, []int64{1, 2, 1, 1}, []wire.Msg{floats("k", []int64{1, 2, 2, 1}, 7, 8, 9, 10)},
		[]wire.Msg{nodeOf("Concat", "x k", "y", attrInt("axis", 2))}, []float32{1, 7, 8, 2, 9, 10}},
	{"concat of rows", 13, []int64{2, 1, 1, 2}, nil,
		[]wire.Msg{nodeOf("Concat", "x x", "y", attrInt("axis", 0))}, []float32{1, 2, 3, 4, 1, 2, 3, 4}},
}

func TestTake(t *testing.T) {
	for _, c := range takeCases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Load(modelOf(c.opset, c.dims, c.inits, c.nodes...))
			if err != nil {
				t.Fatal(err)
			}
			for how, run := range runs {
				in := ramp(g.Inputs[0].Shape.Elements())
				if _, l := g.Inputs[0].Dims(); l == runtime.ChannelsLast {
					in = interp.ToNHWC(g.Inputs[0].Shape, in)
				}
				out, err := run(g, in)
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				got := written(g.Outputs[0], out[0])
				if !slices.Equal(got, c.want) {
					t.Errorf("%s: %v, want %v", how, got, c.want)
				}
			}
		})
	}
}

// written are the elements of a value in the order of the model's dimensions.
func written(v *runtime.Value, x []float32) []float32 {
	dims, l := v.Dims()
	order := l.Order(len(dims))
	out := make([]float32, len(x))
	for i, e := range x {
		left, at := i, make([]int, len(dims))
		for j := len(order) - 1; j >= 0; j-- {
			at[order[j]], left = left%dims[order[j]], left/dims[order[j]]
		}
		to := 0
		for d, n := range dims {
			to = to*n + at[d]
		}
		out[to] = e
	}
	return out
}

// TestTakeQuantised: what moves bytes stays uint8, and what is padded or joined has the level of the number.
func TestTakeQuantised(t *testing.T) {
	pads := int64s("pads", []int64{8}, 0, 0, 0, 1, 0, 0, 0, 0)
	for name, c := range map[string]struct {
		inits []wire.Msg
		node  wire.Msg
		want  []float32
		float bool
	}{
		"slice": {[]wire.Msg{int64s("one", []int64{1}, 1), int64s("two", []int64{1}, 2), int64s("axis", []int64{1}, 3)},
			nodeOf("Slice", "f one two axis", "r"), []float32{-2}, false},
		"pad": {[]wire.Msg{pads}, nodeOf("Pad", "f pads", "r"), []float32{0, 1.5, -2}, false},
		"pad with a level": {[]wire.Msg{pads, f32("v", -1.5)}, nodeOf("Pad", "f pads v", "r"),
			[]float32{-1.5, 1.5, -2}, false},
		"pad between two": {[]wire.Msg{pads, f32("v", .7)}, nodeOf("Pad", "f pads v", "r"), []float32{.5, 1.5, -2}, true},
		"concat": {[]wire.Msg{floats("k", []int64{1, 1, 1, 1}, 4)}, nodeOf("Concat", "f k", "r", attrInt("axis", 3)),
			[]float32{1.5, -2, 4}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := Load(modelOf(13, []int64{1, 1, 1, 2}, append(shared[:len(shared):len(shared)], c.inits...),
				nodeOf("QuantizeLinear", "x half ten", "q"), nodeOf("DequantizeLinear", "q half ten", "f"), c.node,
				nodeOf("QuantizeLinear", "r half ten", "p"), nodeOf("DequantizeLinear", "p half ten", "y")))
			if err != nil {
				t.Fatal(err)
			}
			for how, run := range runs {
				out, err := run(g, []float32{1.5, -2})
				if err != nil || !slices.Equal(out[0], c.want) {
					t.Errorf("%s: %v, %v, want %v", how, out, err, c.want)
				}
			}
			var float bool // in the middle
			for _, n := range g.Nodes {
				_, take := n.Op.(*runtime.Take)
				float = float || take && n.Out.DType == runtime.F32 && n.In[0].DType == runtime.F32
			}
			if float != c.float {
				t.Errorf("nodes %s", kindsOf(g))
			}
		})
	}
	// Two scales, joined along rows: no detour over floats but for the one that changes its scale.
	g, err := Load(modelOf(13, []int64{1, 1, 1, 2}, shared, nodeOf("QuantizeLinear", "x half ten", "q"),
		nodeOf("DequantizeLinear", "q half ten", "f"), nodeOf("QuantizeLinear", "x one ten", "r"),
		nodeOf("DequantizeLinear", "r one ten", "g"), nodeOf("Concat", "f g", "c", attrInt("axis", 2)),
		nodeOf("QuantizeLinear", "c half ten", "p"), nodeOf("DequantizeLinear", "p half ten", "y")))
	if err != nil {
		t.Fatal(err)
	}
	if n := g.Nodes[len(g.Nodes)-1]; n.In[0].DType != runtime.U8 || strings.Count(kindsOf(g), "Dequantize") != 2 {
		t.Errorf("nodes %s", kindsOf(g))
	}
	out, err := interp.Run(g, []float32{1.5, -2})
	if err != nil || !slices.Equal(out[0], []float32{1.5, -2, 2, -2}) {
		t.Errorf("%v, %v", out, err)
	}
}

// TestTakeRefuses: what does not fit is an error of its kind, not another result.
func TestTakeRefuses(t *testing.T) {
	one := func(name string, v ...int64) wire.Msg { return int64s(name, []int64{int64(len(v))}, v...) }
	for name, c := range map[string]struct {
		inits []wire.Msg
		node  wire.Msg
		want  error
	}{
		"nothing left": {[]wire.Msg{one("a", 2), one("b", 2)}, nodeOf("Slice", "x a b", "y"), nil},
		"no step": {[]wire.Msg{one("a", 0), one("b", 2), one("d", 0), one("s", 0)}, nodeOf("Slice", "x a b d s", "y"),
			runtime.ErrShape},
		"an axis twice": {[]wire.Msg{one("a", 0, 0), one("b", 2, 2), one("d", 1, -1)}, nodeOf("Slice", "x a b d", "y"),
			runtime.ErrShape},
		"parts too many": {[]wire.Msg{one("s", 2, 2)}, nodeOf("Split", "x s", "y z", attrInt("axis", 1)), runtime.ErrShape},
		"odd parts":      {nil, nodeOf("Split", "x", "y z", attrInt("axis", 1)), runtime.ErrShape},
		"gather beyond":  {[]wire.Msg{one("a", 3)}, nodeOf("Gather", "x a", "y", attrInt("axis", 1)), runtime.ErrShape},
		"gather below":   {[]wire.Msg{one("a", -4)}, nodeOf("Gather", "x a", "y", attrInt("axis", 1)), runtime.ErrShape},
		"expand":         {[]wire.Msg{one("a", 1, 2)}, nodeOf("Expand", "x a", "y"), runtime.ErrShape},
		"tile":           {[]wire.Msg{one("a", 1)}, nodeOf("Tile", "x a", "y"), runtime.ErrShape},
		"tile far":       {[]wire.Msg{one("a", 1, 1<<30)}, nodeOf("Tile", "x a", "y"), runtime.ErrShape},
		"pad":            {[]wire.Msg{one("a", 0, 1, 0)}, nodeOf("Pad", "x a", "y"), runtime.ErrShape},
		"pad all away":   {[]wire.Msg{one("a", 0, -2, 0, -1)}, nodeOf("Pad", "x a", "y"), runtime.ErrShape},
		"pad far":        {[]wire.Msg{one("a", 0, 1<<30, 0, 0)}, nodeOf("Pad", "x a", "y"), runtime.ErrLimit},
		"another mode":   {[]wire.Msg{one("a", 0, 1, 0, 1)}, nodeOf("Pad", "x a", "y", attrStr("mode", "mirror")), nil},
	} {
		_, err := Load(modelOf(13, []int64{1, 3}, c.inits, c.node))
		var u *runtime.UnsupportedError
		if c.want == nil && !errors.As(err, &u) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestRangeOf: Python's slices.
func TestRangeOf(t *testing.T) {
	for _, c := range []struct {
		from, to, step int64
		want           axes.Range
	}{
		{0, 5, 1, axes.Range{From: 0, Step: 1, Count: 5}}, {1, 5, 2, axes.Range{From: 1, Step: 2, Count: 2}},
		{-2, 99, 1, axes.Range{From: 3, Step: 1, Count: 2}}, {-99, 2, 3, axes.Range{From: 0, Step: 3, Count: 1}},
		{4, -99, -1, axes.Range{From: 4, Step: -1, Count: 5}}, {-1, 0, -2, axes.Range{From: 4, Step: -2, Count: 2}},
		{3, 3, 1, axes.Range{From: 3, Step: 1}}, {math.MaxInt64, math.MinInt64, math.MinInt64,
			axes.Range{From: 4, Step: -maxInt, Count: 1}},
	} {
		if got := rangeOf(5, c.from, c.to, c.step); got != c.want {
			t.Errorf("%d:%d:%d of 5: %v, want %v", c.from, c.to, c.step, got, c.want)
		}
	}
}
