package caffe_test

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// npy reads the elements of a NumPy file of float32.
func npy(t *testing.T, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = b[10+int(binary.LittleEndian.Uint16(b[8:])):]
	f := make([]float32, len(b)/4)
	for i := range f {
		f[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return f
}

// TestNIN imports a real network of the V1 format and compares with what another engine computes.
func TestNIN(t *testing.T) {
	g, err := caffe.Open(testdata.Path(t, "models", "cifar10_nin", "cifar10_nin.caffemodel"), "")
	if err != nil {
		t.Fatal(err)
	}
	if g.Inputs[0].Shape != (runtime.Shape{N: 1, H: 32, W: 32, C: 3}) || g.Outputs[0].Shape.C != 10 {
		t.Fatalf("%v → %v", g.Inputs[0].Shape, g.Outputs[0].Shape)
	}
	params := 0
	for _, n := range g.Nodes {
		if c, ok := n.Op.(*runtime.Conv); ok {
			params += len(c.Weights) + len(c.Bias)
		}
	}
	if params != 966_986 {
		t.Errorf("%d parameters, want 966,986", params)
	}
	in := npy(t, testdata.Path(t, "models", "cifar10_nin", "inputs_200x3x32x32_f32.npy"))
	want := npy(t, testdata.Path(t, "models", "cifar10_nin", "expected_200x10_f32.npy"))
	labels := npyInts(t, testdata.Path(t, "models", "cifar10_nin", "labels_200_i32.npy"))
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	right := 0
	images := len(labels)
	if testing.Short() {
		images = 20
	}
	for i := range images {
		copy(sess.Input(0).Float32(), interp.ToNHWC(g.Inputs[0].Shape, in[i*3072:(i+1)*3072]))
		if err := sess.Run(); err != nil {
			t.Fatal(err)
		}
		best, out := 0, sess.Output(0).Float32()
		for j, v := range out {
			if w := want[i*10+j]; math.Abs(float64(v-w)) > 1e-4 {
				t.Errorf("image %d, class %d: %v, want %v", i, j, v, w)
			}
			if v > out[best] {
				best = j
			}
		}
		if best == int(labels[i]) {
			right++
		}
	}
	if images == 200 && right != 179 {
		t.Errorf("%d of 200 are right, want 179", right)
	}
}

// npyInts reads the elements of a NumPy file of int32.
func npyInts(t *testing.T, path string) []int32 {
	var is []int32
	for _, f := range npy(t, path) {
		is = append(is, int32(math.Float32bits(f)))
	}
	return is
}

// TestSnapshotWithoutSize: the description inside that file is of training, and says nothing of the images' size.
func TestSnapshotWithoutSize(t *testing.T) {
	b, err := os.ReadFile(testdata.Path(t, "models", "cifar10_nin", "cifar10_nin.caffemodel"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := caffe.Load(b, nil); !errors.Is(err, runtime.ErrShape) {
		t.Errorf("got %v", err)
	}
	g, err := caffe.Load(b, nil, caffe.WithInputShape(3, 32, 32))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Outputs) != 1 || g.Outputs[0].Shape != (runtime.Shape{N: 1, H: 1, W: 1, C: 10}) {
		t.Errorf("outputs %v", g.Outputs)
	}
}

// TestAlexNet: a description alone needs WithRandomWeights.
func TestAlexNet(t *testing.T) {
	path := testdata.Path(t, "models", "bvlc_alexnet", "deploy.prototxt")
	if _, err := caffe.Open("", path); !errors.Is(err, caffe.ErrNoWeights) {
		t.Errorf("without weights: %v", err)
	}
	if testing.Short() {
		t.Skip("60 million random weights")
	}
	g, err := caffe.Open("", path, caffe.WithRandomWeights(1), caffe.WithBatch(2))
	if err != nil {
		t.Fatal(err)
	}
	params := 0
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case *runtime.Conv:
			params += len(op.Weights) + len(op.Bias)
		case *runtime.FC:
			params += len(op.Weights) + len(op.Bias)
		}
	}
	if params != 60_965_224 || g.Outputs[0].Shape != (runtime.Shape{N: 2, H: 1, W: 1, C: 1000}) {
		t.Errorf("%d parameters, want 60,965,224; output %v", params, g.Outputs[0].Shape)
	}
}
