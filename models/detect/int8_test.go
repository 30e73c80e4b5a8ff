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
		zoo    int
		shared float64 // of the boxes of both, at least so many are of both
		apart  float64 // by how much scores of the same box differ at most, in the mean
	}{
		{1, 0.8, 0.05}, {2, 0.8, 0.05}, {4, 0.8, 0.05}, {5, 0.8, 0.05},
	} {
		z := &zoo[c.zoo]
		t.Run(z.folder, func(t *testing.T) {
			g, err := models.Open(testdata.Path(t, "zoo", z.folder, z.folder+z.file))
			if err != nil {
				t.Fatal(err)
			}
			k := squashed(t, z.plan(t))
			want, got := found(t, g, k), found(t, int8Of(t, g, *k.Input, images), k)
			both, all, apart := 0, 0, 0.0
			for i := range want {
				all += len(want[i]) + len(got[i])
				for _, a := range want[i] {
					for j, b := range got[i] {
						if a.Class == b.Class && a.Overlap(&b) >= 0.5 {
							both, apart = both+1, apart+math.Abs(float64(a.Score-b.Score))
							got[i][j].Class = -1 // taken
							break
						}
					}
				}
			}
			shared := 2 * float64(both) / float64(all)
			apart /= float64(max(both, 1))
			t.Logf("%d boxes of both, %.1f %%, scores %.4f apart", both, 100*shared, apart)
			if both == 0 || shared < c.shared || apart > c.apart {
				t.Errorf("%.3f shared, %.4f apart", shared, apart)
			}
		})
	}
}

// found are the boxes on the photographs of the folder detection.
func found(t *testing.T, g *runtime.Graph, k card.Card) (boxes [][]Box) {
	t.Helper()
	p, err := runtime.Compile(g, runtime.WithThreads(1))
	if err != nil {
		t.Fatal(err)
	}
	d, err := FromPlan(p, k)
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
