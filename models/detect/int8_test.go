package detect

import (
	"context"
	"image"
	"io"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

func picture(t testing.TB, file string) image.Image {
	t.Helper()
	img, err := imagefile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// pictures are photographs of the folder detection.
func pictures(t testing.TB, names ...string) (images []image.Image) {
	t.Helper()
	for _, name := range names {
		images = append(images, picture(t, testdata.Path(t, "detection", name+".jpg")))
	}
	return images
}

// int8Of quantises a network by pictures as gneiss quantize does: every fourth chooses, 16 of the others correct.
func int8Of(t testing.TB, g *runtime.Graph, spec preprocess.Spec, images []image.Image) *runtime.Graph {
	t.Helper()
	var of, held []image.Image
	for i, img := range images {
		if i%4 == 3 {
			held = append(held, img)
		} else {
			of = append(of, img)
		}
	}
	source := func(images []image.Image) quant.Source {
		prep, next := spec.Preparer(), 0
		return func(in []float32) error {
			if next == len(images) {
				return io.EOF
			}
			next++
			return prep.Into(in, images[next-1])
		}
	}
	ctx := context.Background()
	st, err := quant.Calibrate(ctx, g, source(of))
	if err != nil {
		t.Fatal(err)
	}
	q, report, err := quant.Quantize(g, st, quant.WithCorrection(ctx, source(of[:16])),
		quant.WithChoice(ctx, source(held)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d of %d layers in int8, factors from %g on of %.2f", g.Name, report.Quantised, len(report.Layers),
		report.UnlikeFrom, report.Trials)
	if 100*report.Quantised < 95*len(report.Layers) {
		t.Errorf("%d of %d layers in int8", report.Quantised, len(report.Layers))
	}
	return q
}

// TestInt8Agrees: on photographs that they were not quantised by, networks in int8 find what they find in float.
func TestInt8Agrees(t *testing.T) {
	if testing.Short() {
		t.Skip("quantises networks by 40 photographs")
	}
	var images []image.Image
	for _, ph := range testdata.Photos(t, "calibrate")[:40] {
		images = append(images, picture(t, ph.File))
	}
	for _, c := range []struct {
		zoo   int
		kind  string
		found float64 // at least so many of the sure boxes of either are boxes of the other too
		apart float64 // by how much scores of the same box differ at most, in the mean
	}{
		{1, "yolox-first", 0.9, 0.1}, {2, "fastestdet", 0.85, 0.1}, {4, "ultraface", 0.9, 0.05}, {5, "yunet", 0.9, 0.05},
	} {
		z := &zoo[c.zoo]
		t.Run(z.folder, func(t *testing.T) {
			g, err := models.Open(testdata.Path(t, "zoo", z.folder, z.folder+z.file))
			if err != nil {
				t.Fatal(err)
			}
			d, err := FromPlan(z.plan(t), card.Card{}, WithKind(c.kind))
			if err != nil {
				t.Fatal(err)
			}
			spec := d.Spec()
			d.Close()
			spec.Mode = preprocess.Squash
			a, b := boxesOf(t, g, spec, c.kind), boxesOf(t, int8Of(t, g, spec, images), spec, c.kind)
			sure, both, apart := 0, 0, 0.0
			for i := range a {
				for _, of := range [][2][]Box{{a[i], b[i]}, {b[i], a[i]}} {
					n, m, d := inOther(of[0], of[1])
					sure, both, apart = sure+n, both+m, apart+d
				}
			}
			found := float64(both) / float64(sure)
			apart /= float64(max(both, 1))
			t.Logf("%d of %d boxes found by the other, scores %.4f apart", both, sure, apart)
			if sure == 0 || found < c.found || apart > c.apart {
				t.Errorf("%.3f found, %.4f apart", found, apart)
			}
		})
	}
}

// inOther counts the boxes of scores from a half on, and those of them that others have, of the same class and with an
// intersection over union of a half at least; and sums up by how much the scores of those differ.
func inOther(boxes, others []Box) (sure, both int, apart float64) {
	for _, a := range boxes {
		if a.Score < 0.5 {
			continue
		}
		sure++
		for _, b := range others {
			if a.Class == b.Class && a.Overlap(&b) >= 0.5 {
				both, apart = both+1, apart+math.Abs(float64(a.Score-b.Score))
				break
			}
		}
	}
	return sure, both, apart
}

// boxesOf are a network's boxes of scores from a quarter on, on the photographs of the folder detection.
func boxesOf(t *testing.T, g *runtime.Graph, spec preprocess.Spec, kind string) (boxes [][]Box) {
	t.Helper()
	p, err := runtime.Compile(g, runtime.WithThreads(1))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromPlan(p, card.Card{Input: &spec}, WithKind(kind), WithThreshold(0.25))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, img := range pictures(t, "bus", "dog", "person", "faces", "portrait") {
		b, err := d.Image(img, nil)
		if err != nil {
			t.Fatal(err)
		}
		boxes = append(boxes, b)
	}
	return boxes
}
