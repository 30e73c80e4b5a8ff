// Package detect makes boxes of what detection networks answer.
package detect

// MaxPoints is the number of key points that a box can carry.
const MaxPoints = 17

// Point is a key point, as an eye's centre, in pixels of the picture.
type Point struct {
	X, Y  float32
	Score float32 // from 0 to 1; 1 if the network gives none
}

// Box is a thing that was found. Its corners are in pixels of the picture, from the left and from the top; pixel (0, 0)
// covers 0 ≤ x, y < 1. A box may reach beyond the picture's edge only where clipping was switched off.
type Box struct {
	X0, Y0, X1, Y1 float32
	Score          float32 // from 0 to 1
	Class          int
	Count          int // of Points
	Points         [MaxPoints]Point
}

// Area returns the area in square pixels; 0 for a box that is turned inside out.
func (b *Box) Area() float32 { return max(b.X1-b.X0, 0) * max(b.Y1-b.Y0, 0) }

// Overlap returns the intersection over union of two boxes, from 0 to 1; 0 where both are empty.
func (b *Box) Overlap(o *Box) float32 {
	w, h := min(b.X1, o.X1)-max(b.X0, o.X0), min(b.Y1, o.Y1)-max(b.Y0, o.Y0)
	if !(w > 0 && h > 0) {
		return 0
	}
	both := w * h
	return both / (b.Area() + o.Area() - both)
}
