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

// legend writes the names of the mask's classes in the lower left corner, as many as half of the height takes, and
// returns what it covers.
func (c *canvas) legend(shares []share, name func(int) string) []image.Rectangle {
	if len(shares) == 0 || c.text == nil {
		return nil
	}
	pad, step := c.text.pad(), c.text.height
	rows := min(len(shares), max(1, c.h/2/step))
	lines := make([]string, rows)
	wide := 0
	for i := range lines {
		s := shares[i]
		lines[i] = fmt.Sprintf("%s %s", name(s.class), percent(s))
		if left := len(shares) - i; i == rows-1 && left > 1 {
			lines[i] = fmt.Sprintf("and %d more", left)
		}
		lines[i] = c.text.fit(lines[i], c.w-step-4*pad)
		wide = max(wide, c.text.width(lines[i]))
	}
	r := image.Rect(0, c.h-rows*step-2*pad, min(c.w, wide+step+4*pad), c.h)
	for y := max(r.Min.Y, 0); y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c.blend(x, y, color.RGBA{A: 255}, 180)
		}
	}
	for i, text := range lines {
		y := r.Min.Y + pad + i*step
		c.fill(image.Rect(2*pad, y+step/5, 2*pad+3*step/5, y+4*step/5), Colour(shares[i].class))
		c.text.write(c.RGBA, text, step+2*pad, y, color.RGBA{255, 255, 255, 255})
	}
	return []image.Rectangle{r}
}

func percent(s share) string {
	if p := 100 * float64(s.pixels) / float64(s.all); p >= 1 {
		return fmt.Sprintf("%.0f %%", p)
	}
	return "< 1 %"
}
