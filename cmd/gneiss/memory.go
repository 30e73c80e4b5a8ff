package main

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// writeMemory draws the arena over time: steps to the right, addresses upwards, a box for each tensor and scratch
// buffer; below it what is alive during each step, as a share of the arena.
func writeMemory(w io.Writer, r *runtime.Report) error {
	const left, top, column, height, chart, gap = 90, 70, 18, 480, 90, 30
	width := column * len(r.Steps)
	arena := float64(max(r.ArenaBytes, 1))
	y := func(bytes int) float64 { return top + height*(1-float64(bytes)/arena) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="11" fill="#222">`+"\n",
		left+width+30, top+height+gap+chart+190)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600">%s: the arena over time</text>`+"\n",
		html.EscapeString(r.Name))
	fmt.Fprintf(&b, `<text x="16" y="44" fill="#666">%s bytes, the most alive at once %s; %s, %s</text>`+"\n",
		thousands(r.ArenaBytes), thousands(r.LowerBound), r.ISA, plural(r.Threads, "thread"))
	for i := range 5 {
		at := r.ArenaBytes * i / 4
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" fill="#666" text-anchor="end">%.0f KiB</text>`+"\n",
			left, y(at), left+width, y(at), left-6, y(at)+4, float64(at)/1024)
	}
	for i, s := range r.Storage {
		fill := []string{"#4a7fb5", "#6d9fce", "#5c8f9e", "#7a8fc0"}[i%4]
		if strings.HasPrefix(s.Name, "scratch of ") {
			fill = "#d9a35a"
		}
		x, wide := left+column*s.First, column*(s.Last-s.First+1)
		high := y(s.Offset) - y(s.Offset+s.Bytes)
		fmt.Fprintf(&b, `<g><title>%s: %s bytes at %s, steps %d–%d</title><rect x="%d" y="%.1f" width="%d" height="%.1f" fill="%s" fill-opacity="0.85" stroke="#fff" stroke-width="0.5"/>`,
			html.EscapeString(s.Name), thousands(s.Bytes), thousands(s.Offset), s.First, s.Last, x, y(s.Offset+s.Bytes), wide,
			high, fill)
		if fit := (wide - 6) / 6; high > 13 && fit >= 6 {
			name := []rune(s.Name)
			if len(name) > fit {
				name = append(name[:fit-1], '…')
			}
			fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="#fff">%s</text>`, x+4, y(s.Offset+s.Bytes)+high/2+4,
				html.EscapeString(string(name)))
		}
		b.WriteString("</g>\n")
	}
	base := top + height + gap + chart
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#666" text-anchor="end">alive</text>`+"\n", left-6, base-chart+10)
	for i, s := range r.Steps {
		high := chart * float64(s.Live) / arena
		fill := "#9db8d2"
		if s.Live >= r.LowerBound {
			fill = "#c0392b" // the step that decides
		}
		x := left + column*i
		fmt.Fprintf(&b, `<g><title>%s: %s bytes alive</title><rect x="%d" y="%.1f" width="%d" height="%.1f" fill="%s"/></g>`,
			html.EscapeString(s.Name), thousands(s.Live), x+1, float64(base)-high, column-2, high, fill)
		name := []rune(s.Name)
		if len(name) > 30 {
			name = append(name[:29], '…')
		}
		fmt.Fprintf(&b, `<text transform="translate(%d %d) rotate(-90)" text-anchor="end" font-size="9" fill="#444">%s</text>`+"\n", x+12, base+6, html.EscapeString(string(name)))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
