package quant

import (
	"fmt"
	"io"

	"github.com/gneiss-go/gneiss/internal/app/chart"
)

// WriteSVG draws the layers' signal-to-noise ratios as bars, the worst first.
func (c *Comparison) WriteSVG(w io.Writer) error {
	p := chart.Panel{Most: 10, Tick: 10, Unit: " dB"}
	for _, l := range c.Layers {
		p.Most = max(p.Most, min(l.SQNR, 80))
		p.Bars = append(p.Bars, chart.Bar{Name: l.Name, Value: l.SQNR, Colour: colour(l.SQNR),
			Note: fmt.Sprintf("%.1f dB · cos %.4f", l.SQNR, l.Cosine)})
	}
	return chart.Write(w, c.Graph+": int8 against float, signal to noise by layer",
		fmt.Sprintf("%d images, same best class for %d, float's best among int8's five for %d", c.Images, c.Top1, c.Top5), p)
}

// colour of a bar: the noise is a tenth of the signal's amplitude at 20 dB.
func colour(db float64) chart.Colour {
	switch {
	case db < 10:
		return chart.Bad
	case db < 20:
		return chart.Fair
	}
	return chart.Good
}
