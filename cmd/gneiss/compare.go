package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/internal/app/chart"
	"github.com/gneiss-go/gneiss/models"
)

// compareNetworks counts the costs of networks by name: those built in code, others as model files.
func compareNetworks(names []string, open func(name string) (*model, error)) ([]models.Cost, error) {
	var costs []models.Cost
	for _, name := range names {
		c, ok, err := models.FamilyCost(name)
		if err != nil {
			return nil, err
		}
		if !ok {
			m, err := open(name)
			if err != nil {
				var known []string
				for _, f := range models.Family {
					known = append(known, f.Name)
				}
				return nil, fmt.Errorf("%w (built-in networks are %s)", err, strings.Join(known, ", "))
			}
			c = models.CostOf(m.Graph)
		} else {
			c.Name = name
		}
		costs = append(costs, c)
	}
	return costs, nil
}

func printCosts(out io.Writer, costs []models.Cost) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "params\tMMAC\tactivations KiB\t network")
	for _, c := range costs {
		fmt.Fprintf(w, "%s\t%.1f\t%.0f\t %s\n", thousands(c.Params), float64(c.MACs)/1e6, float64(c.Activations)/1024, c.Name)
	}
	w.Flush()
}

// writeCosts draws three groups of bars.
func writeCosts(w io.Writer, costs []models.Cost) error {
	panels := []chart.Panel{{Title: "parameters", Unit: " M"}, {Title: "multiply-accumulates", Unit: " M"},
		{Title: "activations alive at once", Unit: " MiB"}}
	for _, c := range costs {
		for i, v := range []float64{float64(c.Params) / 1e6, float64(c.MACs) / 1e6, float64(c.Activations) / (1 << 20)} {
			p := &panels[i]
			p.Bars = append(p.Bars, chart.Bar{Name: c.Name, Value: v, Note: chart.Number(v) + p.Unit})
			p.Most = max(p.Most, v)
		}
	}
	return chart.Write(w, "What networks cost",
		"one image, float32; activations in places of their own, freed after their last use", panels...)
}
