package googlenet_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/runtime"
)

func ExampleGraph() {
	g, err := googlenet.Graph(googlenet.Random(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	params, macs := models.Total(models.Stats(g), "")
	fmt.Println(g.Inputs[0].Shape, "→", g.Outputs[0].Shape)
	fmt.Println(params, "parameters,", macs/100_000, "× 0.1 MMAC")
	// Output:
	// 1×224×224×3 → 1×1×1×1000
	// 6998552 parameters, 15826 × 0.1 MMAC
}

// zeros is a source without the cost of a generator.
func zeros(_ string, k, r, s, c int) ([]float32, []float32, error) {
	return make([]float32, k*r*s*c), make([]float32, k), nil
}

// TestFigures holds the network against known figures, per block.
func TestFigures(t *testing.T) {
	g, err := googlenet.Graph(zeros)
	if err != nil {
		t.Fatal(err)
	}
	stats := models.Stats(g)
	for _, c := range []struct {
		prefix string
		params float64 // thousands
		macs   float64 // millions
	}{
		{"conv1/", 9.5, 118}, {"conv2/", 115, 360},
		{"inception_3a/", 164, 128}, {"inception_3b/", 389, 304},
		{"inception_4a/", 376, 74}, {"inception_4b/", 449, 88}, {"inception_4c/", 510, 100}, {"inception_4d/", 605, 119},
		{"inception_4e/", 868, 170},
		{"inception_5a/", 1043, 51}, {"inception_5b/", 1444, 71},
		{"loss3/", 1025, 1},
	} {
		p, m := models.Total(stats, c.prefix)
		if math.Abs(float64(p)/1e3-c.params) > 0.5 || math.Abs(float64(m)/1e6-c.macs) > 0.5 {
			t.Errorf("%s: %.1f K parameters, %.1f MMAC; want %v, %v", c.prefix, float64(p)/1e3, float64(m)/1e6, c.params, c.macs)
		}
	}
	params, macs := models.Total(stats, "")
	if params != 6_998_552 || macs/100_000 != 15_826 { // 1582.7 rounded up
		t.Errorf("%d parameters, %d MACs", params, macs)
	}
	byOp := map[string]int64{}
	count := map[string]int{}
	for i, n := range g.Nodes {
		if c, ok := n.Op.(*runtime.Conv); ok {
			k := fmt.Sprintf("%d×%d", c.R, c.S)
			byOp[k] += stats[i].MACs
			count[k]++
		}
	}
	for k, want := range map[string]struct {
		n    int
		macs float64
	}{"7×7": {1, 118.0}, "1×1": {37, 369.1}, "3×3": {10, 962.8}, "5×5": {9, 131.7}} {
		if count[k] != want.n || math.Abs(float64(byOp[k])/1e6-want.macs) > 0.06 {
			t.Errorf("%d %s convolutions with %.1f MMAC, want %d with %.1f", count[k], k, float64(byOp[k])/1e6, want.n,
				want.macs)
		}
	}
}

// TestShapes follows the map through the network.
func TestShapes(t *testing.T) {
	g, err := googlenet.Graph(zeros)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][4]int{
		"conv1/7x7_s2": {1, 112, 112, 64}, "pool1/3x3_s2": {1, 56, 56, 64}, "conv2/3x3": {1, 56, 56, 192},
		"pool2/3x3_s2":        {1, 28, 28, 192},
		"inception_3a/output": {1, 28, 28, 256}, "inception_3b/output": {1, 28, 28, 480}, "pool3/3x3_s2": {1, 14, 14, 480},
		"inception_4a/output": {1, 14, 14, 512}, "inception_4d/output": {1, 14, 14, 528},
		"inception_4e/output": {1, 14, 14, 832},
		"pool4/3x3_s2":        {1, 7, 7, 832}, "inception_5b/output": {1, 7, 7, 1024}, "pool5/7x7_s1": {1, 1, 1, 1024},
		"prob": {1, 1, 1, 1000},
	}
	for _, n := range g.Nodes {
		if s, ok := want[n.Name]; ok {
			if o := n.Out.Shape; [4]int{o.N, o.H, o.W, o.C} != s {
				t.Errorf("%s: %v, want %v", n.Name, n.Out.Shape, s)
			}
			delete(want, n.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing nodes: %v", want)
	}
}

// TestRandom: the same seed gives the same weights, whatever order they are asked for in.
func TestRandom(t *testing.T) {
	a, _, _ := googlenet.Random(1)("x", 2, 3, 3, 4)
	b, bias, _ := googlenet.Random(1)("x", 2, 3, 3, 4)
	c, _, _ := googlenet.Random(2)("x", 2, 3, 3, 4)
	d, _, _ := googlenet.Random(1)("y", 2, 3, 3, 4)
	if !slices.Equal(a, b) || slices.Equal(a, c) || slices.Equal(a, d) || len(bias) != 2 {
		t.Error("weights do not follow seed and name")
	}
}

// TestFromGraph builds the network with the weights of the imported real one.
func TestFromGraph(t *testing.T) {
	real, err := models.Open(testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet.caffemodel"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := googlenet.Graph(googlenet.FromGraph(real))
	if err != nil {
		t.Fatal(err)
	}
	pg, mg := models.Total(models.Stats(g), "")
	pr, mr := models.Total(models.Stats(real), "")
	if pg != pr || mg != mr {
		t.Errorf("built %d parameters, %d MACs; imported %d, %d", pg, mg, pr, mr)
	}
	empty := runtime.NewGraph("empty")
	if _, err := googlenet.Graph(googlenet.FromGraph(empty)); err == nil {
		t.Error("no error for weights that are not there")
	}
}

func TestInceptionErrors(t *testing.T) {
	g := runtime.NewGraph("g")
	in, _ := g.Input("data", runtime.Shape{N: 1, H: 8, W: 8, C: 4})
	c := googlenet.Config{N1: 1, N3Reduce: 2, N3: 3, N5Reduce: 4, N5: 5, PoolProj: 6}
	out, err := googlenet.Inception(g, "a", in, c, zeros)
	if err != nil || out.Shape != (runtime.Shape{N: 1, H: 8, W: 8, C: c.Channels()}) {
		t.Fatal(out, err)
	}
	if _, err := googlenet.Inception(g, "a", in, c, zeros); err == nil {
		t.Error("no error for a name used twice")
	}
	short := func(string, int, int, int, int) ([]float32, []float32, error) { return make([]float32, 1), nil, nil }
	if _, err := googlenet.Inception(g, "b", in, c, short); err == nil {
		t.Error("no error for too few weights")
	}
}

// TestPrototxt: the description in Caffe's language, imported, is the same network.
func TestPrototxt(t *testing.T) {
	g, err := googlenet.Graph(zeros)
	if err != nil {
		t.Fatal(err)
	}
	h, err := caffe.Load(nil, googlenet.Prototxt(), caffe.WithRandomWeights(1))
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string]*runtime.Node{}
	for _, n := range h.Nodes {
		nodes[n.Name] = n
	}
	for _, want := range g.Nodes {
		n := nodes[want.Name]
		if n == nil || n.Op.Kind() != want.Op.Kind() || n.Out.Shape != want.Out.Shape {
			t.Errorf("%s: imported as %+v", want.Name, n)
			continue
		}
		switch op := n.Op.(type) {
		case *runtime.Pool:
			if w := want.Op.(*runtime.Pool); op.Norm() != w.Norm() || op.Type != w.Type || op.Ceil != w.Ceil {
				t.Errorf("%s: %+v, want %+v", n.Name, op, w)
			}
		case *runtime.LRN:
			if *op != *want.Op.(*runtime.LRN) {
				t.Errorf("%s: %+v", n.Name, op)
			}
		case *runtime.Conv:
			if op.Norm() != want.Op.(*runtime.Conv).Norm() {
				t.Errorf("%s: %+v", n.Name, op.Window)
			}
		}
	}
	if h.Outputs[0].Name != "prob" || len(h.Outputs) != 1 {
		t.Errorf("outputs %v", h.Outputs)
	}
}
