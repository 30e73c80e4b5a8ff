package quant

import (
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestTake: what picks elements, or fills with zeros, passes bytes on in its input's scale; what fills with another
// number stays float, for the scale may have no level for it. Interpolation has a scale of its own.
func TestTake(t *testing.T) {
	edges := []int32{-1, 0, 1, 2, -1}
	for name, c := range map[string]struct {
		op    runtime.Op
		float bool
	}{
		"picked":  {&runtime.Take{Rows: []int32{2, 0}, Fill: 7}, false},
		"zeros":   {&runtime.Take{Rows: edges, Cols: edges}, false},
		"numbers": {&runtime.Take{Rows: edges, Fill: 1000}, true},
		"interpolated": {&runtime.Interpolate{Rows: halves(0, 1, 1, 2), Cols: halves(0, 0, 1, 2)},
			false},
	} {
		n := newNet(t, 1)
		y := n.add("op", c.op, n.conv("first", n.input(3, 3, 2), 2, 1, runtime.Clamp{}))
		g := n.outputs(n.conv("last", y, 2, 1, runtime.Clamp{}))
		q, report, err := Quantize(g, calibrated(t, g))
		if err != nil {
			t.Fatal(name, err)
		}
		same, err := Compare(t.Context(), g, q, noise(1, 20))
		if err != nil || same.Layers[0].SQNR < 20 {
			t.Errorf("%s: %+v, %v", name, same, err)
		}
		for _, l := range report.Layers {
			if l.Float != (c.float && l.Name == "op") {
				t.Errorf("%s: layer %s is float: %v", name, l.Name, l.Float)
			}
		}
	}
}

// halves are means of two indices each.
func halves(at ...int32) kernels.Taps {
	t := kernels.Taps{Per: 2, At: at}
	for range at {
		t.Weights = append(t.Weights, 0.5)
	}
	return t
}
