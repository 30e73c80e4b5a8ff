package main

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/scenes"
)

// builtinName is the name of the embedded network's graph, which files made of it keep.
const builtinName = "CIFAR-10 GoogLeNet"

// builtIn is where it comes from.
const builtIn = "built in"

// defaultModel is what answers without --model: one of the two networks that are embedded in the program, that which
// finds things or that which classifies.
func defaultModel(finds bool) (*model, error) {
	if finds {
		return defaultDetector()
	}
	g, err := cifar10.Graph()
	if err != nil {
		return nil, err
	}
	m := &model{Name: g.Name, Source: builtIn, Graph: g,
		Note: "knows ten things (airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck) " +
			"in tiny pictures; --model takes others"}
	return m, m.read(card.Card{})
}

func defaultDetector() (*model, error) {
	g, err := scenes.Graph()
	if err != nil {
		return nil, err
	}
	m := &model{Name: "scenes", Source: builtIn, Graph: g}
	return m, m.read(card.Card{})
}
