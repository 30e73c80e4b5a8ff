package family_test

import (
	"testing"

	"github.com/gneiss-go/gneiss/models/family"
)

// What the papers and the networks' own pages say, in millions: multiply-accumulates and weights.
var published = map[string][2]float64{
	"googlenet": {1582.7, 7.0}, "squeezenet": {349, 1.24}, "mobilenet_v1": {569, 4.2}, "mobilenet_v2": {301, 3.5},
	"resnet50": {4089, 25.5}, "nin": {1100, 7.6}, "alexnet": {724, 61},
}

func TestCosts(t *testing.T) {
	for _, n := range family.Networks {
		g, err := n.Build(zeros)
		if err != nil {
			t.Fatal(n.Name, err)
		}
		c, want := g.Cost(), published[n.Name]
		if macs := float64(c.MACs) / 1e6; macs < 0.98*want[0] || macs > 1.02*want[0] {
			t.Errorf("%s: %.1f MMAC, published %.1f", n.Name, macs, want[0])
		}
		if params := float64(c.Params) / 1e6; params < 0.97*want[1] || params > 1.03*want[1] {
			t.Errorf("%s: %.2f million weights, published %.2f", n.Name, params, want[1])
		}
	}
	if _, err := family.Find("resnet51"); err == nil {
		t.Error("a network of no name was found")
	}
}

// zeros are cheaper than random weights.
func zeros(_ string, k, r, s, c int) (weights, bias []float32, err error) {
	return make([]float32, k*r*s*c), make([]float32, k), nil
}
