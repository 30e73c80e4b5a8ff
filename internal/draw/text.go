package draw

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gneiss-go/gneiss/models/detect"
)

var typeface = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gomedium.TTF) })

// writer writes lines of text of one size.
type writer struct {
	face   font.Face
	height int // of a line
	ascent int
}

// smallest is the size below which letters are no longer read.
const smallest = 7

// newWriter returns nil where text would be too small to read.
func newWriter(size float64) *writer {
	f, err := typeface()
	if err != nil || size < smallest {
		return nil
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil
	}
	m := face.Metrics()
	return &writer{face: face, height: m.Ascent.Ceil() + m.Descent.Ceil(), ascent: m.Ascent.Ceil()}
}

// pad is the space around text.
func (w *writer) pad() int { return max(1, w.height/6) }

func (w *writer) width(text string) int { return font.MeasureString(w.face, text).Ceil() }

// maxRunes is more letters of a name than any picture shows.
const maxRunes = 200

// fit shortens a text to a width, with dots for what is left out. Control characters, which a font does not have,
// become spaces.
func (w *writer) fit(text string, wide int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if letters := []rune(text); len(letters) > maxRunes {
		text = string(letters[:maxRunes]) + "…"
	}
	if w.width(text) <= wide {
		return text
	}
	letters := []rune(text)
	for n := len(letters) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(letters[:n]), " …") + "…"; w.width(short) <= wide {
			return short
		}
	}
	return ""
}

// write writes a line whose upper left corner is x, y.
func (w *writer) write(dst *image.RGBA, text string, x, y int, ink color.RGBA) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: w.face, Dot: fixed.P(x, y+w.ascent)}
	d.DrawString(text)
}

// label writes a box's name and score beside or in it, where of the places around it the least of the other labels is
// covered, and returns where.
func (c *canvas) label(b *detect.Box, name string, taken []image.Rectangle) image.Rectangle {
	if c.text == nil {
		return image.Rectangle{}
	}
	pad := c.text.pad()
	if s := float64(b.Score); s > 0 && !math.IsInf(s, 0) {
		score := fmt.Sprintf(" %.0f %%", 100*min(s, 1))
		name = c.text.fit(name, c.w-2*pad-c.text.width(score)) + score
	}
	if name = c.text.fit(name, c.w-2*pad); name == "" {
		return image.Rectangle{}
	}
	at := c.place(c.rect(b), image.Pt(c.text.width(name)+2*pad, c.text.height), taken)
	ink := Colour(b.Class)
	c.fill(at.Inset(-c.hair), contrast(ink))
	c.fill(at, ink)
	c.text.write(c.RGBA, name, at.Min.X+pad, at.Min.Y, contrast(ink))
	return at.Inset(-c.hair)
}

// place finds where a label of that size goes, inside the picture.
func (c *canvas) place(box image.Rectangle, size image.Point, taken []image.Rectangle) image.Rectangle {
	right, step := box.Max.X-size.X, size.Y+2*c.hair
	var best image.Rectangle
	least := math.MaxInt
	for _, p := range []image.Point{
		{box.Min.X, box.Min.Y - size.Y}, // above it, which hides nothing of it
		{right, box.Min.Y - size.Y},
		{box.Min.X, box.Min.Y}, // inside
		{right, box.Min.Y},
		{box.Min.X, box.Max.Y}, // below
		{right, box.Max.Y},
		{box.Min.X, box.Max.Y - size.Y},
		{right, box.Max.Y - size.Y},
		{box.Min.X, box.Min.Y + step}, // further down inside
		{box.Min.X, box.Min.Y + 2*step},
		{box.Min.X, box.Min.Y + 3*step},
		{box.Min.X, box.Min.Y - 2*step},
		{box.Max.X, box.Min.Y},
		{box.Min.X - size.X, box.Min.Y},
	} {
		p.X, p.Y = max(0, min(p.X, c.w-size.X)), max(0, min(p.Y, c.h-size.Y))
		r := image.Rectangle{p, p.Add(size)}
		covered := 0
		for _, t := range taken {
			if i := r.Inset(-c.hair).Intersect(t); !i.Empty() {
				covered += i.Dx() * i.Dy()
			}
		}
		if covered < least {
			least, best = covered, r
		}
		if covered == 0 {
			break
		}
	}
	return best
}
