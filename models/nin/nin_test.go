package nin_test

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/nin"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// numbers are the n numbers of four bytes of a NumPy file.
func numbers(t *testing.T, dir, name string, n int) []uint32 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || len(b) < 4*n {
		t.Fatalf("%s: %d bytes, %v", name, len(b), err)
	}
	b = b[len(b)-4*n:]
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

// recognised counts the images whose label the network gives; check sees every output.
func recognised(t *testing.T, g *runtime.Graph, inputs [][]float32, labels []uint32,
	check func(i int, out []float32)) int {
	t.Helper()
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for i, x := range inputs {
		copy(s.Input(0).Float32(), x)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		out := s.Output(0).Float32()
		check(i, out)
		best := 0
		for j, v := range out {
			if v > out[best] {
				best = j
			}
		}
		if best == int(labels[i]) {
			n++
		}
	}
	return n
}

// TestCIFAR10: with the published weights the network in code gives another engine's outputs and 179 of 200 labels, and
// loses at most a point as int8.
func TestCIFAR10(t *testing.T) {
	dir := testdata.Path(t, "models", "cifar10_nin")
	imported, err := caffe.Open(filepath.Join(dir, "cifar10_nin.caffemodel"), filepath.Join(dir, "deploy.prototxt"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := nin.CIFAR10(nin.FromGraph(imported))
	if err != nil {
		t.Fatal(err)
	}
	const images, classes = 200, 10
	shape := runtime.Shape{N: 1, H: nin.CIFARSize, W: nin.CIFARSize, C: 3}
	pixels := shape.Elements()
	raw := numbers(t, dir, "inputs_200x3x32x32_f32.npy", images*pixels)
	want := numbers(t, dir, "expected_200x10_f32.npy", images*classes)
	labels := numbers(t, dir, "labels_200_i32.npy", images)
	inputs := make([][]float32, images)
	for i := range inputs {
		x := make([]float32, pixels)
		for j := range x {
			x[j] = math.Float32frombits(raw[i*pixels+j])
		}
		inputs[i] = interp.ToNHWC(shape, x)
	}
	float := recognised(t, g, inputs, labels, func(i int, out []float32) {
		for j, v := range out {
			if w := math.Float32frombits(want[i*classes+j]); math.Abs(float64(v-w)) > 1e-4 {
				t.Errorf("image %d, class %d: %v, want %v", i, j, v, w)
			}
		}
	})
	if float != 179 {
		t.Errorf("%d of %d right, want 179", float, images)
	}
	next := 0
	stats, err := quant.Calibrate(t.Context(), g, func(input []float32) error {
		if next == 50 {
			return io.EOF
		}
		copy(input, inputs[next])
		next++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	q, _, err := quant.Quantize(g, stats)
	if err != nil {
		t.Fatal(err)
	}
	bytes := recognised(t, q, inputs, labels, func(int, []float32) {})
	if bytes < float-images/100 {
		t.Errorf("int8: %d of %d right, float %d", bytes, images, float)
	}
	t.Logf("float %d, int8 %d of %d", float, bytes, images)
}

// TestImageNet: the network for 1000 classes has the maps of the published one.
func TestImageNet(t *testing.T) {
	g, err := nin.ImageNet(nin.Random(1))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]runtime.Shape{"cccp2": {N: 1, H: 54, W: 54, C: 96}, "pool0": {N: 1, H: 27, W: 27, C: 96},
		"pool2": {N: 1, H: 13, W: 13, C: 256},
		"pool3": {N: 1, H: 6, W: 6, C: 384}, "cccp8-1024": {N: 1, H: 6, W: 6, C: 1000}, "prob": {N: 1, H: 1, W: 1, C: 1000}}
	for _, n := range g.Nodes {
		if s, ok := want[n.Name]; ok && n.Out.Shape != s {
			t.Errorf("%s: %v, want %v", n.Name, n.Out.Shape, s)
		}
	}
}
