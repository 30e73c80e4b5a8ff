package answer

import (
	"fmt"
	"image"
	"image/color"

	"github.com/gneiss-go/gneiss/internal/draw"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// background is the class of a mask that is not drawn.
const background = 0

// Scene is what can be drawn of the answer, on a picture of its size.
func (r *Reader) Scene(a *Answer) *draw.Scene {
	s := &draw.Scene{Boxes: a.found, Edges: r.About().Edges, Least: a.least, Name: r.Label}
	for _, c := range a.Top {
		text := c.Label
		if text == "" {
			text = fmt.Sprintf("class %d", c.Class)
		}
		if *a.Probabilities {
			text += fmt.Sprintf(" %.0f %%", 100*c.Score)
		}
		s.Lines = append(s.Lines, text)
	}
	for i := range a.poses {
		f := draw.Figure{Class: i}
		for _, p := range a.poses[i].Points {
			f.Points = append(f.Points, detect.Point{X: p.X, Y: p.Y, Score: p.Score})
		}
		s.Figures = append(s.Figures, f)
	}
	if m := &a.mask; a.Regions != nil {
		s.Mask = &draw.Mask{Width: m.W, Height: m.H, Classes: m.Classes, Clear: background}
	}
	return s
}

// Mask is the mask of a segmentation in the colours of its classes, transparent where it says nothing; else nil.
func (a *Answer) Mask() image.Image {
	if a.Regions == nil {
		return nil
	}
	p := image.NewPaletted(image.Rect(0, 0, a.mask.W, a.mask.H), make(color.Palette, 256))
	for i := range p.Palette {
		p.Palette[i] = draw.Colour(i)
		if i == background || i == draw.None {
			p.Palette[i] = color.NRGBA{}
		}
	}
	copy(p.Pix, a.mask.Classes)
	return p
}

// Input turns a network's input back into the picture that the network sees.
func Input(spec preprocess.Spec, input []float32) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, spec.Width, spec.Height))
	ch := spec.Order.Channels()
	level := func(v float32, c int) uint8 {
		scale := spec.Scale[c]
		if scale == 0 {
			scale = 1
		}
		return uint8(min(max(float32(v/scale)+spec.Mean[c]+0.5, 0), 255))
	}
	for i := range spec.Width * spec.Height {
		px, in := m.Pix[4*i:][:4:4], input[i*ch:][:ch]
		switch spec.Order {
		case preprocess.Gray:
			px[0] = level(in[0], 0)
			px[1], px[2] = px[0], px[0]
		case preprocess.BGR:
			px[2], px[1], px[0] = level(in[0], 0), level(in[1], 1), level(in[2], 2)
		default:
			px[0], px[1], px[2] = level(in[0], 0), level(in[1], 1), level(in[2], 2)
		}
		px[3] = 255
	}
	return m
}
