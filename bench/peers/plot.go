package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gneiss-go/gneiss/internal/app/chart"
)

// draw makes bars of the medians: a panel for each config, a colour for each engine.
func (r *report) draw(file string) error {
	var panels []chart.Panel
	var configs []config
	var names []string
	for _, x := range r.Results {
		at := slices.Index(configs, x.config)
		if at < 0 {
			at = len(configs)
			configs = append(configs, x.config)
			panels = append(panels, chart.Panel{Title: x.config.title(), Unit: " ms"})
		}
		if !slices.Contains(names, x.Engine) {
			names = append(names, x.Engine)
		}
		p := &panels[at]
		p.Bars = append(p.Bars, chart.Bar{Name: x.Engine, Value: x.MedianMs, Note: chart.Number(x.MedianMs) + " ms",
			Colour: chart.Series(slices.Index(names, x.Engine))})
		p.Most = max(p.Most, x.MedianMs)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(
		chart.Write(f, r.Model+" on "+r.CPU.Brand, "median time of one run; less is better", panels...), f.Close())
}

// title says what a panel's engines were told.
func (c config) title() string {
	threads := "1 thread"
	if c.Threads != 1 {
		threads = fmt.Sprintf("%d threads", c.Threads)
	}
	title := c.DType + ", " + threads
	if c.Cap != "full" {
		title += ", " + c.Cap + " at most"
	}
	return title
}
