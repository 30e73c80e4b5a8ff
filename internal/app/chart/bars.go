// Package chart draws bar charts as SVG.
package chart

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Panel is a group of horizontal bars on one scale, from 0 to Most.
type Panel struct {
	Title string  // above the bars; may be empty
	Most  float64 // the right end of the scale; values outside are drawn at its ends
	Tick  float64 // between grid lines
	Unit  string  // behind the numbers at the grid lines
	Bars  []Bar
}

// Bar is one row of a panel.
type Bar struct {
	Name   string
	Value  float64
	Colour string // as SVG has it
	Note   string // behind the bar
}

const (
	row, left, width, right = 18, 260, 480, 170
	header, footer          = 64, 24
)

// Write draws panels below one another under a title and a line of explanation.
func Write(w io.Writer, title, explanation string, panels ...Panel) error {
	height := header - row/2
	for i := range panels {
		height += panels[i].height()
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12" fill="#222">`+"\n", left+width+right, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600">%s</text>`+"\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="16" y="43" fill="#666">%s</text>`+"\n", html.EscapeString(explanation))
	top := header - row/2
	for i := range panels {
		panels[i].draw(&b, top)
		top += panels[i].height()
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Panel) height() int {
	h := row/2 + row*len(p.Bars) + footer
	if p.Title != "" {
		h += row + row/2
	}
	return h
}

func (p *Panel) draw(b *strings.Builder, top int) {
	most := p.Most
	if !(most > 0) {
		most = 1
	}
	x := func(v float64) float64 { return left + width*max(0, min(v, most))/most }
	top += row / 2
	if p.Title != "" {
		fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="600">%s</text>`+"\n", left, top+row-4, html.EscapeString(p.Title))
		top += row + row/2
	}
	bottom := top + row*len(p.Bars)
	for i := 0; p.Tick > 0 && i < 100 && float64(i)*p.Tick <= most; i++ {
		v := float64(i) * p.Tick
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" fill="#666" text-anchor="middle">%g%s</text>`+"\n",
			x(v), top, x(v), bottom, x(v), bottom+15, v, html.EscapeString(p.Unit))
	}
	for i, bar := range p.Bars {
		y := top + row*i
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+13,
			html.EscapeString(shorten(bar.Name, 38)))
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, y+3, x(bar.Value)-left, row-6,
			html.EscapeString(bar.Colour))
		fmt.Fprintf(b, `<text x="%.1f" y="%d" fill="#444">%s</text>`+"\n", x(bar.Value)+6, y+13, html.EscapeString(bar.Note))
	}
}

// shorten keeps the end of a long name, which tells layers apart.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}
