package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/gneiss-go/gneiss/internal/app/chart"
)

// draw makes a picture of the outcomes: a panel for each cap and number of threads, in it a bar for each network and
// type, as long as gneiss is fast beside the fastest of the others.
func (r *report) draw(file string) error {
	var panels []chart.Panel
	var done []config
	for _, c := range r.configs() {
		c.DType = ""
		if slices.Contains(done, c) {
			continue
		}
		done = append(done, c)
		p := chart.Panel{Title: fmt.Sprintf("%s, %d thread(s)", c.Cap, c.Threads), Tick: 1, Unit: "×"}
		for _, n := range r.Networks {
			for _, dtype := range []string{"f32", "int8"} {
				c.DType = dtype
				o, ok := r.outcome(n, c)
				if !ok {
					continue
				}
				bar := chart.Bar{Name: n.Name + ", " + dtype, Value: 1 / o.Ratio, Colour: chart.Blue}
				if dtype == "int8" {
					bar.Colour = chart.Orange
				}
				bar.Note = fmt.Sprintf("%.2f × %s", bar.Value, o.Best)
				p.Most = max(p.Most, bar.Value)
				p.Bars = append(p.Bars, bar)
			}
		}
		if len(p.Bars) > 0 {
			panels = append(panels, p)
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = chart.Write(f, "gneiss beside the fastest other engine", "How many times as fast, more is better; "+r.CPU.Brand,
		panels...)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
