package preprocess

import (
	"errors"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestGeometry: where a pixel of the input is said to come from is the centre of what a Preparer makes it of.
func TestGeometry(t *testing.T) {
	for _, mode := range []Mode{Squash, Crop, Letterbox} {
		for _, size := range [][4]int{{224, 224, 640, 480}, {320, 240, 641, 479}, {97, 53, 53, 97}, {64, 64, 1, 1},
			{33, 31, 1000, 7}, {416, 416, 810, 1080}, {416, 416, 416, 416}, {63, 64, 127, 129}} {
			s := Spec{Width: size[0], Height: size[1], Mode: mode}
			w, h := size[2], size[3]
			g, err := s.Geometry(w, h)
			if err != nil {
				t.Fatal(err)
			}
			p := s.Preparer()
			p.fit(w, h)
			check := func(name string, tp *taps, n int, scale, offset float32) {
				seen := 0
				for i := range tp.start {
					want := (float64(i)+0.5)*float64(scale) + float64(offset)
					if tp.count[i] == 0 { // in a bar: the pixel's centre lies beside the picture
						if want > 0 && want < float64(n) {
							t.Errorf("%v %v: %s %d is a bar, but comes from %v of %d", s, size, name, i, want, n)
						}
						continue
					}
					seen++
					if want < 0.5 || want > float64(n)-0.5 {
						continue // the edge is repeated
					}
					at := 0.5
					for j := range tp.count[i] {
						at += float64(tp.weights[i*tp.width+j]) * float64(tp.start[i]+j)
					}
					if math.Abs(at-want) > 1e-3 {
						t.Errorf("%v %v: %s %d comes from %v, said is %v", s, size, name, i, at, want)
					}
				}
				if seen == 0 {
					t.Errorf("%v %v: no %s of the picture", s, size, name)
				}
			}
			check("column", &p.cols, w, g.ScaleX, g.OffsetX)
			check("row", &p.rows, h, g.ScaleY, g.OffsetY)
		}
	}
	if _, err := (Spec{Width: 8, Height: 8}).Geometry(0, 5); !errors.Is(err, runtime.ErrShape) {
		t.Error("an empty picture:", err)
	}
	if _, err := (Spec{Width: 0, Height: 8}).Geometry(5, 5); !errors.Is(err, runtime.ErrShape) {
		t.Error("a spec without a size:", err)
	}
}
