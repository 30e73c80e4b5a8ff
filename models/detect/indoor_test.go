package detect

import (
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect/score"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// indoorNames are COCO's names of classes that the annotations call otherwise.
var indoorNames = map[string]string{"diningtable": "dining table", "pottedplant": "potted plant", "sofa": "couch",
	"tvmonitor": "tv"}

// indoor is the labelled set.
type indoor struct {
	images []image.Image
	truths []score.Truth // of names' classes
}

func readIndoor(t testing.TB, names []string) *indoor {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testdata.Path(t, "detection", "indoor"), "*.jpg"))
	if err != nil || len(files) != 43 {
		t.Fatal(len(files), err)
	}
	s := &indoor{}
	for n, f := range files {
		img, err := imagefile.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		s.images = append(s.images, img)
		text, err := os.ReadFile(strings.TrimSuffix(f, ".jpg") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var name string
			b := score.Truth{Image: n}
			if _, err := fmt.Sscan(line, &name, &b.X0, &b.Y0, &b.X1, &b.Y1); err != nil {
				t.Fatal(f, line, err)
			}
			if other := indoorNames[name]; other != "" {
				name = other
			}
			if b.Class = slices.Index(names, name); b.Class >= 0 {
				s.truths = append(s.truths, b)
			}
		}
	}
	return s
}

// measure runs a network over the set.
func (s *indoor) measure(t testing.TB, g *runtime.Graph, spec preprocess.Spec, kind string) *score.Result {
	t.Helper()
	p, err := runtime.Compile(g, runtime.WithThreads(1))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromPlan(p, card.Card{Input: &spec}, WithKind(kind), WithThreshold(0.01))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var found []score.Found
	var boxes []Box
	for n, img := range s.images {
		if boxes, err = d.Image(img, boxes[:0]); err != nil {
			t.Fatal(err)
		}
		for _, b := range boxes {
			found = append(found, score.Found{Image: n, Class: b.Class, Score: float64(b.Score),
				Box: score.Box{X0: float64(b.X0), Y0: float64(b.Y0), X1: float64(b.X1), Y1: float64(b.Y1)}})
		}
	}
	r, err := score.Measure(s.truths, found)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestIndoor measures three networks on labelled photographs: as floats they are what the reference engines' tensors,
// read by plain loops, give on the same inputs (ONNX Runtime 1.20.1 without optimisation, TensorFlow Lite); as int8,
// with 95 % of the layers or more, they are within a point of floats.
func TestIndoor(t *testing.T) {
	if testing.Short() {
		t.Skip("runs three networks over 43 photographs")
	}
	for _, c := range []struct {
		zoo       int
		kind      string
		names     []string
		reference float64 // AP50 in percent
		quantised bool    // by its file
	}{
		{1, "yolox-first", labels.COCO, 40.4341, false},
		{2, "fastestdet", labels.COCO, 20.7468, false},
		{0, "ssd-postprocess", labels.COCO90, 22.8092, true},
	} {
		z := &zoo[c.zoo]
		s := readIndoor(t, c.names)
		g, err := models.Open(testdata.Path(t, "zoo", z.folder, z.folder+z.file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		d, err := FromPlan(p, card.Card{}, WithKind(c.kind))
		if err != nil {
			t.Fatal(err)
		}
		spec := d.Spec()
		d.Close()
		spec.Mode = preprocess.Squash
		r := s.measure(t, g, spec, c.kind)
		t.Logf("%s: AP50 %.2f AP %.2f of %d classes", z.folder, 100*r.AP50, 100*r.AP, len(r.Classes))
		if math.Abs(100*r.AP50-c.reference) > 0.1 {
			t.Errorf("%s: AP50 %.4f, the reference's tensors give %.4f", z.folder, 100*r.AP50, c.reference)
		}
		if c.quantised {
			continue
		}
		images := pictures(t, "bus", "dog", "person", "faces", "portrait")
		for _, ph := range testdata.Photos(t, "calibrate")[:40] {
			images = append(images, picture(t, ph.File))
		}
		q := s.measure(t, int8Of(t, g, spec, images), spec, c.kind)
		t.Logf("%s: int8 AP50 %.2f AP %.2f", z.folder, 100*q.AP50, 100*q.AP)
		if q.AP50 < r.AP50-0.01 {
			t.Errorf("%s: int8 AP50 %.4f, float %.4f", z.folder, 100*q.AP50, 100*r.AP50)
		}
	}
}
