package quant_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// photo is a labelled photograph as GoogLeNet's input.
type photo struct {
	input []float32
	label int
}

// photos returns those of a role, one in every.
func photos(t testing.TB, role string, every int) (ps []photo) {
	t.Helper()
	prep := preprocess.GoogLeNet.Preparer()
	for i, p := range testdata.Photos(t, role) {
		if (i+1)%every != 0 {
			continue
		}
		img, err := imagefile.Open(p.File)
		if err != nil {
			t.Fatal(err)
		}
		in := photo{make([]float32, preprocess.GoogLeNet.Elements()), p.Label}
		if err := prep.Into(in.input, img); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, in)
	}
	return ps
}

func source(ps []photo) quant.Source {
	i := 0
	return func(input []float32) error {
		if i == len(ps) {
			return io.EOF
		}
		copy(input, ps[i].input)
		i++
		return nil
	}
}

// score counts the photographs whose label is first, and among the first five.
func score(t testing.TB, g *runtime.Graph, ps []photo) (top1, top5 int) {
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
	for _, p := range ps {
		copy(s.Input(0).Float32(), p.input)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		for i, c := range s.Output(0).TopK(5, nil) {
			if c.Index == p.label {
				if top5++; i == 0 {
					top1++
				}
			}
		}
	}
	return top1, top5
}

func googlenet(t testing.TB) *runtime.Graph {
	t.Helper()
	dir := testdata.Path(t, "models", "bvlc_googlenet")
	g, err := caffe.Open(filepath.Join(dir, "bvlc_googlenet.caffemodel"), filepath.Join(dir, "deploy.prototxt"))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGoogLeNet: the real network, calibrated on 100 photographs, loses next to nothing on 150 others.
func TestGoogLeNet(t *testing.T) {
	g := googlenet(t)
	every := 1
	if testing.Short() {
		every = 10
	}
	stats, err := quant.Calibrate(t.Context(), g, source(photos(t, "calibrate", every)))
	if err != nil {
		t.Fatal(err)
	}
	evaluate := photos(t, "evaluate", every)
	int8Graph, report, err := quant.Quantize(g, stats)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Portable || report.Conversions != 1 {
		t.Errorf("portable: %v, %d conversions; want only the input's", report.Portable, report.Conversions)
	}
	c, err := quant.Compare(t.Context(), g, int8Graph, source(evaluate))
	if err != nil {
		t.Fatal(err)
	}
	want1, want5 := score(t, g, evaluate)
	got1, got5 := score(t, int8Graph, evaluate)
	n := len(evaluate)
	t.Logf("%d images: top-1 %d → %d, top-5 %d → %d, same class %d, float's best among the five best %d", n, want1, got1,
		want5, got5, c.Top1, c.Top5)
	for _, l := range c.Layers[:5] {
		t.Logf("%s: %.1f dB", l.Name, l.SQNR)
	}
	if got1 < want1-1 || got5 < want5-1 || c.Top1 < n-max(1, n/20) {
		t.Error("accuracy is lost")
	}
	var file bytes.Buffer
	if err := runtime.Write(&file, int8Graph); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes as a file", file.Len())
	if file.Len() > 7_300_000 {
		t.Errorf("%d bytes as a file", file.Len())
	}
}

// cifar returns NIN for CIFAR-10 and its 200 labelled inputs.
func cifar(t testing.TB) (*runtime.Graph, []photo) {
	t.Helper()
	dir := testdata.Path(t, "models", "cifar10_nin")
	g, err := caffe.Open(filepath.Join(dir, "cifar10_nin.caffemodel"), filepath.Join(dir, "deploy.prototxt"))
	if err != nil {
		t.Fatal(err)
	}
	body := func(name string, n int) []byte { // of a .npy file of n numbers of four bytes
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(b) < 4*n {
			t.Fatalf("%s: %d bytes, %v", name, len(b), err)
		}
		return b[len(b)-4*n:]
	}
	const images, side = 200, 32
	data, labels := body("inputs_200x3x32x32_f32.npy", images*3*side*side), body("labels_200_i32.npy", images)
	ps := make([]photo, images)
	for i := range ps {
		ps[i] = photo{make([]float32, 3*side*side), int(binary.LittleEndian.Uint32(labels[4*i:]))}
		for c := range 3 {
			for p := range side * side {
				at := 4 * ((i*3+c)*side*side + p)
				ps[i].input[p*3+c] = math.Float32frombits(binary.LittleEndian.Uint32(data[at:]))
			}
		}
	}
	return g, ps
}

// TestCIFAR: NIN on CIFAR-10 calibrated on 50 images keeps its accuracy on the other 150, whatever the observer.
func TestCIFAR(t *testing.T) {
	g, ps := cifar(t)
	stats, err := quant.Calibrate(t.Context(), g, source(ps[:50]))
	if err != nil {
		t.Fatal(err)
	}
	evaluate := ps[50:]
	want, _ := score(t, g, evaluate)
	some := []quant.Observer{quant.DefaultObserver(), quant.MinMax(), quant.Percentile(99.99), quant.Entropy()}
	if testing.Short() {
		some, evaluate = some[:1], evaluate[:30]
		want, _ = score(t, g, evaluate)
	}
	for _, o := range some {
		q, report, err := quant.Quantize(g, stats, quant.WithObserver(o))
		if err != nil {
			t.Fatal(err)
		}
		if !report.Portable {
			t.Errorf("%s: not portable\n%s", o, report)
		}
		c, err := quant.Compare(t.Context(), g, q, source(evaluate))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := score(t, q, evaluate)
		last := 0.0
		for _, l := range c.Layers {
			if l.Name == g.Nodes[len(g.Nodes)-2].Name {
				last = l.SQNR
			}
		}
		t.Logf("%-18s right %d → %d of %d, same class %d, worst layer %.1f dB (%s), scores %.1f dB", o, want, got, c.Images,
			c.Top1, c.Layers[0].SQNR, c.Layers[0].Name, last)
		if got < want-2 || c.Top1*100 < 95*c.Images {
			t.Errorf("%s: accuracy is lost", o)
		}
	}
}

// TestObserversOnGoogLeNet shows what each observer gives, to choose the default by.
func TestObserversOnGoogLeNet(t *testing.T) {
	if testing.Short() || os.Getenv("GNEISS_LONG") == "" {
		t.Skip("a comparison, not a test: GNEISS_LONG=1 runs it")
	}
	g := googlenet(t)
	stats, err := quant.Calibrate(t.Context(), g, source(photos(t, "calibrate", 1)))
	if err != nil {
		t.Fatal(err)
	}
	evaluate := photos(t, "evaluate", 1)
	for _, o := range []quant.Observer{quant.MinMax(), quant.Percentile(99.999), quant.Percentile(99.99),
		quant.Percentile(99.9), quant.Entropy(), quant.MSE()} {
		q, _, err := quant.Quantize(g, stats, quant.WithObserver(o))
		if err != nil {
			t.Fatal(err)
		}
		c, err := quant.Compare(t.Context(), g, q, source(evaluate))
		if err != nil {
			t.Fatal(err)
		}
		top1, top5 := score(t, q, evaluate)
		mean, last := 0.0, 0.0
		for _, l := range c.Layers {
			mean += l.SQNR / float64(len(c.Layers))
			if l.Name == "loss3/classifier" {
				last = l.SQNR
			}
		}
		t.Logf("%-18s top-1 %d, top-5 %d, same class %d, among five %d, mean %.1f dB, worst %.1f dB (%s), scores %.1f dB", o,
			top1, top5,
			c.Top1, c.Top5, mean, c.Layers[0].SQNR, c.Layers[0].Name, last)
	}
}
