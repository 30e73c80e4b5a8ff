// Package detect finds things in pictures and camera frames: it makes boxes of what detection networks answer.
//
//	model, err := models.Load(file)
//	det, err := detect.New(model)
//	boxes, err = det.Image(img, boxes[:0])           // or det.Frame(format, bytes, boxes[:0])
//	fmt.Println(det.Label(boxes[0].Class), boxes[0]) // corners in the picture's pixels
//
// How a network's outputs are read follows from the kind of its head: the card names it, or it is recognised by the
// outputs' names and shapes; [Kinds] lists what there is. What fits none, or several, is refused. A kind is one row of
// the table in kinds.go and one file, whose comment gives the formula and its source.
//
// # What is defined
//
// A candidate counts if its score is the threshold or more; a NaN is no score, and a score above 1 is 1. Its box counts
// if all four corners are finite and it has an area. Candidates are taken by score, of equal ones the lesser class
// first, then in the order of the network's outputs; so there is one answer, whatever the number of threads. Scores and
// sizes are computed in float32 with math.Exp in float64: of the same outputs, other CPUs may differ in a last bit.
// Boxes are clipped to the picture, and what has no area then is left out; key points may lie beside it, and one that
// is not finite is the zero Point.
//
// Outputs that are levels are compared as levels: only candidates become floats.
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
