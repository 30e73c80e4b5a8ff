package chart

import (
	"fmt"
	"io"
	"math"
)

// Panel is a group of horizontal bars on one scale, from 0 to Most.
type Panel struct {
	Title string  // above the bars; may be empty
	Most  float64 // the right end of the scale; values outside are drawn at its ends
	Tick  float64 // between grid lines; 0 chooses a round number
	Unit  string  // behind the numbers at the grid lines
	Bars  []Bar
}

// Bar is one row of a panel.
type Bar struct {
	Name   string
	Value  float64
	Colour Colour
	Note   string // behind the bar
}

const (
	row, left, width = 18, 210, 360
	header, footer   = 58, 26
)

// Write draws panels below one another under a title and a line of explanation.
func Write(w io.Writer, title, explanation string, panels ...Panel) error {
	height := header
	for i := range panels {
		height += panels[i].height()
	}
	p := New(title, explanation, Width, float64(height))
	top := header
	for i := range panels {
		panels[i].draw(p, float64(top))
		top += panels[i].height()
	}
	_, err := p.WriteTo(w)
	return err
}

func (p *Panel) height() int {
	h := row/2 + row*len(p.Bars) + footer
	if p.Title != "" {
		h += row + row/3
	}
	return h
}

func (p *Panel) draw(on *Picture, top float64) {
	most, tick := p.Most, p.Tick
	if !(most > 0) {
		most = 1
	}
	if tick <= 0 {
		tick = Tick(most)
	}
	x := func(v float64) float64 { return left + width*max(0, min(v, most))/most }
	if p.Title != "" {
		on.Text(left, top+row-4, Strong, p.Title)
		top += row + row/3
	}
	bottom := top + float64(row*len(p.Bars))
	for i := 0; i < 100 && float64(i)*tick <= most; i++ {
		v := float64(i) * tick
		on.Path(fmt.Sprintf("M%.1f %.1fV%.1f", x(v), top, bottom+3), Grid)
		on.Text(x(v), bottom+16, Dim+" "+Middle, fmt.Sprintf("%g%s", v, p.Unit))
	}
	for i, bar := range p.Bars {
		y := top + float64(row*i)
		on.Text(left-8, y+13, End, shorten(bar.Name, 32))
		on.Box(left, y+3, x(bar.Value)-left, row-5, bar.Colour.Fill(), bar.Name+": "+bar.Note)
		on.Text(x(bar.Value)+6, y+13, Dim, bar.Note)
	}
}

// Tick is the distance of about five round numbers up to most.
func Tick(most float64) float64 {
	if !(most > 0) || math.IsInf(most, 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(most/5)))
	for _, m := range []float64{1, 2, 5} {
		if unit*m >= most/5 {
			return unit * m
		}
	}
	return unit * 10
}
