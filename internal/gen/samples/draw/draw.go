// Package draw paints the sample pictures of the command line: simple scenes that a person recognises at a glance.
// They are shapes laid over each other in the unit square, x to the right and y down, sampled 4×4 per pixel.
package draw

import (
	"image"
	"image/color"
	"math"
)

// Size is the pictures' width and height.
const Size = 128

// Scene is a named picture; the name is what it shows.
type Scene struct {
	Name   string
	layers []layer // the last is on top
}

// layer is a shape and its colour at each point.
type layer struct {
	inside func(x, y float64) bool
	colour func(x, y float64) rgb
}

type rgb struct{ r, g, b float64 }

// Image paints the scene.
func (s Scene) Image() *image.RGBA { return s.paint(Size, Size, 0.02) } // a little grain, as film has

// paint paints the scene on so many pixels; the unit is the height.
func (s Scene) paint(w, h int, grains float64) *image.RGBA {
	const sub = 4
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for py := range h {
		for px := range w {
			var sum rgb
			for i := range sub * sub {
				x := (float64(px) + (float64(i%sub)+0.5)/sub) / float64(h)
				y := (float64(py) + (float64(i/sub)+0.5)/sub) / float64(h)
				c := s.at(x, y)
				sum.r, sum.g, sum.b = sum.r+c.r, sum.g+c.g, sum.b+c.b
			}
			grain := 1 + grains*(hash(px, py)-0.5)
			level := func(v float64) uint8 { return uint8(math.Max(0, math.Min(255, v*grain/(sub*sub)+0.5))) }
			m.SetRGBA(px, py, color.RGBA{level(sum.r), level(sum.g), level(sum.b), 255})
		}
	}
	return m
}

func (s Scene) at(x, y float64) rgb {
	for i := len(s.layers) - 1; i >= 0; i-- {
		if l := s.layers[i]; l.inside(x, y) {
			return l.colour(x, y)
		}
	}
	return rgb{}
}

// hash is a number from 0 to 1 that looks random.
func hash(x, y int) float64 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77
	h = (h ^ h>>15) * 0x2c1b3c6d
	return float64(h^h>>12) / (1 << 32)
}

// Colours.

func plain(r, g, b float64) func(x, y float64) rgb {
	return func(float64, float64) rgb { return rgb{r, g, b} }
}

// fade goes from one colour at y0 to another at y1.
func fade(y0 float64, a rgb, y1 float64, b rgb) func(x, y float64) rgb {
	return func(_, y float64) rgb {
		t := math.Max(0, math.Min(1, (y-y0)/(y1-y0)))
		return rgb{a.r + t*(b.r-a.r), a.g + t*(b.g-a.g), a.b + t*(b.b-a.b)}
	}
}

// waves ripples a colour, stronger towards the bottom.
func waves(base func(x, y float64) rgb, depth float64) func(x, y float64) rgb {
	return func(x, y float64) rgb {
		c := base(x, y)
		k := 1 + depth*math.Sin(90*y*y+9*math.Sin(7*x+11*y))
		return rgb{c.r * k, c.g * k, c.b * k}
	}
}

// Shapes.

func everywhere(float64, float64) bool { return true }

func rect(x0, y0, x1, y1 float64) func(x, y float64) bool {
	return func(x, y float64) bool { return x >= x0 && x < x1 && y >= y0 && y < y1 }
}

func ellipse(cx, cy, rx, ry float64) func(x, y float64) bool {
	return func(x, y float64) bool {
		dx, dy := (x-cx)/rx, (y-cy)/ry
		return dx*dx+dy*dy < 1
	}
}

// polygon takes x, y pairs.
func polygon(p ...float64) func(x, y float64) bool {
	return func(x, y float64) bool {
		in := false
		for i, j := 0, len(p)-2; i < len(p); j, i = i, i+2 {
			if (p[i+1] > y) != (p[j+1] > y) && x < (p[j]-p[i])*(y-p[i+1])/(p[j+1]-p[i+1])+p[i] {
				in = !in
			}
		}
		return in
	}
}
