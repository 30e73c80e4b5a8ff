package ncnn

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/seeds"
	"github.com/gneiss-go/gneiss/runtime"
)

// fuzzLimits keep a fuzzing worker small.
var fuzzLimits = runtime.Limits{MaxNodes: 200, MaxElements: 1 << 18, MaxWeights: 1 << 18, MaxMACs: 1 << 30}

// together is a .param and its .bin as one input.
func together(text, weights []byte) []byte { return slices.Concat(text, []byte{0}, weights) }

func fuzzSeeds() map[string][]byte {
	all := map[string][]byte{}
	for _, c := range slices.Concat(layerCases(), eachCases(), shapeCases(), moreCases()) {
		all[c.name] = together(paramOf(inputLine("data", c.in.d), fmt.Sprintf("%s it 1 1 data out %s", c.typ, c.line)), c.bin)
	}
	all["small net"] = together(paramOf("Input data 0 1 data 0=8 1=8 2=3",
		"Convolution c 1 1 data c 0=4 1=3 3=2 4=1 6=108 9=1",
		"Split s 1 2 c a b", "Pooling p 1 1 a p 0=1 4=1", "InnerProduct f 1 1 p f 0=4 2=16 9=4", "BinaryOp m 2 1 b f m 0=2",
		"Concat k 2 1 m m k", "Softmax x 1 1 k x 0=0 1=1"), bin{}.floats(ramp(108)...).halves(make([]uint16, 16)...))
	all["open size"] = together(paramOf("Input data 0 1 data", "ReLU r 1 1 data o"), nil)
	return all
}

// TestSeeds keeps the corpus fresh.
func TestSeeds(t *testing.T) { seeds.Check(t, "FuzzNCNN", fuzzSeeds()) }

// FuzzNCNN: a graph that is complete and can run, or an error that names the file.
func FuzzNCNN(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		text, weights, _ := bytes.Cut(b, []byte{0})
		g, err := Load(text, weights, WithLimits(fuzzLimits))
		var fe *runtime.FileError
		switch {
		case (g == nil) == (err == nil):
			t.Fatalf("graph %v with error %v", g, err)
		case err != nil && !errors.As(err, &fe):
			t.Fatalf("%v names no file", err)
		case err == nil && (len(g.Outputs) == 0 || len(g.Nodes) > fuzzLimits.MaxNodes):
			t.Fatalf("%d outputs, %d nodes", len(g.Outputs), len(g.Nodes))
		case err == nil && interp.Cost(g, 1<<16) < 1<<16:
			var in [][]float32
			for _, v := range g.Inputs {
				if v.Shape.Elements() > 1<<16 {
					return
				}
				in = append(in, make([]float32, v.Shape.Elements()))
			}
			if _, err := interp.Run(g, in...); err != nil {
				t.Fatal(err)
			}
		}
	})
}
