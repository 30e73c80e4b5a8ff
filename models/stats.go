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
	// multiply-accumulates of convolutions and fully connected layers, counted directly
	MACs  int64 `json:"macs"`
	Work  int64 `json:"work"`  // what every operation does, in multiply-accumulates: runtime.Cost
	Bytes int64 `json:"bytes"` // inputs, output and parameters, each moved once
}

// Stats lists a graph's nodes with their shapes and costs. Only convolutions and fully connected layers have
// multiply-accumulates, counted without their biases, as the literature does; all operations have work.
func Stats(g *runtime.Graph) []NodeStats {
	stats := make([]NodeStats, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		s := NodeStats{Name: n.Name, Op: n.Op.Kind(), Out: n.Out.Shape, DType: n.Out.DType.String()}
		for _, v := range n.In {
			s.In = append(s.In, v.Shape)
		}
		c := n.Cost()
		s.Params, s.MACs, s.Work, s.Bytes = int(c.Params), c.MACs, c.Work, c.Bytes
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
