package chart

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Line is one of a chart of lines: points from left to right, both numbers from 0 to 1.
type Line struct {
	Name   string
	Colour string // as SVG has it
	Points [][2]float64
}

// Colours tell lines apart, also for those who see red and green alike (Okabe and Ito, "Color universal design", 2008).
var Colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

const plot = 420 // pixels of either side of a chart of lines

// WriteLines draws lines over one another under a title and a line of explanation, with percent along both axes.
func WriteLines(w io.Writer, title, explanation, across, up string, lines ...Line) error {
	const x0, y0 = 64, 72
	height := y0 + plot + 48 + row*len(lines) + row
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12" fill="#222">`+"\n", x0+plot+240, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600">%s</text>`+"\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="16" y="43" fill="#666">%s</text>`+"\n", html.EscapeString(explanation))
	at := func(v float64) float64 { return plot * max(0, min(v, 1)) }
	for i := 0; i <= 10; i += 2 {
		v := float64(i) / 10
		fmt.Fprintf(&b, `<path d="M%.1f %d v%d M%d %.1f h%d" stroke="#ddd" fill="none"/>`, x0+at(v), y0, plot, x0, y0+at(v), plot)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#666" text-anchor="middle">%d%%</text>`, x0+at(v), y0+plot+16, 10*i)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="#666" text-anchor="end">%d%%</text>`+"\n", x0-8, y0+plot-at(v)+4, 10*i)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`, x0+plot/2, y0+plot+34, html.EscapeString(across))
	fmt.Fprintf(&b, `<text transform="translate(18 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", y0+plot/2,
		html.EscapeString(up))
	for i, l := range lines {
		var d strings.Builder
		for k, p := range l.Points {
			letter := 'L'
			if k == 0 {
				letter = 'M'
			}
			fmt.Fprintf(&d, "%c%.1f %.1f", letter, x0+at(p[0]), y0+plot-at(p[1]))
		}
		colour, y := html.EscapeString(l.Colour), y0+plot+60+row*i
		if d.Len() > 0 {
			fmt.Fprintf(&b, `<path d="%s" stroke="%s" stroke-width="2" fill="none"/>`, d.String(), colour)
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="24" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x0, y-6, colour,
			x0+34, y, html.EscapeString(shorten(l.Name, 90)))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
