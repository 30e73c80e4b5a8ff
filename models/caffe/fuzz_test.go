package caffe

import (
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/seeds"
	"github.com/gneiss-go/gneiss/runtime"
)

// fuzzLimits keep a fuzzing worker small.
var fuzzLimits = runtime.Limits{MaxNodes: 200, MaxElements: 1 << 18, MaxWeights: 1 << 18, MaxMACs: 1 << 30}

// checkImport is what fuzz targets demand: a graph that is complete and can run, or an error that names the file.
func checkImport(t *testing.T, g *runtime.Graph, err error) {
	t.Helper()
	var fe *runtime.FileError
	switch {
	case (g == nil) == (err == nil):
		t.Fatalf("graph %v with error %v", g, err)
	case err != nil && !errors.As(err, &fe):
		t.Fatalf("%v names no file", err)
	case err == nil && (len(g.Inputs) == 0 || len(g.Outputs) == 0 || len(g.Nodes) > fuzzLimits.MaxNodes):
		t.Fatalf("%d inputs, %d outputs, %d nodes", len(g.Inputs), len(g.Outputs), len(g.Nodes))
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
}

func fuzzModels() map[string][]byte {
	return map[string][]byte{"v1": snapshot(true), "v2": snapshot(false),
		"weights": weightsOf(map[string][]arr{"conv": trainWeights["conv"]})}
}

func fuzzTexts() map[string]string {
	m := map[string]string{"train": trainNet}
	for _, c := range layerCases {
		m[c.name] = netText(c.c, c.h, c.w, c.layers)
	}
	return m
}

// TestSeeds keeps the corpora fresh.
func TestSeeds(t *testing.T) {
	seeds.Check(t, "FuzzCaffe", fuzzModels())
	seeds.Check(t, "FuzzCaffePrototxt", fuzzTexts())
}

// FuzzCaffe feeds the importer caffemodels: with the definition inside, and beside a fixed one.
func FuzzCaffe(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := Load(b, nil, WithLimits(fuzzLimits))
		checkImport(t, g, err)
		g, err = Load(b, []byte(trainNet), WithLimits(fuzzLimits))
		checkImport(t, g, err)
	})
}

// FuzzCaffePrototxt feeds the importer descriptions, with random weights and without any.
func FuzzCaffePrototxt(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Load(nil, []byte(text), WithLimits(fuzzLimits), WithRandomWeights(1))
		checkImport(t, g, err)
		g, err = Load(nil, []byte(text), WithLimits(fuzzLimits))
		checkImport(t, g, err)
	})
}
