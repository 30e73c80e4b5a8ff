package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/app/chart"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// Sizes of a drawn network, in pixels.
const (
	boxWidth, boxHeight = 156, 34
	boxGap, rankGap     = 14, 26
	laneWidth           = 12 // of a line that passes by
	graphTop, graphSide = 70, 24
)

// mostLanes bounds how many places of lines that pass by are arranged; beyond it lines are drawn as they fall.
const mostLanes = 20_000

// place is an operation, an input or an output of a drawn network, or, with node −1 and no title, a line passing by.
type place struct {
	title, below, tip string
	colour            chart.Colour
	rank              int
	from              []int // places it reads
	x, order          float64
}

// layered is a network in ranks: what is read stands above what reads it.
type layered struct {
	places []place
	ranks  [][]int
	lines  int // places from here on are lines that pass by
}

// writeGraph draws a network from its inputs at the top to its outputs: a box for each operation, branches side by
// side, with shapes, parameters and multiply-accumulates where they are pointed at.
func writeGraph(w io.Writer, m *model) error {
	l := newLayered(m.Graph)
	l.passBy()
	l.arrange()
	wide, high := l.set()
	stats := models.Stats(m.Graph)
	params, macs := models.Total(stats, "")
	p := chart.New(m.Name, fmt.Sprintf("%s, %s parameters, %s MMAC; point at a box for its detail",
		plural(len(stats), "operation"), thousands(params), chart.Number(float64(macs)/1e6)), wide, high)
	for i := range l.places {
		l.drawLines(p, i)
	}
	for i := range l.places[:l.lines] {
		b := &l.places[i]
		x, y := b.x-boxWidth/2, l.top(i)
		p.Round(x, y, boxWidth, boxHeight, 6, b.colour.Fill(), b.tip)
		p.Text(b.x, y+14, chart.OnFill+" "+chart.Strong+" "+chart.Middle+" "+chart.Through, cut(b.title, 22))
		p.Text(b.x, y+27, chart.OnFill+" "+chart.Middle+" "+chart.Through, cut(b.below, 25))
	}
	_, err := p.WriteTo(w)
	return err
}

// newLayered makes the places of a graph's inputs, operations and outputs, each a rank below the lowest that it reads.
func newLayered(g *runtime.Graph) *layered {
	l := &layered{}
	at := map[*runtime.Value]int{}
	for _, v := range g.Inputs {
		at[v] = len(l.places)
		l.places = append(l.places, place{title: cmp.Or(v.Name, "input"), below: shapeOf(v), colour: chart.Green,
			tip: fmt.Sprintf("input %s: %s", v.Name, shapeOf(v))})
	}
	read := func(b *place, v *runtime.Value) {
		if i, ok := at[v]; ok && !slices.Contains(b.from, i) {
			b.from = append(b.from, i)
			b.rank = max(b.rank, l.places[i].rank+1)
		}
	}
	for _, n := range g.Nodes {
		b := place{title: opName(n.Op), below: shapeOf(n.Out), colour: opColour(n.Op)}
		cost := n.Cost()
		b.tip = fmt.Sprintf("%s: %s%s", n.Name, opName(n.Op), window(n))
		for _, v := range n.In {
			read(&b, v)
			b.tip += "\nreads " + shapeOf(v)
		}
		b.tip += fmt.Sprintf("\ngives %s", shapeOf(n.Out))
		if cost.MACs > 0 {
			b.tip += fmt.Sprintf("\n%s MMAC", chart.Number(float64(cost.MACs)/1e6))
		}
		at[n.Out] = len(l.places)
		l.places = append(l.places, b)
	}
	for _, v := range g.Outputs {
		b := place{title: cmp.Or(v.Name, "output"), below: shapeOf(v), colour: chart.Pink,
			tip: fmt.Sprintf("output %s: %s", v.Name, shapeOf(v))}
		read(&b, v)
		l.places = append(l.places, b)
	}
	l.lines = len(l.places)
	return l
}

// window says how a convolution or a pooling looks at its input.
func window(n *runtime.Node) string {
	op := n.Op
	if q, ok := op.(*runtime.Quantised); ok {
		op = q.Op
	}
	if c, ok := op.(*runtime.Conv); ok && len(n.In) > 0 {
		s := c.Shape(n.In[0].Shape)
		text := fmt.Sprintf("\n%d×%d, stride %d×%d, %d filters", s.R, s.S, s.StrideH, s.StrideW, s.K)
		if s.Groups > 1 {
			text += fmt.Sprintf(" in %d groups", s.Groups)
		}
		return text
	}
	return ""
}

func shapeOf(v *runtime.Value) string {
	dims, _ := v.Dims()
	s := strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", "×"), "[]")
	return cmp.Or(s, "scalar")
}

// opName is an operation's type, that which is quantised if it is.
func opName(op runtime.Op) string {
	if q, ok := op.(*runtime.Quantised); ok {
		return opName(q.Op) + " int8"
	}
	name := fmt.Sprintf("%T", op)
	return name[strings.LastIndex(name, ".")+1:]
}

// opColour tells what multiplies, what pools, what joins, and the rest.
func opColour(op runtime.Op) chart.Colour {
	if q, ok := op.(*runtime.Quantised); ok {
		return opColour(q.Op)
	}
	switch op.(type) {
	case *runtime.Conv, *runtime.FC:
		return chart.Blue
	case *runtime.Pool, *runtime.GlobalPool:
		return chart.Orange
	case *runtime.Concat:
		return chart.Pink
	}
	return chart.Quiet
}

// passBy gives lines that cross ranks a place in each, so that they pass boxes by.
func (l *layered) passBy() {
	for i := range l.places[:l.lines] {
		for k, from := range l.places[i].from {
			gap := l.places[i].rank - l.places[from].rank - 1
			if len(l.places)-l.lines+gap > mostLanes {
				continue
			}
			for range gap {
				l.places = append(l.places, place{rank: l.places[from].rank + 1, from: []int{from}})
				from = len(l.places) - 1
			}
			l.places[i].from[k] = from
		}
	}
	for i := range l.places {
		for len(l.ranks) <= l.places[i].rank {
			l.ranks = append(l.ranks, nil)
		}
		l.ranks[l.places[i].rank] = append(l.ranks[l.places[i].rank], i)
	}
}

// arrange orders each rank by the middle of what its places are joined with, down and up again (Sugiyama, Tagawa, Toda:
// Methods for visual understanding of hierarchical system structures, 1981).
func (l *layered) arrange() {
	to := make([][]int, len(l.places))
	for i := range l.places {
		for _, from := range l.places[i].from {
			to[from] = append(to[from], i)
		}
	}
	number := func(rank []int) {
		for k, i := range rank {
			l.places[i].order = float64(k) - float64(len(rank)-1)/2
		}
	}
	for _, rank := range l.ranks {
		number(rank)
	}
	sweep := func(rank []int, joined func(i int) []int) {
		key := map[int]float64{}
		for _, i := range rank {
			key[i] = l.places[i].order
			if all := joined(i); len(all) > 0 {
				key[i] = 0
				for _, j := range all {
					key[i] += l.places[j].order / float64(len(all))
				}
			}
		}
		slices.SortStableFunc(rank, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
		number(rank)
	}
	for range 4 {
		for _, rank := range l.ranks {
			sweep(rank, func(i int) []int { return l.places[i].from })
		}
		for _, rank := range slices.Backward(l.ranks) {
			sweep(rank, func(i int) []int { return to[i] })
		}
	}
}

// set gives every place its x, and returns the size of the picture.
func (l *layered) set() (wide, high float64) {
	width := func(i int) float64 {
		if i < l.lines {
			return boxWidth + boxGap
		}
		return laneWidth
	}
	wide = chart.Width
	sums := make([]float64, len(l.ranks))
	for r, rank := range l.ranks {
		for _, i := range rank {
			sums[r] += width(i)
		}
		wide = max(wide, sums[r]+2*graphSide)
	}
	for r, rank := range l.ranks {
		x := (wide - sums[r]) / 2
		for _, i := range rank {
			l.places[i].x = x + width(i)/2
			x += width(i)
		}
	}
	return wide, graphTop + float64(len(l.ranks))*(boxHeight+rankGap)
}

func (l *layered) top(i int) float64 { return graphTop + float64(l.places[i].rank)*(boxHeight+rankGap) }

// drawLines draws what goes into a place: from the bottom of what is read, and through a line's own place.
func (l *layered) drawLines(p *chart.Picture, i int) {
	b := &l.places[i]
	for _, from := range b.from {
		x0, y0, x1, y1 := l.places[from].x, l.top(from)+boxHeight, b.x, l.top(i)
		middle := (y0 + y1) / 2
		d := fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x0, y0, x0, middle, x1, middle, x1, y1)
		if i >= l.lines {
			d += fmt.Sprintf("v%d", boxHeight)
		}
		p.Path(d, chart.Quiet.Line())
	}
}
