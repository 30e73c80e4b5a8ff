package onnx

import (
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/seeds"
	"github.com/gneiss-go/gneiss/runtime"
)

// fuzzLimits keep a fuzzing worker small.
var fuzzLimits = runtime.Limits{MaxNodes: 200, MaxElements: 1 << 18, MaxWeights: 1 << 18, MaxMACs: 1 << 30}

// checkImport is what fuzz targets demand: a graph that is complete, can run and compiles, or an error that names the
// file.
func checkImport(t *testing.T, g *runtime.Graph, err error) {
	t.Helper()
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
		if _, err := runtime.Compile(g); err != nil {
			t.Errorf("imported, but %v", err)
		}
	}
}

func fuzzModels() map[string][]byte {
	m := map[string][]byte{}
	for _, c := range opCases {
		m[c.name] = modelOf(c.opset, c.dims, c.inits, c.nodes...)
	}
	for _, c := range quantCases {
		m["quantised "+c.name] = c.model()
	}
	for _, c := range graphCases {
		m[c.name] = c.model
	}
	return m
}

// TestSeeds keeps the corpus fresh.
func TestSeeds(t *testing.T) { seeds.Check(t, "FuzzONNX", fuzzModels()) }

// FuzzONNX feeds the importer models.
func FuzzONNX(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := Load(b, WithLimits(fuzzLimits), WithInputShape(3, 8, 8))
		if errors.Is(err, runtime.ErrShape) { // its size may be fixed
			g, err = Load(b, WithLimits(fuzzLimits))
		}
		checkImport(t, g, err)
	})
}
