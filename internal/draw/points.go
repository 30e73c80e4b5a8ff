package draw

import (
	"image/color"
	"math"

	"github.com/gneiss-go/gneiss/models/detect"
)

// skeleton draws key points and the lines between them. Many points, as those of a face, are small.
func (c *canvas) skeleton(points []detect.Point, class int, s *Scene) {
	points = points[:min(len(points), maxPoints)]
	seen := func(i int) bool {
		return i >= 0 && i < len(points) && points[i].Score >= s.Least && c.near(points[i])
	}
	ink, r := Colour(class), 2*float64(c.line)
	if len(points) > 64 {
		r = float64(c.line)
	}
	for _, rim := range []bool{true, false} { // all outlines lie under all lines
		colour, more := ink, 0.0
		if rim {
			colour, more = contrast(ink), float64(c.hair)
		}
		for _, e := range s.Edges {
			if seen(e[0]) && seen(e[1]) {
				c.stroke(points[e[0]], points[e[1]], float64(c.line)/2+more, colour)
			}
		}
	}
	for i, p := range points {
		if seen(i) {
			c.stroke(p, p, r+float64(c.hair), contrast(ink))
			c.stroke(p, p, r, Colour(class+1+i%2)) // left and right, as most key points alternate
		}
	}
}

// near reports whether a point is a number not further from the picture than it is large.
func (c *canvas) near(p detect.Point) bool {
	w, h := float32(c.w), float32(c.h)
	return p.X >= -w && p.X <= 2*w && p.Y >= -h && p.Y <= 2*h
}

// stroke draws a line with round ends, radius r; a disc where the ends are the same. Row by row it looks at the pixels
// under the line alone.
func (c *canvas) stroke(from, to detect.Point, r float64, ink color.RGBA) {
	x0, y0, x1, y1 := float64(from.X), float64(from.Y), float64(to.X), float64(to.Y)
	if y0 > y1 {
		x0, y0, x1, y1 = x1, y1, x0, y0
	}
	dx, dy := x1-x0, y1-y0
	long := dx*dx + dy*dy
	top, bottom := max(0, int(math.Floor(y0-r-1))), min(c.h-1, int(math.Ceil(y1+r+1)))
	for y := top; y <= bottom; y++ {
		py := float64(y) + 0.5
		a, b := min(x0, x1), max(x0, x1)
		if dy > 0 { // the part of the line whose discs reach this row
			s, e := min(max((py-r-1-y0)/dy, 0), 1), min(max((py+r+1-y0)/dy, 0), 1)
			a, b = min(x0+s*dx, x0+e*dx), max(x0+s*dx, x0+e*dx)
		}
		left, right := max(0, int(math.Floor(a-r-1))), min(c.w-1, int(math.Ceil(b+r+1)))
		for x := left; x <= right; x++ {
			px := float64(x) + 0.5
			t := 0.0
			if long > 0 {
				t = min(max(((px-x0)*dx+(py-y0)*dy)/long, 0), 1)
			}
			d := math.Hypot(px-x0-t*dx, py-y0-t*dy)
			if part := int(256 * min(max(r+0.5-d, 0), 1)); part > 0 {
				c.blend(x, y, ink, part)
			}
		}
	}
}
