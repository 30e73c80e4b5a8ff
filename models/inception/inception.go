// Package inception has the two modules of "Going deeper with convolutions" (Szegedy et al., CVPR 2015, figure 2) side
// by side, and the network that the first of them would make: what the reductions by 1×1 convolutions save.
package inception

import (
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/runtime"
)

// Naive appends the module without reductions (figure 2a): 1×1, 3×3 and 5×5 convolutions and 3×3 max pooling, all over
// the input, one beside the other. Of c it heeds N1, N3 and N5; its output has N1+N3+N5 channels more than its input.
// The nodes are named name/1x1, name/3x3, name/5x5, name/pool and name/output.
func Naive(g *runtime.Graph, name string, in *runtime.Value, c googlenet.Config, src googlenet.Source) (*runtime.Value,
	error) {
	b := &build.Builder{G: g, Src: src}
	one := b.Conv(name+"/1x1", in, c.N1, 1, 1, 0, 1)
	three := b.Conv(name+"/3x3", in, c.N3, 3, 1, 1, 1)
	five := b.Conv(name+"/5x5", in, c.N5, 5, 1, 2, 1)
	pool := b.Pool(name+"/pool", runtime.MaxPool, in, 3, 1, 1)
	return b.Add(name+"/output", &runtime.Concat{}, one, three, five, pool), b.Err
}

// Reduced appends the module with reductions (figure 2b), of which GoogLeNet is made: [googlenet.Inception].
func Reduced(g *runtime.Graph, name string, in *runtime.Value, c googlenet.Config,
	src googlenet.Source) (*runtime.Value, error) {
	return googlenet.Inception(g, name, in, c, src)
}

// NaiveGraph builds GoogLeNet with naive modules in place of its own, of the same filters: nobody's network, for
// comparison. Its maps grow with every module, because pooling cannot give fewer channels than it takes.
func NaiveGraph(src googlenet.Source) (*runtime.Graph, error) {
	return googlenet.GraphWith("naive Inception", src, Naive)
}
