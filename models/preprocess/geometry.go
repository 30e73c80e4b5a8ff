package preprocess

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Geometry says where a network's pixels lie in the picture from which its input was made. Both are measured from the
// left and from the top, edge to edge: pixel (0, 0) covers 0 ≤ x, y < 1.
//
//	x in the picture = x in the input · ScaleX + OffsetX
//	y in the picture = y in the input · ScaleY + OffsetY
type Geometry struct {
	W, H             int // of the picture
	ScaleX, ScaleY   float32
	OffsetX, OffsetY float32
}

// Geometry returns that of a picture of w×h pixels: exactly how a [Preparer] and a [Frame] of the spec place it. The
// error is that of [Spec.Check], or of an empty picture, and wraps [runtime.ErrShape].
func (s Spec) Geometry(w, h int) (Geometry, error) {
	if err := s.Check(); err != nil {
		return Geometry{}, err
	}
	if w < 1 || h < 1 {
		return Geometry{}, fmt.Errorf("a picture of %d×%d: %w", w, h, runtime.ErrShape)
	}
	p := s.place(w, h)
	x, y := float64(w)/float64(p.fullW), float64(h)/float64(p.fullH)
	return Geometry{w, h, float32(x), float32(y), float32(float64(p.left) * x), float32(float64(p.top) * y)}, nil
}

// Point returns where a point of the input lies in the picture.
func (g *Geometry) Point(x, y float32) (float32, float32) {
	return float32(x*g.ScaleX) + g.OffsetX, float32(y*g.ScaleY) + g.OffsetY
}

// placement is how an image is resized, and the part of the result that the network sees.
type placement struct {
	fullW, fullH int
	left, top    int // of the network's first pixel; negative if there are bars before the image
}

// place returns the placement of images of w×h.
func (s *Spec) place(w, h int) placement {
	fullW, fullH := s.full(w, h)
	return placement{fullW, fullH, (fullW - s.Width) / 2, (fullH - s.Height) / 2}
}

// taps makes the tables of both dimensions.
func (p placement) taps(w, h int, s *Spec, cols, rows *taps) {
	cols.fit(w, p.fullW, p.left, s.Width, s.Filter)
	rows.fit(h, p.fullH, p.top, s.Height, s.Filter)
}
