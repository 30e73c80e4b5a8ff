// Package draw puts on a picture what a network sees in it: masks, boxes with names, key points with the lines between
// them. It is legible on any picture: every line has an outline that contrasts with it, sizes follow the picture's, the
// colours are told apart by the colour-blind, and names stay inside the picture and out of each other's way.
//
//	draw.On(picture, &draw.Scene{Boxes: boxes, Name: labels.Name})
//
// Numbers are not trusted: what is not finite, or lies beside the picture, is left out, and the work is bounded by the
// picture's size and the number of boxes.
package draw

import (
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/detect"
)

// Mask has a class for each pixel, row by row. It is stretched over the picture.
type Mask struct {
	Width, Height int
	Classes       []uint8
	Clear         int // the class that is not drawn, as a background; −1 if all are
}

// None is the class of a pixel of which nothing is known. It is not drawn.
const None = 255

// Scene is what is seen. Coordinates are pixels of the picture, from its upper left corner.
type Scene struct {
	Mask    *Mask
	Boxes   []detect.Box
	Figures []Figure
	Edges   [][2]int               // lines between key points of a box or figure, by their numbers
	Least   float32                // score below which a key point is not drawn
	Name    func(class int) string // of boxes and of the mask; nil: numbers
	Lines   []string               // that are written in the lower left corner
}

// Figure is a body, hand or face of key points.
type Figure struct {
	Points []detect.Point
	Class  int // for its colour
}

// Bounds of one scene.
const (
	maxBoxes  = 4096 // that are drawn
	maxLabels = 256  // that have a name beside them
	maxPoints = 1024 // of a figure
)

// canvas is a picture with the sizes of what is drawn on it.
type canvas struct {
	*image.RGBA
	w, h int
	line int // thickness of a line
	hair int // of its outline
	text *writer
}

// On draws the scene.
func On(dst *image.RGBA, s *Scene) {
	b := dst.Bounds()
	if b.Empty() {
		return
	}
	origin := *dst
	origin.Rect = image.Rect(0, 0, b.Dx(), b.Dy())
	origin.Pix = dst.Pix[dst.PixOffset(b.Min.X, b.Min.Y):]
	side := math.Sqrt(float64(b.Dx()) * float64(b.Dy()))
	c := &canvas{RGBA: &origin, w: b.Dx(), h: b.Dy(), line: max(1, int(math.Round(side/280)))}
	c.hair = max(1, c.line/2)
	c.text = newWriter(min(max(side/34, 11), float64(c.h)/2))
	var shares []share
	if s.Mask != nil {
		shares = c.mask(s.Mask)
	}
	boxes := visible(s.Boxes, c.w, c.h)
	for i := range slices.Backward(boxes) { // the strongest last, above the others
		c.box(&boxes[i])
	}
	for i := range slices.Backward(boxes) {
		b := &boxes[i]
		c.skeleton(b.Points[:min(max(b.Count, 0), len(b.Points))], b.Class, s)
	}
	for i := range s.Figures[:min(len(s.Figures), maxBoxes)] {
		c.skeleton(s.Figures[i].Points, s.Figures[i].Class, s)
	}
	taken := c.legend(linesOf(shares, s))
	for i := range boxes[:min(len(boxes), maxLabels)] {
		taken = append(taken, c.label(&boxes[i], s.name(boxes[i].Class), taken))
	}
}

func (s *Scene) name(class int) string {
	if s.Name != nil {
		if n := s.Name(class); n != "" {
			return n
		}
	}
	return fmt.Sprintf("class %d", class)
}

// Copy returns the picture's upper left w×h pixels as one that can be drawn on, its corner at 0, 0.
func Copy(src image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	stddraw.Draw(dst, dst.Bounds(), src, src.Bounds().Min, stddraw.Src)
	return dst
}

// visible returns the boxes that can be drawn on a picture of w×h, the strongest first.
func visible(boxes []detect.Box, w, h int) []detect.Box {
	var out []detect.Box
	for i := range boxes {
		b := &boxes[i]
		if b.X1 >= b.X0 && b.Y1 >= b.Y0 && b.X1 > 0 && b.Y1 > 0 && b.X0 < float32(w) && b.Y0 < float32(h) {
			out = append(out, *b)
		}
	}
	slices.SortStableFunc(out, func(a, b detect.Box) int {
		switch {
		case a.Score > b.Score:
			return -1
		case b.Score > a.Score:
			return 1
		}
		return 0
	})
	return out[:min(len(out), maxBoxes)]
}

// rect returns the pixels that a box covers, inside the picture.
func (c *canvas) rect(b *detect.Box) image.Rectangle {
	in := func(v float32, most int) int { return int(min(max(v, 0), float32(most))) }
	r := image.Rect(in(b.X0, c.w-1), in(b.Y0, c.h-1), in(b.X1+0.999, c.w), in(b.Y1+0.999, c.h))
	r.Max.X, r.Max.Y = max(r.Max.X, r.Min.X+1), max(r.Max.Y, r.Min.Y+1)
	return r
}

// box draws the outline of a box: its line lies inside, between two thin ones of contrast.
func (c *canvas) box(b *detect.Box) {
	r, ink := c.rect(b), Colour(b.Class)
	c.frame(r.Inset(-c.hair), c.line+2*c.hair, contrast(ink))
	c.frame(r, c.line, ink)
}

// frame draws the rim of a rectangle, so many pixels wide.
func (c *canvas) frame(r image.Rectangle, wide int, ink color.RGBA) {
	if r.Dx() <= 2*wide || r.Dy() <= 2*wide {
		c.fill(r, ink)
		return
	}
	c.fill(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+wide), ink)
	c.fill(image.Rect(r.Min.X, r.Max.Y-wide, r.Max.X, r.Max.Y), ink)
	c.fill(image.Rect(r.Min.X, r.Min.Y+wide, r.Min.X+wide, r.Max.Y-wide), ink)
	c.fill(image.Rect(r.Max.X-wide, r.Min.Y+wide, r.Max.X, r.Max.Y-wide), ink)
}

// fill colours what of a rectangle lies in the picture.
func (c *canvas) fill(r image.Rectangle, ink color.RGBA) {
	r = r.Intersect(c.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.Pix[y*c.Stride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			px := row[4*x : 4*x+4 : 4*x+4]
			px[0], px[1], px[2], px[3] = ink.R, ink.G, ink.B, 255
		}
	}
}

// blend mixes a colour into a pixel, part of 256 of it.
func (c *canvas) blend(x, y int, ink color.RGBA, part int) {
	px := c.Pix[y*c.Stride+4*x:][:4:4]
	px[0] = mix(px[0], ink.R, part)
	px[1] = mix(px[1], ink.G, part)
	px[2] = mix(px[2], ink.B, part)
	px[3] = 255
}

func mix(old, ink uint8, part int) uint8 {
	return uint8((int(old)*(256-part) + int(ink)*part + 128) >> 8)
}
