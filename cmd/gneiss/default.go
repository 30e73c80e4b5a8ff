package main

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
)

// builtinName is the name of the embedded network's graph, which files made of it keep.
const builtinName = "CIFAR-10 GoogLeNet"

// builtIn is where it comes from.
const builtIn = "built in"

// defaultModel is what answers without --model: the network that is embedded in the program.
func defaultModel() (*model, error) {
	g, err := cifar10.Graph()
	if err != nil {
		return nil, err
	}
	m := &model{Name: g.Name, Source: builtIn, Graph: g,
		Note: "knows ten things (airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck) " +
			"in tiny pictures; --model takes others"}
	return m, m.read(card.Card{})
}
