package inception_test

import (
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/inception"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestModules: both modules compute, compiled, what their operations are defined to, and have the channels they claim.
func TestModules(t *testing.T) {
	c := googlenet.Config{N1: 8, N3Reduce: 4, N3: 16, N5Reduce: 3, N5: 8, PoolProj: 5}
	for name, m := range map[string]struct {
		add      func(*runtime.Graph, string, *runtime.Value, googlenet.Config, googlenet.Source) (*runtime.Value, error)
		channels int
	}{"naive": {inception.Naive, 8 + 16 + 8 + 12}, "reduced": {inception.Reduced, 8 + 16 + 8 + 5}} {
		g := runtime.NewGraph(name)
		in, err := g.Input("x", runtime.Shape{N: 1, H: 7, W: 9, C: 12})
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.add(g, "m", in, c, googlenet.Random(3))
		if err != nil {
			t.Fatal(err)
		}
		if want := (runtime.Shape{N: 1, H: 7, W: 9, C: m.channels}); out.Shape != want {
			t.Errorf("%s: %v, want %v", name, out.Shape, want)
		}
		if err := g.Output(out); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, in.Shape.Elements())
		for i := range x {
			x[i] = float32(i%17) - 8
		}
		want, err := interp.Run(g, x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := interp.Compiled(g, x)
		if err != nil {
			t.Fatal(err)
		}
		top := slices.Max(want[0])
		for i, v := range got[0] {
			if d := v - want[0][i]; d > 1e-5*top || d < -1e-5*top {
				t.Fatalf("%s: element %d is %v, want %v", name, i, v, want[0][i])
			}
		}
	}
}
