package quant

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/runtime"
)

// Report says what [Quantize] made of each layer.
type Report struct {
	Graph       string  `json:"graph"`
	Observer    string  `json:"observer"`
	Layers      []Layer `json:"layers"`               // in the graph's order
	Quantised   int     `json:"quantised"`            // layers that work on uint8
	Conversions int     `json:"conversions"`          // Quantize and Dequantize nodes
	Corrected   int     `json:"corrected,omitempty"`  // convolutions whose biases were corrected
	UnlikeFrom  float64 `json:"unlikeFrom,omitempty"` // the Trial taken
	Trials      []Trial `json:"trials,omitempty"`     // of WithChoice
	Portable    bool    `json:"portable"`             // nothing in float that may differ between CPUs: the same bytes everywhere
}

// Layer is one layer of a [Report].
type Layer struct {
	Name       string  `json:"name"`
	Op         string  `json:"op"`                   // of the float graph
	Float      bool    `json:"float,omitempty"`      // stayed float
	Reason     string  `json:"reason,omitempty"`     // why
	Scale      float32 `json:"scale,omitempty"`      // of the output; 0 when it is float
	Zero       uint8   `json:"zero,omitempty"`       // likewise
	Equalised  bool    `json:"equalised,omitempty"`  // its channels have factors that bring them to one size
	WeightSQNR float64 `json:"weightSQNR,omitempty"` // signal to quantisation noise of the weights, dB
}

func (r *Report) add(n *runtime.Node, q runtime.Quant, l Layer) {
	l.Name, l.Op, l.Scale, l.Zero = n.Name, n.Op.Kind(), q.Scale, q.Zero
	r.Layers = append(r.Layers, l)
	if !l.Float {
		r.Quantised++
	}
}

// finish counts what the new graph holds.
func (r *Report) finish(g *runtime.Graph) {
	r.Portable = g.SameBits()
	for _, n := range g.Nodes {
		switch n.Op.(type) {
		case *runtime.Quantize, *runtime.Dequantize:
			r.Conversions++
		}
	}
}

// from says which channels have factors.
func from(ratio float64) string {
	if ratio == 0 {
		return "none"
	}
	return fmt.Sprintf("from %g×", ratio)
}

// String is a table, a line for each layer.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d layers in int8, %d conversions, observer %s\n", r.Graph, r.Quantised, len(r.Layers),
		r.Conversions, r.Observer)
	for i, t := range r.Trials {
		fmt.Fprintf(&b, "%s%s %.2f dB", []string{"factors of channels: ", ", "}[min(i, 1)], from(t.From), t.SQNR)
	}
	if len(r.Trials) > 0 {
		fmt.Fprintf(&b, "; taken: %s\n", from(r.UnlikeFrom))
	}
	if !r.Portable {
		fmt.Fprintln(&b, "some layers are float: results are near, not equal, on other CPUs")
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "layer\top\ttype\tscale\tzero\tweights dB")
	for _, l := range r.Layers {
		typ, scale, zero, sqnr := "int8", "", "", ""
		switch {
		case l.Float:
			typ = "float: " + l.Reason
		case l.Scale > 0:
			if l.Equalised {
				typ = "int8 by channel"
			}
			scale, zero = fmt.Sprintf("%.5g", l.Scale), fmt.Sprint(l.Zero)
		}
		if l.WeightSQNR != 0 {
			sqnr = fmt.Sprintf("%.1f", l.WeightSQNR)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Op, typ, scale, zero, sqnr)
	}
	w.Flush()
	return b.String()
}
