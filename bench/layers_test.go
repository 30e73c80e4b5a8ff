package bench_test

import (
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models"
)

// TestLayers: the layers to be measured are all that GoogLeNet computes.
func TestLayers(t *testing.T) {
	g, err := bench.GoogLeNet(1)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	var macs int64
	for _, l := range bench.Layers("googlenet", g) {
		if !strings.HasPrefix(l.Label, "googlenet:") {
			t.Errorf("label %q", l.Label)
		}
		if c := l.Conv; c != nil {
			count["conv"]++
			if c.OutH() != l.Out.H || c.OutW() != l.Out.W || c.K != l.Out.C {
				t.Errorf("%s: geometry %+v gives not %v", l.Label, *c, l.Out)
			}
		} else if p := l.Pool; p != nil {
			count["pool"]++
			if p.OutH != l.Out.H || p.OutW != l.Out.W {
				t.Errorf("%s: geometry %+v gives not %v", l.Label, *p, l.Out)
			}
		} else {
			count[l.Op.Kind()]++
		}
		macs += l.MACs()
	}
	for what, want := range map[string]int{"conv": 57, "pool": 14, "LRN": 2, "FC": 1, "Softmax": 1} {
		if count[what] != want {
			t.Errorf("%d %s layers, want %d", count[what], what, want)
		}
	}
	if _, want := models.Total(models.Stats(g), ""); macs != want || macs != bench.MACs(g) {
		t.Errorf("%d MACs, want %d", macs, want)
	}
}

func TestPicture(t *testing.T) {
	g, err := bench.GoogLeNet(1)
	if err != nil {
		t.Fatal(err)
	}
	s := g.Inputs[0].Shape
	x, again := bench.Picture(s, 1, 2), bench.Picture(s, 1, 2)
	low, high := float32(0), float32(0)
	for i, v := range x {
		if v != again[i] || v < -2 || v > 2 {
			t.Fatalf("pixel %d is %v, then %v", i, v, again[i])
		}
		low, high = min(low, v), max(high, v)
	}
	if len(x) != s.Elements() || high-low < 2 {
		t.Errorf("%d numbers in %v…%v", len(x), low, high)
	}
}
