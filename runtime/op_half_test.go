package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// halfNet is a network of every operation that takes float16, with some between them that do not.
func halfNet(t *testing.T) *Graph {
	n := newNet(t)
	x := n.input(Shape{1, 28, 28, 16})
	y := n.conv("first", x, 64, 3)
	y = n.add("lrn", &LRN{Size: 5, Alpha: 1e-2, Beta: 0.75, Bias: 1}, y)
	y = n.add("max", &Pool{Window: Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Ceil: true}, y)
	a, b := n.conv("a", y, 32, 1), n.conv("b", y, 24, 1)
	c := n.add("silu", &Curve{Of: kernels.SiLU}, n.conv("c", b, 40, 3))
	y = n.add("cat", &Concat{}, a, c, y)
	gate := n.add("mean", &GlobalPool{Type: AvgPool}, y)
	gate = n.add("gate", &Curve{Of: kernels.Sigmoid}, n.conv("squeeze", gate, y.Shape.C, 1))
	y = n.add("times", &Binary{How: kernels.Times}, y, gate)
	y = n.add("depth", &Conv{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: y.Shape.C,
		Groups: y.Shape.C, Weights: n.floats(9 * y.Shape.C)}, y)
	y = n.add("sum", &Add{Act: ReLU}, y, n.add("twice",
		&Take{Rows: []int32{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, -1}}, y))
	y = n.add("average", &Pool{Window: Window{R: 2, S: 2, StrideH: 2, StrideW: 2}, Type: AvgPool}, y)
	y = n.add("flat", &Flatten{}, y)
	y = n.add("classes", &FC{K: 10, Weights: n.floats(10 * y.Shape.Elements()), Bias: n.floats(10)}, y)
	n.output(n.add("softmax", &Softmax{}, y))
	return n.g
}

func toHalf(t *testing.T, g *Graph) *Graph {
	t.Helper()
	h, err := ToHalf(g)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A network in half precision is near the float one, has its inputs, outputs and names, and half of its memory, whether
// it is compiled so or was written so.
func TestHalf(t *testing.T) {
	g := halfNet(t)
	h := toHalf(t, g)
	kinds := map[string]bool{}
	for _, n := range h.Nodes {
		kinds[n.Op.Kind()] = true
	}
	for _, k := range []string{"HConv", "HLRN", "HMaxPool", "HCurve", "Concat", "HGlobalAveragePool", "HBinary", "HAdd",
		"Take",
		"HAveragePool", "Flatten", "HFC", "Narrow", "Widen", "Softmax"} {
		if !kinds[k] {
			t.Errorf("no %s in half precision: %v", k, kinds)
		}
	}
	if kinds["Conv"] || kinds["FC"] || len(h.Outputs) != 1 || h.Outputs[0].Name != "softmax" || h.Outputs[0].DType != F32 {
		t.Errorf("layers are left as they were, or outputs are not: %v %v", kinds, h.Outputs)
	}
	in := testInput(28 * 28 * 16)
	want := run(t, g, in)[0]
	got := run(t, g, in, WithHalf())[0]
	near(t, "half", got, want, 2e-3)
	if slices.Equal(got, want) {
		t.Error("the same to the last bit: nothing was rounded")
	}
	for threads := 1; threads <= 3; threads++ {
		if again := run(t, h, in, WithThreads(threads)); !slices.Equal(again[0], got) {
			t.Errorf("%d threads: other bits", threads)
		}
	}
	again := toHalf(t, h)
	if len(again.Nodes) != len(h.Nodes) {
		t.Errorf("in half precision twice: %d nodes of %d", len(again.Nodes), len(h.Nodes))
	}
	var float, half bytes.Buffer
	if err := errors.Join(Write(&float, g), Write(&half, h)); err != nil {
		t.Fatal(err)
	}
	if 2*half.Len() > float.Len()+4000 {
		t.Errorf("a file of %d bytes, in float of %d", half.Len(), float.Len())
	}
	plan, err := Load(half.Bytes(), WithoutWinograd())
	if err != nil {
		t.Fatal(err)
	}
	full, err := Compile(g, WithoutWinograd())
	if err != nil {
		t.Fatal(err)
	}
	if 2*plan.WeightBytes() > full.WeightBytes()*11/10 {
		t.Errorf("weights of %d bytes, in float of %d", plan.WeightBytes(), full.WeightBytes())
	}
	r, f := plan.Report(), full.Report()
	if r.TensorBound > f.TensorBound*6/10 { // the input is float
		t.Errorf("tensors of %d bytes, in float of %d", r.TensorBound, f.TensorBound)
	}
}

// The steps of a plan, with their merging, finishing, concatenation in place and bands, are what single nodes give.
func TestRandomGraphsInHalfAgreeNodeByNode(t *testing.T) {
	graphs := uint64(120)
	if testing.Short() {
		graphs = 40
	}
	halves := 0
	for seed := range graphs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := toHalf(t, randomGraph(t, seed))
			halves += len(g.Nodes)
			in := testInput(5 * 4 * 4)
			want := nodeByNode(t, g, in)
			for i, got := range run(t, g, in, WithThreads(1+int(seed%3)), WithMemory(Memory(seed/3%2))) {
				near(t, g.Outputs[i].Name, got, want[g.Outputs[i]], 2e-2)
			}
			var file bytes.Buffer
			if err := Write(&file, g); err != nil {
				t.Fatal(err)
			}
			if back, err := ReadGraph(file.Bytes()); err != nil || len(back.Nodes) != len(g.Nodes) {
				t.Errorf("read back: %v", err)
			}
		})
	}
}

// What is packed in a file is used as it lies there.
func TestHalfPacked(t *testing.T) {
	h := toHalf(t, halfNet(t))
	isa, err := (&options{}).tier()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := Write(&file, h, WithPacked(isa), WithGolden(3)); err != nil {
		t.Fatal(err)
	}
	c, err := parse(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	o := newOptions(nil)
	p, err := c.loadPacked(&o, isa)
	if err != nil || p == nil {
		t.Fatalf("packed filters were left aside: %v", err)
	}
	if p, err = Load(file.Bytes()); err != nil {
		t.Fatal(err)
	}
	if r, err := SelfTest(p); err != nil || !r.Golden {
		t.Errorf("%+v: %v", r.Checks, err)
	}
}

// Float16 values are refused by operations that would take their bits for something else, and as outputs; forms that
// cannot be had by rows, quantised graphs and weights beyond float16 have none.
func TestHalfRefused(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{2, 4, 4, 4})
	h := n.add("h", &Narrow{}, x)
	if err := n.g.Output(h); !errors.Is(err, ErrGraph) {
		t.Errorf("an output of float16: %v", err)
	}
	for i, op := range []Op{&Narrow{}, &Softmax{}, &Cast{To: I32}, &Pool{Window: Window{R: 1, S: 1}}, &GlobalPool{},
		&Reduce{},
		&Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]float32, 4)}, &Arg{}, &Half{Op: &Softmax{}},
		&Half{Op: &Quantised{Op: &Add{}}}, &Half{Op: &Half{Op: &Activation{}}}, &Quantised{Op: &Half{Op: &Add{}}},
		&Half{Op: &Binary{How: kernels.Plus, Of: make([]float32, 16), Shape: Shape{1, 4, 1, 4}}},
		&HConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]kernels.Half, 3)},
		&HFC{K: 1, Weights: make([]kernels.Half, 65)},
		&Half{Op: &Pool{Window: Window{R: 2, S: 2, StrideH: 9, PadTop: 1, PadBottom: 1, DilationH: 8}, Ceil: true}},
	} {
		if _, err := n.g.Add(fmt.Sprint("refused", i), op, h); err == nil {
			t.Errorf("%s took float16", op.Kind())
		}
	}
	for i, op := range []Op{&Widen{}, &HConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]kernels.Half, 4)},
		&Half{Op: &Activation{}}} {
		if _, err := n.g.Add(fmt.Sprint("float", i), op, x); !errors.Is(err, ErrShape) {
			t.Errorf("%s took floats: %v", op.Kind(), err)
		}
	}
	n = newNet(t)
	n.output(n.add("q", &Quantize{To: Quant{Scale: 1}}, n.input(Shape{1, 1, 1, 3})))
	if _, err := ToHalf(n.g); !errors.Is(err, ErrGraph) {
		t.Errorf("a quantised graph: %v", err)
	}
	if _, err := Compile(n.g, WithHalf()); !errors.Is(err, ErrGraph) {
		t.Errorf("a quantised graph: %v", err)
	}
	n = newNet(t)
	large := n.conv("large", n.input(Shape{1, 3, 3, 2}), 2, 1)
	n.g.Nodes[0].Op.(*Conv).Weights[1] = 1e5
	n.output(large)
	if got := run(t, n.g, testInput(18), WithHalf()); math.IsInf(float64(got[0][0]), 0) {
		t.Error("a weight of 1e5 has become infinite")
	}
}
