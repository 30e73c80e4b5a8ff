package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gneiss-go/gneiss/internal/app/chart"
	"github.com/gneiss-go/gneiss/runtime"
)

// writeMemory draws the arena over time: steps to the right, addresses upwards, a box for each tensor and scratch
// buffer; below it what is alive during each step, as a share of the arena.
func writeMemory(w io.Writer, r *runtime.Report) error {
	const left, top, width, height, low, gap, names = 76, 66, 620, 400, 80, 26, 160
	p := chart.New(r.Name+": the arena over time", fmt.Sprintf("%s bytes, the most alive at once %s; %s, %s",
		thousands(r.ArenaBytes), thousands(r.LowerBound), r.ISA, plural(r.Threads, "thread")),
		chart.Width, top+height+gap+low+names)
	column := width / float64(max(1, len(r.Steps)))
	arena := float64(max(r.ArenaBytes, 1))
	y := func(bytes int) float64 { return top + height*(1-float64(bytes)/arena) }
	for i := range 5 {
		at := r.ArenaBytes * i / 4
		p.Path(fmt.Sprintf("M%d %.1fh%d", left, y(at), width), chart.Grid)
		p.Text(left-6, y(at)+4, chart.Dim+" "+chart.End, chart.Number(float64(at)/1024)+" KiB")
	}
	for i, s := range r.Storage {
		colour := []chart.Colour{chart.Blue, chart.Sky, chart.Green}[i%3]
		if strings.HasPrefix(s.Name, "scratch of ") {
			colour = chart.Yellow
		}
		x, wide := left+column*float64(s.First), column*float64(s.Last-s.First+1)
		high := y(s.Offset) - y(s.Offset+s.Bytes)
		p.Box(x, y(s.Offset+s.Bytes), max(1, wide-0.5), max(0.5, high-0.5), colour.Fill(), fmt.Sprintf(
			"%s: %s bytes at %s, steps %d–%d", s.Name, thousands(s.Bytes), thousands(s.Offset), s.First, s.Last))
		if fit := int(wide-6) / 6; high > 13 && fit >= 6 {
			p.Text(x+4, y(s.Offset+s.Bytes)+high/2+4, chart.OnFill, cut(s.Name, fit))
		}
	}
	const base = top + height + gap + low
	p.Text(left-6, base-low+10, chart.Dim+" "+chart.End, "alive")
	every := int(math.Ceil(11 / column)) // what leaves a name room beside the next
	for i, s := range r.Steps {
		colour := chart.Quiet
		if s.Live >= r.LowerBound {
			colour = chart.Bad // the step that decides
		}
		x, high := left+column*float64(i), low*float64(s.Live)/arena
		p.Box(x, base-high, max(0.5, column-1), high, colour.Fill(), fmt.Sprintf("%s: %s bytes alive", s.Name,
			thousands(s.Live)))
		if i%every == 0 {
			p.Upwards(x+column/2+3, base+6, chart.Small+" "+chart.End, cut(s.Name, 30))
		}
	}
	_, err := p.WriteTo(w)
	return err
}

// cut shortens s to n letters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
