package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// foldAll computes a model all of whose inputs are constants, and returns its outputs; nil of those that are none.
func foldAll(m *model, consts map[string]*tensor) ([]*tensor, error) {
	for name, t := range consts {
		m.graph.inits[name] = t
	}
	im := newImporter(&config{batch: 1, limits: runtime.DefaultLimits}, m, 0)
	outs := m.graph.given()
	im.count(m.graph.nodes, outs)
	if err := im.begin(m.graph); err != nil {
		return nil, err
	}
	for _, n := range m.graph.nodes {
		if err := im.follow(n); err != nil {
			return nil, err
		}
	}
	var ts []*tensor
	for _, name := range outs {
		ts = append(ts, im.vals[name].c)
	}
	return ts, im.b.Err()
}

// TestFoldConformance computes the node tests of the ONNX project with all inputs as constants.
func TestFoldConformance(t *testing.T) {
	pass, refused := 0, []string{}
	for _, folder := range []string{"onnx-node", "onnx-node-more"} {
		dir := testdata.Path(t, "conformance", folder)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			c, err := readCase(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if folders[c.m.graph.nodes[0].op].fold == nil || len(c.m.graph.nodes) > 1 {
				continue
			}
			consts := map[string]*tensor{}
			for i, p := range c.m.graph.inputs {
				if i < len(c.in) {
					consts[p.name] = c.in[i]
				}
			}
			got, err := foldAll(c.m, consts)
			switch {
			case unsupported(err):
				refused = append(refused, e.Name())
				continue
			case err != nil:
				t.Errorf("%s: %v", e.Name(), err)
				continue
			}
			for i, want := range c.out {
				if err := sameTensor(got[i], want); err != "" {
					t.Errorf("%s: output %d: %s", e.Name(), i, err)
				}
			}
			pass++
		}
	}
	t.Logf("%d pass, %d refused: %v", pass, len(refused), refused)
	if pass < 110 {
		t.Errorf("only %d cases", pass)
	}
}

// sameTensor says how a constant differs from that wanted; floats by the tolerance of the ONNX project.
func sameTensor(got, want *tensor) string {
	switch {
	case got == nil:
		return "it is no constant"
	case got.typ != want.typ || !slices.Equal(got.dims, want.dims):
		return got.typ.String() + " of other dimensions or type than " + want.typ.String()
	case !want.typ.real() && !bytes.Equal(got.raw, want.raw):
		return "other elements"
	}
	if want.typ.real() {
		a, b := make([]float32, want.elements()), make([]float32, want.elements())
		got.decode(a, 0)
		want.decode(b, 0)
		if err := near(a, b); err != nil {
			return err.Error()
		}
	}
	return ""
}

// What exporters do to weights: the result is that of the weights as they come to be.
func TestWeightsAreFolded(t *testing.T) {
	half := wire.Msg{}.Ints(1, 2, 1, 1, 1).Int(2, int64(elemFloat16)).Str(8, "w").Ints(5, 0x3c00, 0xc400) // 1, −4
	for name, c := range map[string]struct {
		inits []wire.Msg
		nodes []wire.Msg
		want  []float32
	}{
		"cast from float16": {[]wire.Msg{half},
			nodes(nodeOf("Cast", "w", "k", attrInt("to", 1)), nodeOf("Conv", "x k", "y")), []float32{1, 2, -4, -8}},
		"transposed": {[]wire.Msg{floats("w", []int64{1, 1, 1, 2}, 3, 5)},
			nodes(nodeOf("Transpose", "w", "k", attrInts("perm", 3, 2, 0, 1)), nodeOf("Conv", "x k", "y")),
			[]float32{3, 6, 5, 10}},
		"scaled by a root": {[]wire.Msg{floats("w", []int64{1, 1, 1, 1}, 3), floats("v", []int64{1, 1, 1, 1}, 15),
			floats("e", nil, 1)},
			nodes(nodeOf("Add", "v e", "a"), nodeOf("Sqrt", "a", "b"), nodeOf("Div", "w b", "k"), nodeOf("Conv", "x k", "y")),
			[]float32{0.75, 1.5}},
		"joined and cut": {[]wire.Msg{floats("w", []int64{2, 1, 1, 1}, 3, 5), int64s("from", []int64{1}, 1),
			int64s("to", []int64{1}, 3), int64s("axes", []int64{1}, 0)},
			nodes(nodeOf("Neg", "w", "n"), nodeOf("Concat", "w n", "a", attrInt("axis", 0)),
				nodeOf("Slice", "a from to axes", "k"), nodeOf("Conv", "x k", "y")), []float32{5, 10, -3, -6}},
		"a gemm's, transposed": {[]wire.Msg{floats("w", []int64{2, 2}, 1, 10, 100, 1000), int64s("flat", []int64{2}, 1, -1)},
			nodes(nodeOf("Reshape", "x flat", "f"), nodeOf("Transpose", "w", "k"), nodeOf("MatMul", "f k", "y")),
			[]float32{21, 2100}},
		"dequantised by columns, transposed": {[]wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 1, 2, 3, 4),
			floats("s", []int64{2}, 1, 10), int64s("flat", []int64{2}, 1, -1)},
			nodes(dq("w", "s", "d", attrInt("axis", 1)), nodeOf("Reshape", "x flat", "f"), nodeOf("Transpose", "d", "k"),
				nodeOf("MatMul", "f k", "y")), []float32{1 + 2*20, 3 + 2*40}},
	} {
		g, err := Load(modelOf(13, []int64{1, 1, 1, 2}, c.inits, c.nodes...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(g.Nodes) > 2 {
			t.Errorf("%s: %d nodes", name, len(g.Nodes))
		}
		got, err := interp.Run(g, ramp(2))
		if err != nil || near(interp.ToNCHW(g.Outputs[0].Shape, got[0]), c.want) != nil {
			t.Errorf("%s: %v, want %v (%v)", name, got, c.want, err)
		}
	}
}

// Shapes as exporters of models with open dimensions compute them.
func TestShapesAreFolded(t *testing.T) {
	k := func(name string, vs ...int64) wire.Msg { return int64s(name, []int64{int64(len(vs))}, vs...) }
	for name, c := range map[string]struct {
		inits []wire.Msg
		nodes []wire.Msg
		want  []int
	}{
		"a product": {[]wire.Msg{int64s("i", nil, 1), int64s("two", nil, 3), k("ax", 0), k("b", 1), k("m", -1)},
			nodes(nodeOf("Shape", "x", "s"), nodeOf("Gather", "s i", "g"), nodeOf("Mul", "g two", "p"),
				nodeOf("Unsqueeze", "p ax", "u"), nodeOf("Concat", "b u m", "sh", attrInt("axis", 0)),
				nodeOf("Reshape", "x sh", "y")), []int{1, 6, 4}},
		"a floor of floats": {[]wire.Msg{k("i", 3), floats("h", nil, 1.5), k("b", 1)},
			nodes(nodeOf("Shape", "x", "s"), nodeOf("Gather", "s i", "g"), nodeOf("Cast", "g", "f", attrInt("to", 1)),
				nodeOf("Div", "f h", "q"), nodeOf("Floor", "q", "r"), nodeOf("Cast", "r", "c", attrInt("to", 7)),
				nodeOf("Sub", "c c", "z"), nodeOf("Sub", "z b", "m"), nodeOf("Concat", "c m", "sh", attrInt("axis", 0)),
				nodeOf("Reshape", "x sh", "y")), []int{2, 12}},
		"the pads of PyTorch": {[]wire.Msg{k("p", 0, 1, 2, 0, 0, 0, 0, 0), k("two", -1, 2), k("m", -1),
			k("end", math.MinInt64), k("a", 0)},
			nodes(nodeOf("Reshape", "p two", "r"), nodeOf("Slice", "r m end a m", "v"),
				nodeOf("Transpose", "v", "t", attrInts("perm", 1, 0)), nodeOf("Reshape", "t m", "f"),
				nodeOf("Cast", "f", "c", attrInt("to", 7)), nodeOf("Pad", "x c", "y")), []int{1, 2, 5, 5}},
		"a choice": {[]wire.Msg{k("p", 0, 6, 4), k("zero", 0), k("one", 1)},
			nodes(nodeOf("Equal", "p zero", "e"), nodeOf("Where", "e one p", "sh"), nodeOf("Reshape", "x sh", "y")),
			[]int{1, 6, 4}},
		"parts": {[]wire.Msg{k("n", 1, 3)},
			nodes(nodeOf("Shape", "x", "s"), nodeOf("Split", "s n", "b r"), nodeOf("ReduceProd", "r", "p",
				attrInts("axes", 0)), nodeOf("Concat", "b p", "sh", attrInt("axis", 0)), nodeOf("Reshape", "x sh", "y")),
			[]int{1, 24}},
	} {
		opset := int64(13)
		g, err := Load(modelOf(opset, []int64{1, 2, 3, 4}, c.inits, c.nodes...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := g.Outputs[0].Dims(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The functions that differ between architectures elsewhere are near those of package math.
func TestFoldedFunctions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 100_000 {
		x := (r.Float64() - 0.5) * 1400
		if got, want := expOf(x), math.Exp(x); math.Abs(got-want) > 1e-14*want {
			t.Fatalf("e^%v is %v, want %v", x, got, want)
		}
		x = math.Exp(x / 2)
		if got, want := logOf(x), math.Log(x); math.Abs(got-want) > 1e-14*max(1e-2, math.Abs(want)) {
			t.Fatalf("log %v is %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, math.Inf(1), math.Inf(-1), math.NaN(), -1, 1, 709.7, 1000, -1000} {
		for i, p := range [][2]float64{{expOf(x), math.Exp(x)}, {logOf(x), math.Log(x)}} {
			if !(math.Abs(p[0]-p[1]) <= 1e-14*math.Abs(p[1])) && p[0] != p[1] && (p[0] == p[0] || p[1] == p[1]) {
				t.Errorf("function %d of %v is %v, want %v", i, x, p[0], p[1])
			}
		}
	}
}

// Every float16 is itself again, and what lies between two goes to the nearer, or to the even one.
func TestNarrowFloat(t *testing.T) {
	for h := range 1 << 16 {
		v := float64(kernels.Half(h).Float())
		if got := narrowFloat(v, 10, 15); got != uint16(h) && v == v {
			t.Fatalf("%#04x becomes %#04x", h, got)
		}
		if next := float64(kernels.Half(h + 1).Float()); h&0x7fff < 0x7bff {
			mid := (v + next) / 2
			want := uint16(h + h&1)
			if got := narrowFloat(mid, 10, 15); got != want {
				t.Fatalf("%v, between %#04x and the next, becomes %#04x", mid, h, got)
			}
			if got := narrowFloat(mid+(next-v)/64, 10, 15); got != uint16(h+1) {
				t.Fatalf("%v, nearer to %#04x, becomes %#04x", mid+(next-v)/64, h+1, got)
			}
		}
	}
	for v, want := range map[float64]uint16{65519: 0x7bff, 65520: 0x7c00, 1e300: 0x7c00, -1e-300: 0x8000, 1: 0x3c00} {
		if got := narrowFloat(v, 10, 15); got != want {
			t.Errorf("%v becomes %#04x, want %#04x", v, got, want)
		}
	}
	if got := narrowFloat(math.NaN(), 10, 15); kernels.Half(got).Float() == kernels.Half(got).Float() {
		t.Errorf("NaN becomes %#04x", got)
	}
}

// Constants that a few bytes ask for are refused before memory or time is taken for them.
func TestFoldingIsBounded(t *testing.T) {
	big := []wire.Msg{int64s("n", []int64{2}, 4000, 4000), int64s("huge", []int64{3}, 1<<20, 1<<20, 1<<20)}
	for name, ns := range map[string][]wire.Msg{
		"elements": nodes(nodeOf("ConstantOfShape", "huge", "k"), nodeOf("Add", "x k", "y")),
		"memory": nodes(nodeOf("ConstantOfShape", "n", "a"), nodeOf("Add", "a a", "b"), nodeOf("Concat", "a b", "k",
			attrInt("axis", 0)), nodeOf("Mul", "x k", "y")),
		"work": workers(10),
	} {
		_, err := Load(modelOf(13, []int64{1, 4000}, big, ns...))
		if !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// workers is a model that sums a large constant up, again and again.
func workers(n int) []wire.Msg {
	ns := nodes(nodeOf("ConstantOfShape", "n", "a"), nodeOf("ReduceSum", "a", "s0"))
	last := "s0"
	for i := range n {
		name := fmt.Sprint("s", i+1)
		ns = append(ns, nodeOf("ReduceMax", "a", "t"+name), nodeOf("Add", last+" t"+name, name))
		last = name
	}
	return append(ns, nodeOf("Add", "x "+last, "y"))
}
