package bench

import (
	"strings"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Layer is one layer of a network, without its weights.
type Layer struct {
	Label string // model:layer, such as googlenet:inception_3a/3x3
	In    runtime.Shape
	Out   runtime.Shape
	Op    runtime.Op

	// The geometry, by the kind of layer; the others are nil.
	Conv *kernels.ConvShape
	Pool *kernels.PoolShape // windowed or global

	macs int64
}

// Max reports whether a pooling layer takes maxima.
func (l *Layer) Max() bool {
	return l.Pool != nil && runtime.FormOf(l.Op) == runtime.Moves
}

// MACs returns a layer's multiply-accumulates; 0 for layers that have none.
func (l *Layer) MACs() int64 { return l.macs }

// Keys name the layer in benchmarks: net=googlenet/layer=inception_3a.3x3.
func (l *Layer) Keys() string {
	net, layer, _ := strings.Cut(l.Label, ":")
	return "net=" + net + "/layer=" + strings.ReplaceAll(layer, "/", ".")
}

// Layers lists the layers of a graph that compute something, in order, labelled with the model's name.
func Layers(model string, g *runtime.Graph) []Layer {
	var all []Layer
	for _, n := range g.Nodes {
		if len(n.In) == 0 {
			continue
		}
		l := Layer{Label: model + ":" + n.Name, In: n.In[0].Shape, Out: n.Out.Shape, Op: n.Op, macs: n.Cost().MACs}
		switch op := n.Op.(type) {
		case *runtime.Conv:
			s := op.Shape(l.In)
			l.Conv = &s
		case *runtime.Pool:
			s := op.Shape(l.In)
			l.Pool = &s
		case *runtime.GlobalPool:
			s := op.Shape(l.In)
			l.Pool = &s
		case *runtime.FC, *runtime.LRN, *runtime.Softmax:
		default:
			continue
		}
		all = append(all, l)
	}
	return all
}

// MACs returns the multiply-accumulates of one run of a graph, counted as direct convolution.
func MACs(g *runtime.Graph) int64 { return g.Cost().MACs }
