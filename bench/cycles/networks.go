package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/family"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// network is a graph to be predicted.
type network struct {
	name, dtype string
	graph       func() (*runtime.Graph, error)
}

// networks resolves names: of the family, of files and of folders.
func networks(names, dtypes []string) (all []network, err error) {
	for _, name := range names {
		if name == "family" {
			for _, n := range family.Networks {
				all = append(all, ofFamily(n, dtypes)...)
			}
			continue
		}
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			files, err := filepath.Glob(filepath.Join(name, "*", "*.*"))
			if err != nil {
				return nil, err
			}
			for _, f := range files {
				if slices.Contains([]string{".onnx", ".tflite", ".gneiss", ".caffemodel", ".param"}, filepath.Ext(f)) {
					all = append(all, ofFile(f, dtypes)...)
				}
			}
		case err == nil:
			all = append(all, ofFile(name, dtypes)...)
		default:
			n, err := family.Find(name)
			if err != nil {
				return nil, err
			}
			all = append(all, ofFamily(n, dtypes)...)
		}
	}
	return all, nil
}

func ofFamily(n family.Network, dtypes []string) (all []network) {
	for _, d := range dtypes {
		build := n.Float
		switch d {
		case "int8":
			build = n.Int8
		case half:
			build = func() (*runtime.Graph, error) { return inHalf(n.Float()) }
		}
		all = append(all, network{n.Name, d, build})
	}
	return all
}

// ofFile has a file as it is, and, if int8 is asked for and it is in float, quantised by what one picture shows.
func ofFile(path string, dtypes []string) (all []network) {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if g, err := models.Open(path); err == nil && quantised(g) {
		return []network{{name, "int8", func() (*runtime.Graph, error) { return models.Open(path) }}}
	}
	for _, d := range dtypes {
		all = append(all, network{name, d, func() (*runtime.Graph, error) {
			g, err := models.Open(path)
			switch {
			case d == half:
				return inHalf(g, err)
			case err != nil || d != "int8":
				return g, err
			}
			return quantise(g)
		}})
	}
	return all
}

const half = "half" // a dtype: a float graph in half precision

func inHalf(g *runtime.Graph, err error) (*runtime.Graph, error) {
	if err != nil {
		return nil, err
	}
	return runtime.ToHalf(g)
}

func quantised(g *runtime.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *runtime.Node) bool {
		switch n.Op.(type) {
		case *runtime.QConv, *runtime.QFC, *runtime.Quantised:
			return true
		}
		return false
	})
}

func quantise(g *runtime.Graph) (*runtime.Graph, error) {
	if len(g.Inputs) != 1 {
		return nil, fmt.Errorf("%d inputs, not one: %w", len(g.Inputs), runtime.ErrGraph)
	}
	left := 1
	stats, err := quant.Calibrate(context.Background(), g, func(in []float32) error {
		if left--; left < 0 {
			return io.EOF
		}
		copy(in, bench.Picture(g.Inputs[0].Shape, 1, 2))
		return nil
	})
	if err != nil {
		return nil, err
	}
	q, _, err := quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()))
	return q, err
}
