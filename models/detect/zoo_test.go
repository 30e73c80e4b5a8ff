package detect

import (
	"fmt"
	"math"
	"path/filepath"
	"sort"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// zooModel is a published network and how its reference input was made.
type zooModel struct {
	folder, file, photo string
	kind                string
	decode              func(t *testing.T, outs [][]float64) []plainBox // of the network's input
	classes             int
	least               int // boxes that there are at least
}

// zoo lists the networks. Their reference inputs are the whole photograph squashed to the input's size.
var zoo = []zooModel{
	{"ssd_mobilenet_v1_coco_quant", ".tflite", "bus", "ssd-postprocess", plainPostProcess, 90, 4},
	{"yolox_nano_416", ".onnx", "bus", "yolox", plainYOLOX, 80, 4},
	{"fastestdet_352", ".onnx", "bus", "fastestdet", plainFastestDet, 80, 3},
	{"yolov8n_192", ".tflite", "bus", "yolov8", plainYOLOv8, 1, 3},
	{"ultraface_rfb_320", ".onnx", "faces", "ultraface", plainUltraFace, 1, 4},
	{"yunet_n_320", ".onnx", "faces", "yunet", plainYuNet, 1, 4},
	{"blazeface_front_128", ".tflite", "faces", "blazeface", plainBlazeFace, 1, 0},
	{"palm_detection_full_192", ".tflite", "portrait", "palm", plainPalm, 1, 0},
}

func (z *zooModel) plan(t testing.TB) *runtime.Plan {
	t.Helper()
	g, err := models.Open(testdata.Path(t, "zoo", z.folder, z.folder+z.file))
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// array reads an array as float64.
func array(t testing.TB, elems ...string) []float64 {
	t.Helper()
	a, err := npy.Open(testdata.Path(t, elems...))
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	switch d := a.Data.(type) {
	case []float32:
		for _, v := range d {
			out = append(out, float64(v))
		}
	case []uint8:
		for _, v := range d {
			out = append(out, float64(v))
		}
	default:
		t.Fatalf("%v: %T", elems, a.Data)
	}
	return out
}

// references are a case's output tensors.
func (z *zooModel) references(t testing.TB, name string, n int) [][]float64 {
	var out [][]float64
	for i := range n {
		out = append(out, array(t, "zoo", z.folder, fmt.Sprintf("%s.out%d.npy", name, i)))
	}
	return out
}

// squashed is the family's preparation with the whole picture squashed.
func squashed(t testing.TB, p *runtime.Plan) card.Card {
	t.Helper()
	d, err := FromPlan(p, card.Card{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s := d.Spec()
	s.Mode = preprocess.Squash
	return card.Card{Input: &s}
}

// TestZoo: networks are recognised, and the boxes of what they answer are those that plain loops in float64 make of the
// reference's answers.
func TestZoo(t *testing.T) {
	for _, z := range zoo {
		t.Run(z.folder, func(t *testing.T) {
			p := z.plan(t)
			d, err := FromPlan(p, squashed(t, p))
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if d.Kind() != z.kind {
				t.Fatalf("recognised as %s, want %s", d.Kind(), z.kind)
			}
			for _, name := range []string{"photo", "noise"} {
				in, err := npy.Open(testdata.Path(t, "zoo", z.folder, name+".in0.npy"))
				if err != nil {
					t.Fatal(err)
				}
				if err := in.Fill(d.Session().Input(0)); err != nil {
					t.Fatal(err)
				}
				if err := d.Session().Run(); err != nil {
					t.Fatal(err)
				}
				raw := z.decode(t, z.references(t, name, len(p.Outputs())))
				for _, threshold := range []float64{float64(d.kind.threshold), 0.1} {
					d.SetThreshold(float32(threshold))
					got, err := d.Read(810, 1080, nil)
					if err != nil {
						t.Fatal(err)
					}
					in := p.Inputs()[0].Shape
					want := plainSuppress(raw, threshold, float64(d.overlap), d.kind.final, in.W, in.H, 810, 1080)
					t.Logf("%s at %.2f: %d boxes", name, threshold, len(got))
					samePlain(t, got, want)
					if name == "photo" && threshold > 0.2 && len(got) < z.least {
						t.Errorf("%d boxes, want %d or more", len(got), z.least)
					}
				}
			}
		})
	}
}

// samePlain: the same count, corners and points within half a pixel, scores within a thousandth.
func samePlain(t *testing.T, got []Box, want []plainBox) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d boxes, want %d", len(got), len(want))
		return
	}
	sort.SliceStable(got, func(i, j int) bool { return got[i].Score > got[j].Score })
	for i, w := range want {
		g := &got[i]
		far := 0.0
		for k, v := range []float32{g.X0, g.Y0, g.X1, g.Y1} {
			far = max(far, math.Abs(float64(v)-w.corners[k]))
		}
		for k := range w.points {
			at := g.Points[k/2].X
			if k%2 == 1 {
				at = g.Points[k/2].Y
			}
			far = max(far, math.Abs(float64(at)-w.points[k]))
		}
		if far > 0.5 || math.Abs(float64(g.Score)-w.score) > 1e-3 || g.Class != w.class || 2*g.Count != len(w.points) {
			t.Errorf("box %d: %+v, want %+v", i, *g, w)
		}
	}
}

// TestZooPictures: a photograph prepared here is the reference's input, but for how its pixels were interpolated.
func TestZooPictures(t *testing.T) {
	for _, z := range zoo {
		t.Run(z.folder, func(t *testing.T) {
			p := z.plan(t)
			img, err := imagefile.Open(testdata.Path(t, "detection", z.photo+".jpg"))
			if err != nil {
				t.Fatal(err)
			}
			s := *squashed(t, p).Input
			want := array(t, "zoo", z.folder, "photo.in0.npy")
			sess, err := p.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			defer sess.Close()
			off := map[preprocess.Filter]float64{}
			for _, f := range []preprocess.Filter{preprocess.Bilinear, preprocess.Antialias} {
				s.Filter = f
				if err := s.Preparer().Fill(sess.Input(0), img); err != nil {
					t.Fatal(err)
				}
				got := make([]float32, len(want))
				unit := 1.0 / float64(s.Scale[0]) // a pixel's step
				if s.Scale[0] == 0 {
					unit = 1
				}
				q := sess.Input(0).Info().Quant
				if err := sess.Input(0).CopyTo(got); err != nil {
					t.Fatal(err)
				}
				sum := 0.0
				for i, v := range got {
					w := want[i]
					if sess.Input(0).Uint8() != nil {
						w = (w - float64(q.Zero)) * float64(q.Scale)
					}
					sum += math.Abs(float64(v)-w) * unit
				}
				off[f] = sum / float64(len(got))
			}
			t.Logf("%s: mean difference of a pixel: %.2f of 255 bilinear, %.2f antialiased", filepath.Base(z.folder),
				off[preprocess.Bilinear], off[preprocess.Antialias])
			if m := min(off[preprocess.Bilinear], off[preprocess.Antialias]); m > 3 {
				t.Errorf("pixels differ by %.2f of 255", m)
			}
		})
	}
}
