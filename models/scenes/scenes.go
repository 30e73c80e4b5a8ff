// Package scenes is a small network that finds ten kinds of things in pictures, weights included: a detector for
// programs, tests and the command line that are given no other. A program that imports it needs no model file.
//
//	det, err := scenes.New()
//	boxes, err := det.Image(img, nil)
//	for _, b := range boxes {
//		fmt.Println(det.Label(b.Class), b.Score, b.X0, b.Y0, b.X1, b.Y1)
//	}
//
// It is a toy: all that it has seen are small pictures of single things, laid on made-up backgrounds. The README beside
// it is the model card: what it was trained on, how well it does, and what it is not for.
package scenes

import (
	_ "embed"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/runtime"
)

// Classes are the names of what it finds, in order.
var Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// Size is the height and width of the input.
const Size = 128

const file = "scenes_int8.gneiss"

// The network in int8, with its card; the README says how it was made.
//
//go:embed scenes_int8.gneiss
var graph []byte

// Graph returns the network for one picture, in int8: its answers are the same bytes on every CPU. Its input "image" is
// 1×128×128×3, as the card in it says; its output "cells" is of FastestDet's kind. Weights are not copied.
func Graph() (*runtime.Graph, error) {
	g, err := runtime.ReadGraph(graph)
	return g, runtime.InFile(file, err)
}

// New compiles the network to a detector.
func New(opts ...detect.Option) (*detect.Detector, error) {
	g, err := Graph()
	if err != nil {
		return nil, err
	}
	c, err := card.Decode(g.Card)
	if err != nil {
		return nil, runtime.InFile(file, err)
	}
	p, err := runtime.Compile(g)
	if err != nil {
		return nil, err
	}
	return detect.FromPlan(p, c, opts...)
}
