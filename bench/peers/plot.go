package main

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// draw makes a bar chart of the medians: one group of bars for each config, one colour for each engine.
func (r *report) draw(file string) error {
	var configs []config
	var names []string
	for _, x := range r.Results {
		if !slices.Contains(configs, x.config) {
			configs = append(configs, x.config)
		}
		if !slices.Contains(names, x.Engine) {
			names = append(names, x.Engine)
		}
	}
	p := plot.New()
	p.Title.Text = r.Model + " on " + r.CPU.Brand
	p.Y.Label.Text = "median, ms (less is better)"
	p.Y.Min = 0
	p.Legend.Top = true
	const width = 14
	numbers := make([]plot.Plotter, len(names))
	for i, name := range names {
		values := make(plotter.Values, len(configs))
		for _, x := range r.Results {
			if x.Engine == name {
				values[slices.Index(configs, x.config)] = x.MedianMs
			}
		}
		bars, err := plotter.NewBarChart(values, vg.Points(width))
		if err != nil {
			return err
		}
		bars.Color, bars.LineStyle.Width = palette[i%len(palette)], 0
		bars.Offset = vg.Points(width * (float64(i) - float64(len(names)-1)/2))
		p.Add(bars)
		p.Legend.Add(name, bars)
		if numbers[i], err = newNumbers(values, bars.Offset); err != nil {
			return err
		}
	}
	p.Add(numbers...) // above all bars
	var labels []string
	for _, c := range configs {
		labels = append(labels, fmt.Sprintf("%s %s ×%d", c.DType, c.Cap, c.Threads))
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -0.6, float64(len(configs))-0.4
	p.Y.Max *= 1.1 // room for the numbers
	return p.Save(vg.Points(float64(140+len(configs)*(len(names)+2)*width)), 10*vg.Centimeter, file)
}

// newNumbers writes values above their bars.
func newNumbers(values plotter.Values, offset vg.Length) (plot.Plotter, error) {
	var at plotter.XYLabels
	for i, v := range values {
		at.XYs, at.Labels = append(at.XYs, plotter.XY{X: float64(i), Y: v}), append(at.Labels, "")
		if v > 0 {
			at.Labels[i] = fmt.Sprintf("%.1f", v)
		}
	}
	l, err := plotter.NewLabels(at)
	if err != nil {
		return nil, err
	}
	for i := range l.TextStyle {
		l.TextStyle[i].XAlign, l.TextStyle[i].Font.Size = text.XCenter, vg.Points(6)
	}
	l.Offset = vg.Point{X: offset, Y: vg.Points(2)}
	return l, nil
}

// palette is Okabe and Ito's, which the colour-blind can tell apart.
var palette = []color.RGBA{{0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x72, 0xb2, 0xff}, {0x00, 0x9e, 0x73, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}}
