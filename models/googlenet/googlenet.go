// Package googlenet builds GoogLeNet (Szegedy et al., "Going deeper with convolutions", CVPR 2015) in code, with the
// names, shapes and details of the BVLC reference model: 224×224 BGR input, ceil-mode pools, two local response
// normalisations, nine Inception modules, 1000 classes. The auxiliary heads, which serve training only, are left out.
//
//	graph, err := googlenet.Graph(googlenet.Random(1))        // for measuring speed
//	graph, err := googlenet.Graph(googlenet.FromGraph(other)) // with the weights of an imported model
//
// The package needs no importer, so that a program may carry the network alone.
package googlenet

import (
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer. It may return slices it keeps: they
// are not written to.
type Source = func(name string, k, r, s, c int) (weights, bias []float32, err error)

// Size is the height and width of the input.
const Size = 224

// Classes is the number of outputs.
const Classes = 1000

// Config is the shape of an Inception module: the output channels of each convolution in it.
type Config struct {
	N1           int // 1×1
	N3Reduce, N3 int // 1×1, then 3×3
	N5Reduce, N5 int // 1×1, then 5×5
	PoolProj     int // 3×3 max-pool, then 1×1
}

// Channels is the number of the module's output channels.
func (c Config) Channels() int { return c.N1 + c.N3 + c.N5 + c.PoolProj }

// Module is a named Inception module.
type Module struct {
	Name string
	Config
}

// Modules are the nine Inception modules, in order. The network halves the map before 4a and before 5a.
var Modules = []Module{
	{"inception_3a", Config{64, 96, 128, 16, 32, 32}},
	{"inception_3b", Config{128, 128, 192, 32, 96, 64}},
	{"inception_4a", Config{192, 96, 208, 16, 48, 64}},
	{"inception_4b", Config{160, 112, 224, 24, 64, 64}},
	{"inception_4c", Config{128, 128, 256, 24, 64, 64}},
	{"inception_4d", Config{112, 144, 288, 32, 64, 64}},
	{"inception_4e", Config{256, 160, 320, 32, 128, 128}},
	{"inception_5a", Config{256, 160, 320, 32, 128, 128}},
	{"inception_5b", Config{384, 192, 384, 48, 128, 128}},
}

// Graph builds the network with weights from src.
func Graph(src Source) (*runtime.Graph, error) { return GraphWith("GoogLeNet", src, Inception) }

// GraphWith builds the network with another module in place of each Inception module: a function like [Inception].
func GraphWith(name string, src Source, module func(g *runtime.Graph, name string, in *runtime.Value, c Config,
	src Source) (*runtime.Value, error)) (*runtime.Graph, error) {
	b, x := build.New(name, Size, src)
	x = b.Conv("conv1/7x7_s2", x, 64, 7, 2, 3, 1)
	x = b.Pool("pool1/3x3_s2", runtime.MaxPool, x, 3, 2, 0)
	x = b.LRN("pool1/norm1", x)
	x = b.Conv("conv2/3x3_reduce", x, 64, 1, 1, 0, 1)
	x = b.Conv("conv2/3x3", x, 192, 3, 1, 1, 1)
	x = b.LRN("conv2/norm2", x)
	x = b.Pool("pool2/3x3_s2", runtime.MaxPool, x, 3, 2, 0)
	for _, m := range Modules {
		switch m.Name {
		case "inception_4a":
			x = b.Pool("pool3/3x3_s2", runtime.MaxPool, x, 3, 2, 0)
		case "inception_5a":
			x = b.Pool("pool4/3x3_s2", runtime.MaxPool, x, 3, 2, 0)
		}
		if b.Err == nil {
			x, b.Err = module(b.G, m.Name, x, m.Config, src)
		}
	}
	x = b.Pool("pool5/7x7_s1", runtime.AvgPool, x, 7, 1, 0)
	x = b.FC("loss3/classifier", x, Classes, runtime.Clamp{})
	return b.Done(b.Add("prob", &runtime.Softmax{}, x))
}

// Inception appends one module, its nodes named name/1x1, name/3x3_reduce, name/3x3, name/5x5_reduce, name/5x5,
// name/pool, name/pool_proj and name/output, and returns its output.
func Inception(g *runtime.Graph, name string, in *runtime.Value, c Config, src Source) (*runtime.Value, error) {
	b := &build.Builder{G: g, Src: src}
	one := b.Conv(name+"/1x1", in, c.N1, 1, 1, 0, 1)
	three := b.Conv(name+"/3x3_reduce", in, c.N3Reduce, 1, 1, 0, 1)
	three = b.Conv(name+"/3x3", three, c.N3, 3, 1, 1, 1)
	five := b.Conv(name+"/5x5_reduce", in, c.N5Reduce, 1, 1, 0, 1)
	five = b.Conv(name+"/5x5", five, c.N5, 5, 1, 2, 1)
	pool := b.Pool(name+"/pool", runtime.MaxPool, in, 3, 1, 1)
	pool = b.Conv(name+"/pool_proj", pool, c.PoolProj, 1, 1, 0, 1)
	return b.Add(name+"/output", &runtime.Concat{}, one, three, five, pool), b.Err
}

// Random gives weights drawn from a generator seeded with seed and the layer's name, scaled to keep activations in
// range, and zero biases. The network then computes nonsense, at the speed of the real one.
func Random(seed uint64) Source { return build.Random(seed) }

// FromGraph gives the weights of another graph's convolutions and fully connected layers of the same names, such as
// an imported model's. They are shared, not copied.
func FromGraph(g *runtime.Graph) Source { return build.FromGraph(g) }
