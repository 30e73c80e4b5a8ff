package chart

import (
	"fmt"
	"io"
	"strings"
)

// Line is one of a chart of lines: points from left to right, both numbers from 0 to 1.
type Line struct {
	Name   string
	Colour Colour
	Points [][2]float64
}

const plot = 420 // pixels of either side of a chart of lines

// WriteLines draws lines over one another under a title and a line of explanation, with percent along both axes.
func WriteLines(w io.Writer, title, explanation, across, up string, lines ...Line) error {
	const x0, y0 = 64, 72
	p := New(title, explanation, Width, float64(y0+plot+48+row*len(lines)+row))
	at := func(v float64) float64 { return plot * max(0, min(v, 1)) }
	for i := 0; i <= 10; i += 2 {
		v := float64(i) / 10
		p.Path(fmt.Sprintf("M%.1f %dv%dM%d %.1fh%d", x0+at(v), y0, plot, x0, y0+at(v), plot), Grid)
		p.Text(x0+at(v), y0+plot+16, Dim+" "+Middle, fmt.Sprintf("%d%%", 10*i))
		p.Text(x0-8, y0+plot-at(v)+4, Dim+" "+End, fmt.Sprintf("%d%%", 10*i))
	}
	p.Text(x0+plot/2, y0+plot+34, Middle, across)
	p.Upwards(18, y0+plot/2, Middle, up)
	for i, l := range lines {
		var d strings.Builder
		for k, p := range l.Points {
			letter := 'L'
			if k == 0 {
				letter = 'M'
			}
			fmt.Fprintf(&d, "%c%.1f %.1f", letter, x0+at(p[0]), y0+plot-at(p[1]))
		}
		y := float64(y0 + plot + 60 + row*i)
		if d.Len() > 0 {
			p.Path(d.String(), "thick "+l.Colour.Line())
		}
		p.Box(x0, y-6, 24, 4, l.Colour.Fill(), "")
		p.Text(x0+34, y, "", shorten(l.Name, 100))
	}
	_, err := p.WriteTo(w)
	return err
}
