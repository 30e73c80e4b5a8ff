package alexnet_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/alexnet"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestPrototxt: the network in code is the one that the reference's description says, node for node.
func TestPrototxt(t *testing.T) {
	want, err := caffe.Open("", testdata.Path(t, "models", "bvlc_alexnet", "deploy.prototxt"), caffe.WithRandomWeights(1),
		caffe.WithBatch(1))
	if err != nil {
		t.Fatal(err)
	}
	g, err := alexnet.Graph(alexnet.FromGraph(want))
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]runtime.Shape{}
	for _, n := range want.Nodes {
		shapes[n.Name] = n.Out.Shape
	}
	for _, n := range g.Nodes {
		if n.Out.Shape != shapes[n.Name] {
			t.Errorf("%s: %v, want %v", n.Name, n.Out.Shape, shapes[n.Name])
		}
	}
	if testing.Short() {
		return
	}
	x := make([]float32, g.Inputs[0].Shape.Elements())
	for i := range x {
		x[i] = float32(i%251) - 125
	}
	a, err := interp.Compiled(want, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := interp.Compiled(g, x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a[0], b[0]) {
		t.Error("the two networks give different numbers")
	}
}

// TestRun: the network with random weights runs and gives probabilities.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("packs 61 million weights")
	}
	g, err := alexnet.Graph(alexnet.Random(1))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range s.Input(0).Float32() {
		s.Input(0).Float32()[i] = float32(i%13) - 6
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, p := range s.Output(0).Float32() {
		sum += float64(p)
	}
	if len(s.Output(0).Float32()) != alexnet.Classes || math.Abs(sum-1) > 1e-4 {
		t.Errorf("%d probabilities, together %v", len(s.Output(0).Float32()), sum)
	}
}

// TestFromGraph: weights that are not there, or do not fit, are an error.
func TestFromGraph(t *testing.T) {
	if _, err := alexnet.Graph(alexnet.FromGraph(runtime.NewGraph("empty"))); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("no weights: %v", err)
	}
	short := func(string, int, int, int, int) ([]float32, []float32, error) { return make([]float32, 5), nil, nil }
	if _, err := alexnet.Graph(short); !errors.Is(err, runtime.ErrShape) {
		t.Errorf("five weights: %v", err)
	}
}
