package models

import (
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// NodeStats is what one node of a graph costs.
type NodeStats struct {
	Name   string          `json:"name"`
	Op     string          `json:"op"`
	In     []runtime.Shape `json:"in"`
	Out    runtime.Shape   `json:"out"`
	DType  string          `json:"dtype"`  // of the output
	Params int             `json:"params"` // weights and biases
	MACs   int64           `json:"macs"`   // multiply-accumulates of convolutions and fully connected layers, counted directly
}

// Stats lists a graph's nodes with their shapes, parameters and multiply-accumulates. Only convolutions and fully
// connected layers are counted, and without their biases, as the literature does.
func Stats(g *runtime.Graph) []NodeStats {
	stats := make([]NodeStats, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		s := NodeStats{Name: n.Name, Op: n.Op.Kind(), Out: n.Out.Shape, DType: n.Out.DType.String()}
		for _, v := range n.In {
			s.In = append(s.In, v.Shape)
		}
		weights, biases, outputs := 0, 0, n.Out.Shape.Elements()
		channels := n.Out.Shape.C
		switch op := n.Op.(type) {
		case *runtime.Conv:
			weights, biases = len(op.Weights), len(op.Bias)
		case *runtime.FC:
			weights, biases = len(op.Weights), len(op.Bias)
		case *runtime.QConv:
			weights, biases = len(op.Weights), len(op.Bias)
		case *runtime.QFC:
			weights, biases = len(op.Weights), len(op.Bias)
		case *runtime.Affine:
			s.Params = len(op.Scale) + len(op.Shift)
		}
		if weights > 0 {
			s.Params = weights + biases
			s.MACs = int64(outputs) * int64(weights/channels)
		}
		stats = append(stats, s)
	}
	return stats
}

// Total adds up the parameters and multiply-accumulates of the nodes whose name begins with prefix.
func Total(stats []NodeStats, prefix string) (params int, macs int64) {
	for _, s := range stats {
		if strings.HasPrefix(s.Name, prefix) {
			params += s.Params
			macs += s.MACs
		}
	}
	return params, macs
}
