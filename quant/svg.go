package quant

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// WriteSVG draws the layers' signal-to-noise ratios as bars, the worst first.
func (c *Comparison) WriteSVG(w io.Writer) error {
	const row, left, width, right = 18, 260, 480, 170
	most := 10.0
	for _, l := range c.Layers {
		most = max(most, min(l.SQNR, 80))
	}
	x := func(db float64) float64 { return left + width*max(0, min(db, most))/most }
	top := 64
	bottom := top + row*len(c.Layers)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12" fill="#222">`+"\n", left+width+right, bottom+24)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600">%s: int8 against float, signal to noise by layer</text>`+"\n", html.EscapeString(c.Graph))
	fmt.Fprintf(&b, `<text x="16" y="43" fill="#666">%d images, same best class for %d, float's best among int8's five for %d</text>`+"\n", c.Images, c.Top1, c.Top5)
	for db := 0.0; db <= most; db += 10 {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" fill="#666" text-anchor="middle">%.0f dB</text>`+"\n",
			x(db), top, x(db), bottom, x(db), bottom+15, db)
	}
	for i, l := range c.Layers {
		y := top + row*i
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+13, html.EscapeString(shorten(l.Name, 38)))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, y+3, x(l.SQNR)-left, row-6, colour(l.SQNR))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#444">%.1f dB · cos %.4f</text>`+"\n", x(l.SQNR)+6, y+13, l.SQNR, l.Cosine)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// colour of a bar: the noise is a tenth of the signal's amplitude at 20 dB.
func colour(db float64) string {
	switch {
	case db < 10:
		return "#c0392b"
	case db < 20:
		return "#d9963a"
	}
	return "#4a7fb5"
}

// shorten keeps the end of a long name, which tells layers apart.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}
