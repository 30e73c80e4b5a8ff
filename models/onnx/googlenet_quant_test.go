package onnx_test

import (
	"bytes"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// photos returns the files of the photographs of a role, calibrate or evaluate.
func photos(t *testing.T, role string) (files []string) {
	t.Helper()
	for _, p := range testdata.Photos(t, role) {
		files = append(files, p.File)
	}
	return files
}

// prepare fills a network's input from a photograph.
func prepare(t *testing.T, input []float32, file string) {
	t.Helper()
	img, err := imagefile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := preprocess.GoogLeNet.Preparer().Into(input, img); err != nil {
		t.Fatal(err)
	}
}

func session(t *testing.T, g *runtime.Graph) *runtime.Session {
	t.Helper()
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestGoogLeNetQDQ quantises GoogLeNet, writes it in the QDQ format and reads it again: the same layers with the same
// levels and scales, the same outputs, and the classes of the float network.
func TestGoogLeNetQDQ(t *testing.T) {
	_, float := bothGoogLeNets(t)
	learn := photos(t, "calibrate")
	if testing.Short() {
		learn = learn[:4]
	}
	stats, err := quant.Calibrate(t.Context(), float, func(input []float32) error {
		if len(learn) == 0 {
			return io.EOF
		}
		prepare(t, input, learn[0])
		learn = learn[1:]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	quantised, _, err := quant.Quantize(float, stats)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := onnx.WriteQDQ(&b, quantised); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("GNEISS_QDQ_OUT"); path != "" {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	imported, err := onnx.Load(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	convs := sameLayers(t, quantised, imported)
	t.Logf("%d bytes of ONNX, %d nodes, %d quantised convolutions", b.Len(), len(imported.Nodes), convs)

	from, own, read := session(t, float), session(t, quantised), session(t, imported)
	files := photos(t, "evaluate")
	if testing.Short() {
		files = files[:10]
	}
	agree := 0
	for i, file := range files {
		prepare(t, from.Input(0).Float32(), file)
		copy(read.Input(0).Float32(), from.Input(0).Float32())
		copy(own.Input(0).Float32(), from.Input(0).Float32())
		for _, s := range []*runtime.Session{from, read} {
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
		}
		if from.Output(0).TopK(1, nil)[0].Index == read.Output(0).TopK(1, nil)[0].Index {
			agree++
		}
		if i >= 10 {
			continue
		}
		if err := own.Run(); err != nil {
			t.Fatal(err)
		}
		if !sameBits(own.Output(0).Float32(), read.Output(0).Float32()) {
			t.Errorf("%s: the network read again gives other outputs", file)
		}
	}
	t.Logf("%d of %d photographs have the float network's class", agree, len(files))
	if agree*100 < 95*len(files) && !testing.Short() {
		t.Errorf("%d of %d agree, want 95 %%", agree, len(files))
	}
}

// sameLayers compares the quantised layers of two graphs, and returns how many convolutions there are.
func sameLayers(t *testing.T, a, b *runtime.Graph) (convs int) {
	t.Helper()
	other := byName(b)
	for _, n := range a.Nodes {
		m := other[n.Name]
		switch op := n.Op.(type) {
		case *runtime.QConv:
			convs++
			q, ok := m.Op.(*runtime.QConv)
			if !ok || !slices.Equal(op.Weights, q.Weights) || !slices.Equal(op.Bias, q.Bias) ||
				!slices.Equal(op.WScale, q.WScale) ||
				op.Window.Norm() != q.Window.Norm() || op.Out != q.Out || op.Lo != q.Lo || op.Hi != q.Hi {
				t.Errorf("%s: the convolutions differ", n.Name)
			}
		case *runtime.QFC:
			q, ok := m.Op.(*runtime.QFC)
			if !ok || !slices.Equal(op.Weights, q.Weights) || !slices.Equal(op.Bias, q.Bias) ||
				!slices.Equal(op.WScale, q.WScale) {
				t.Errorf("%s: the fully connected layers differ", n.Name)
			}
		case *runtime.Dequantize, *runtime.Quantize, *runtime.Identity:
		default:
			if m == nil || m.Op.Kind() != n.Op.Kind() || m.Out.Quant != n.Out.Quant || m.Out.Shape != n.Out.Shape {
				t.Errorf("%s (%s) became %v", n.Name, n.Op.Kind(), m)
			}
		}
	}
	return convs
}
