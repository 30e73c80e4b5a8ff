package draw

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"
)

// share is how much of a picture a class has.
type share struct {
	class  int
	pixels int
	all    int
}

// at returns the class of the mask under pixel x of a picture of w pixels, and of a row that has been found so.
func (m *Mask) at(row []uint8, x, w int) int { return int(row[x*m.Width/w]) }

func (m *Mask) row(y, h int) []uint8 { return m.Classes[y*m.Height/h*m.Width:][:m.Width] }

// Parts of 256 of a mask's colour in a pixel.
const (
	maskPart = 118
	edgePart = 240
)

// mask tints the picture by class, with a line where classes meet, and returns who has how much, most first.
func (c *canvas) mask(m *Mask) []share {
	if m.Width < 1 || m.Height < 1 || len(m.Classes)/m.Width < m.Height {
		return nil
	}
	var counts [256]int
	far := (c.line + 1) / 2 // the line is as thick on both sides
	for y := range c.h {
		row, above, below := m.row(y, c.h), m.row(max(y-far, 0), c.h), m.row(min(y+far, c.h-1), c.h)
		for x := range c.w {
			class := m.at(row, x, c.w)
			counts[class]++
			if class == m.Clear || class == None {
				continue
			}
			part := maskPart
			if m.at(row, max(x-far, 0), c.w) != class || m.at(row, min(x+far, c.w-1), c.w) != class ||
				m.at(above, x, c.w) != class || m.at(below, x, c.w) != class {
				part = edgePart
			}
			c.blend(x, y, Colour(class), part)
		}
	}
	var shares []share
	for class, n := range counts {
		if n > 0 && class != m.Clear && class != None {
			shares = append(shares, share{class, n, c.w * c.h})
		}
	}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.pixels, a.pixels) })
	return shares
}

// legend writes lines in the lower left corner, as many as half of the height takes, and returns what it covers. A line
// may have a colour in front.
func (c *canvas) legend(lines []line) []image.Rectangle {
	if len(lines) == 0 || c.text == nil {
		return nil
	}
	pad, step := c.text.pad(), c.text.height
	rows := min(len(lines), max(1, c.h/2/step))
	if left := len(lines) - rows; left > 0 {
		lines = append(lines[:rows-1:rows-1], line{text: fmt.Sprintf("and %d more", left+1)})
	}
	wide := 0
	for i := range lines {
		lines[i].text = c.text.fit(lines[i].text, c.w-step-4*pad)
		wide = max(wide, c.text.width(lines[i].text))
	}
	r := image.Rect(0, c.h-rows*step-2*pad, min(c.w, wide+step+4*pad), c.h)
	for y := max(r.Min.Y, 0); y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c.blend(x, y, color.RGBA{A: 255}, 180)
		}
	}
	for i, l := range lines {
		x, y := 2*pad, r.Min.Y+pad+i*step
		if l.ink.A > 0 {
			c.fill(image.Rect(x, y+step/5, x+3*step/5, y+4*step/5), l.ink)
			x += step
		}
		c.text.write(c.RGBA, l.text, x, y, color.RGBA{255, 255, 255, 255})
	}
	return []image.Rectangle{r}
}

// line is one of a legend.
type line struct {
	text string
	ink  color.RGBA // none if it is transparent
}

// linesOf are the legend of a mask, and then the scene's own lines.
func linesOf(shares []share, s *Scene) (lines []line) {
	for _, h := range shares {
		lines = append(lines, line{fmt.Sprintf("%s %s", s.name(h.class), percent(h)), Colour(h.class)})
	}
	for _, text := range s.Lines[:min(len(s.Lines), maxLabels)] {
		lines = append(lines, line{text: text})
	}
	return lines
}

func percent(s share) string {
	if p := 100 * float64(s.pixels) / float64(s.all); p >= 1 {
		return fmt.Sprintf("%.0f %%", p)
	}
	return "< 1 %"
}
