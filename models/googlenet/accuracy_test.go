package googlenet_test

import (
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestAccuracy classifies real photographs with the real weights, and compares with what another engine says of them.
func TestAccuracy(t *testing.T) {
	imported, err := models.Open(testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet.caffemodel"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := googlenet.Graph(googlenet.FromGraph(imported))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	every := 1
	if testing.Short() {
		every = 15
	}
	prep := preprocess.GoogLeNet.Preparer()
	var images, top1, top5, agree int
	for _, photo := range testdata.Photos(t, "evaluate") {
		if images++; images%every != 0 {
			continue
		}
		img, err := imagefile.Open(photo.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := prep.Into(sess.Input(0).Float32(), img); err != nil {
			t.Fatal(err)
		}
		if err := sess.Run(); err != nil {
			t.Fatal(err)
		}
		for i, c := range sess.Output(0).TopK(5, nil) {
			if c.Index == photo.Label {
				top5++
				if i == 0 {
					top1++
				}
			}
			if i == 0 && c.Index == photo.Reference {
				agree++
			} else if i == 0 {
				t.Logf("%s: %d (%v), the reference says %d", photo.File, c.Index, c.Score, photo.Reference)
			}
		}
	}
	n := images / every
	t.Logf("%d images: top-1 %.1f %%, top-5 %.1f %%, %d agree with the reference", n, 100*float64(top1)/float64(n),
		100*float64(top5)/float64(n), agree)
	if every == 1 && (top1 != 115 || top5 != 136 || agree < 149) {
		t.Errorf("want 115 and 136 of 150 right, and at least 149 that agree")
	}
}
