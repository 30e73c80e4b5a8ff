package family_test

import (
	"testing"

	"github.com/gneiss-go/gneiss/models/family"
)

// What the papers and the networks' own pages say: millions of multiply-accumulates.
var published = map[string]float64{
	"googlenet": 1582.7, "squeezenet": 349, "mobilenet_v1": 569, "mobilenet_v2": 301, "resnet50": 4089, "nin": 1100,
	"alexnet": 724,
}

func TestCosts(t *testing.T) {
	for _, n := range family.Networks {
		g, err := n.Build(zeros)
		if err != nil {
			t.Fatal(n.Name, err)
		}
		c, want := g.Cost(), published[n.Name]
		if macs := float64(c.MACs) / 1e6; macs < 0.98*want || macs > 1.02*want {
			t.Errorf("%s: %.1f MMAC, published %.1f", n.Name, macs, want)
		}
		if params := float64(c.Params) / float64(n.Weights); params < 0.97 || params > 1.03 {
			t.Errorf("%s: %d weights, published %d", n.Name, c.Params, n.Weights)
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
