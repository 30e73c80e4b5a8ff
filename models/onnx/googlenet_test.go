package onnx_test

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/runtime"
)

// bothGoogLeNets imports the Caffe and the ONNX file of the same network.
func bothGoogLeNets(t *testing.T) (fromCaffe, fromONNX *runtime.Graph) {
	t.Helper()
	fromCaffe, err := caffe.Open(testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet.caffemodel"), "")
	if err != nil {
		t.Fatal(err)
	}
	fromONNX, err = onnx.Open(testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet-opset11.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return fromCaffe, fromONNX
}

// byName maps node names to nodes.
func byName(g *runtime.Graph) map[string]*runtime.Node {
	m := map[string]*runtime.Node{}
	for _, n := range g.Nodes {
		m[n.Name] = n
	}
	return m
}

func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// TestGoogLeNetsAgree: the two files of one network give the same nodes with the same weights, bit for bit.
func TestGoogLeNetsAgree(t *testing.T) {
	a, b := bothGoogLeNets(t)
	if len(a.Nodes) != len(b.Nodes) {
		t.Errorf("%d nodes from Caffe, %d from ONNX", len(a.Nodes), len(b.Nodes))
	}
	params, convs := 0, 0
	other := byName(b)
	for _, n := range a.Nodes {
		m := other[n.Name]
		if m == nil {
			t.Errorf("%s (%s) is missing in ONNX", n.Name, n.Op.Kind())
			continue
		}
		if n.Out.Shape != m.Out.Shape {
			t.Errorf("%s: %v from Caffe, %v from ONNX", n.Name, n.Out.Shape, m.Out.Shape)
		}
		switch op := n.Op.(type) {
		case *runtime.Conv:
			q, ok := m.Op.(*runtime.Conv)
			if !ok || !sameBits(op.Weights, q.Weights) || !sameBits(op.Bias, q.Bias) || op.Window != q.Window {
				t.Errorf("%s: the convolutions differ", n.Name)
			}
			params += len(op.Weights) + len(op.Bias)
			convs++
		case *runtime.FC:
			q, ok := m.Op.(*runtime.FC)
			if !ok || !sameBits(op.Weights, q.Weights) || !sameBits(op.Bias, q.Bias) {
				t.Errorf("%s: the fully connected layers differ", n.Name)
			}
			params += len(op.Weights) + len(op.Bias)
		case *runtime.LRN:
			if q, ok := m.Op.(*runtime.LRN); !ok || *op != *q {
				t.Errorf("%s: %v from Caffe, %v from ONNX", n.Name, op, m.Op)
			}
		}
	}
	if params != 6_998_552 || convs != 57 {
		t.Errorf("%d parameters in %d convolutions, want 6,998,552 in 57", params, convs)
	}
}

// TestGoogLeNetShapes compares the blocks with the published table of the network.
func TestGoogLeNetShapes(t *testing.T) {
	a, b := bothGoogLeNets(t)
	want := map[string]runtime.Shape{
		"conv1/7x7_s2": {N: 1, H: 112, W: 112, C: 64}, "pool1/3x3_s2": {N: 1, H: 56, W: 56, C: 64},
		"conv2/3x3": {N: 1, H: 56, W: 56, C: 192}, "pool2/3x3_s2": {N: 1, H: 28, W: 28, C: 192},
		"inception_3a/output": {N: 1, H: 28, W: 28, C: 256}, "inception_3b/output": {N: 1, H: 28, W: 28, C: 480},
		"inception_4a/output": {N: 1, H: 14, W: 14, C: 512}, "inception_4b/output": {N: 1, H: 14, W: 14, C: 512},
		"inception_4c/output": {N: 1, H: 14, W: 14, C: 512}, "inception_4d/output": {N: 1, H: 14, W: 14, C: 528},
		"inception_4e/output": {N: 1, H: 14, W: 14, C: 832}, "inception_5a/output": {N: 1, H: 7, W: 7, C: 832},
		"inception_5b/output": {N: 1, H: 7, W: 7, C: 1024}, "pool5/7x7_s1": {N: 1, H: 1, W: 1, C: 1024},
		"loss3/classifier": {N: 1, H: 1, W: 1, C: 1000}, "prob": {N: 1, H: 1, W: 1, C: 1000},
	}
	for from, g := range map[string]*runtime.Graph{"caffe": a, "onnx": b} {
		nodes := byName(g)
		for name, s := range want {
			if n := nodes[name]; n == nil || n.Out.Shape != s {
				t.Errorf("%s: %s is %v, want %v", from, name, n, s)
			}
		}
		if in := g.Inputs; len(in) != 1 || in[0].Shape != (runtime.Shape{N: 1, H: 224, W: 224, C: 3}) {
			t.Errorf("%s: inputs %v", from, in)
		}
		if out := g.Outputs; len(out) != 1 || out[0].Name != "prob" {
			t.Errorf("%s: outputs %v", from, out)
		}
	}
}

// TestGoogLeNetOutputs: both graphs give the same outputs, bit for bit, and those are a distribution.
func TestGoogLeNetOutputs(t *testing.T) {
	a, b := bothGoogLeNets(t)
	x := make([]float32, a.Inputs[0].Shape.Elements())
	for i := range x {
		x[i] = float32(i*7919%256) - 117
	}
	fromCaffe, err := interp.Compiled(a, x)
	if err != nil {
		t.Fatal(err)
	}
	fromONNX, err := interp.Compiled(b, x)
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(fromCaffe[0], fromONNX[0]) {
		t.Error("the outputs differ")
	}
	sum := 0.0
	for _, v := range fromCaffe[0] {
		sum += float64(v)
	}
	if math.Abs(sum-1) > 1e-5 {
		t.Errorf("the probabilities sum to %v", sum)
	}
	if testing.Short() {
		return
	}
	want, err := interp.Run(a, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range fromCaffe[0] {
		if math.Abs(float64(v-want[0][i])) > 1e-5 {
			t.Errorf("class %d: %v compiled, %v by definition", i, v, want[0][i])
		}
	}
}
