package models

import (
	"github.com/gneiss-go/gneiss/models/alexnet"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/inception"
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/models/nin"
	"github.com/gneiss-go/gneiss/runtime"
)

// Family are the networks that are built in code, by name.
var Family = []struct {
	Name  string
	Build func(src func(name string, k, r, s, c int) (weights, bias []float32, err error)) (*runtime.Graph, error)
}{
	{"googlenet", googlenet.Graph},
	{"alexnet", alexnet.Graph},
	{"nin", nin.ImageNet},
	{"nin-cifar10", nin.CIFAR10},
	{"naive", inception.NaiveGraph},
}

// Cost is what a network costs, whatever the machine.
type Cost struct {
	Name        string `json:"name"`
	Params      int    `json:"params"`
	MACs        int64  `json:"macs"`
	Activations int64  `json:"activation_bytes"` // most bytes of activations alive at once
}

// CostOf counts a graph's parameters, multiply-accumulates, and the activations that are needed at once when its nodes
// run in order, each tensor in a place of its own.
func CostOf(g *runtime.Graph) Cost {
	c := Cost{Name: g.Name}
	c.Params, c.MACs = Total(Stats(g), "")
	last := map[*runtime.Value]int{}
	for i, n := range g.Nodes {
		for _, v := range n.In {
			last[v] = i
		}
	}
	for _, v := range g.Outputs {
		last[v] = len(g.Nodes)
	}
	alive := int64(0)
	for _, v := range g.Inputs {
		alive += size(v)
	}
	c.Activations = alive
	for i, n := range g.Nodes {
		alive += size(n.Out)
		c.Activations = max(c.Activations, alive)
		if _, read := last[n.Out]; !read {
			alive -= size(n.Out)
		}
		freed := map[*runtime.Value]bool{}
		for _, v := range n.In {
			if last[v] == i && !freed[v] {
				freed[v] = true
				alive -= size(v)
			}
		}
	}
	return c
}

func size(v *runtime.Value) int64 { return int64(v.Shape.Elements()) * int64(v.DType.Size()) }

// FamilyCost is the cost of a network of [Family]; ok is false if there is none of that name.
func FamilyCost(name string) (c Cost, ok bool, err error) {
	for _, f := range Family {
		if f.Name == name {
			g, err := f.Build(build.Zeros)
			if err != nil {
				return c, true, err
			}
			return CostOf(g), true, nil
		}
	}
	return c, false, nil
}
