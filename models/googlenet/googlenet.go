// Package googlenet builds GoogLeNet (Szegedy et al., "Going deeper with convolutions", CVPR 2015) in code, with the
// names, shapes and details of the BVLC reference model: 224×224 BGR input, ceil-mode pools, two local response
// normalisations, nine Inception modules, 1000 classes. The auxiliary heads, which serve training only, are left out.
//
//	graph, err := googlenet.Graph(googlenet.Random(1))        // for measuring speed
//	graph, err := googlenet.Graph(googlenet.FromGraph(other)) // with the weights of an imported model
//
// The package needs package runtime and nothing else, so that a program may carry the network without an importer.
package googlenet

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer. It may return slices it keeps: they
// are not written to.
type Source func(name string, k, r, s, c int) (weights, bias []float32, err error)

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
func Graph(src Source) (*runtime.Graph, error) {
	g := runtime.NewGraph("GoogLeNet")
	in, err := g.Input("data", runtime.Shape{N: 1, H: Size, W: Size, C: 3})
	if err != nil {
		return nil, err
	}
	b := &builder{g: g, src: src}
	x := b.conv("conv1/7x7_s2", in, 64, 7, 2)
	x = b.add("pool1/3x3_s2", maxPool(2), x)
	x = b.add("pool1/norm1", norm(), x)
	x = b.conv("conv2/3x3_reduce", x, 64, 1, 1)
	x = b.conv("conv2/3x3", x, 192, 3, 1)
	x = b.add("conv2/norm2", norm(), x)
	x = b.add("pool2/3x3_s2", maxPool(2), x)
	for _, m := range Modules {
		switch m.Name {
		case "inception_4a":
			x = b.add("pool3/3x3_s2", maxPool(2), x)
		case "inception_5a":
			x = b.add("pool4/3x3_s2", maxPool(2), x)
		}
		x = b.inception(m.Name, x, m.Config)
	}
	x = b.add("pool5/7x7_s1", &runtime.Pool{Window: runtime.Window{R: 7, S: 7}, Type: runtime.AvgPool, Ceil: true}, x)
	x = b.fc("loss3/classifier", x, Classes)
	x = b.add("prob", &runtime.Softmax{}, x)
	if b.err != nil {
		return nil, b.err
	}
	return g, g.Output(x)
}

// Inception appends one module, its nodes named name/1x1, name/3x3_reduce, name/3x3, name/5x5_reduce, name/5x5,
// name/pool, name/pool_proj and name/output, and returns its output.
func Inception(g *runtime.Graph, name string, in *runtime.Value, c Config, src Source) (*runtime.Value, error) {
	b := &builder{g: g, src: src}
	out := b.inception(name, in, c)
	return out, b.err
}

// builder adds nodes until one fails; then it does nothing.
type builder struct {
	g   *runtime.Graph
	src Source
	err error
}

func (b *builder) inception(name string, in *runtime.Value, c Config) *runtime.Value {
	one := b.conv(name+"/1x1", in, c.N1, 1, 1)
	three := b.conv(name+"/3x3_reduce", in, c.N3Reduce, 1, 1)
	three = b.conv(name+"/3x3", three, c.N3, 3, 1)
	five := b.conv(name+"/5x5_reduce", in, c.N5Reduce, 1, 1)
	five = b.conv(name+"/5x5", five, c.N5, 5, 1)
	pool := b.add(name+"/pool", maxPool(1), in)
	pool = b.conv(name+"/pool_proj", pool, c.PoolProj, 1, 1)
	return b.add(name+"/output", &runtime.Concat{}, one, three, five, pool)
}

// conv is a size×size convolution with ReLU that keeps the map's size, but for its stride.
func (b *builder) conv(name string, in *runtime.Value, k, size, stride int) *runtime.Value {
	if b.err != nil {
		return nil
	}
	pad := size / 2
	op := &runtime.Conv{K: k, Act: runtime.ReLU, Window: runtime.Window{R: size, S: size, StrideH: stride, StrideW: stride,
		PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}}
	op.Weights, op.Bias = b.weights(name, k, size, size, in.Shape.C)
	return b.add(name, op, in)
}

func (b *builder) fc(name string, in *runtime.Value, k int) *runtime.Value {
	if b.err != nil {
		return nil
	}
	op := &runtime.FC{K: k}
	op.Weights, op.Bias = b.weights(name, k, in.Shape.H, in.Shape.W, in.Shape.C)
	return b.add(name, op, in)
}

func (b *builder) weights(name string, k, r, s, c int) (w, bias []float32) {
	if w, bias, b.err = b.src(name, k, r, s, c); b.err != nil {
		b.err = fmt.Errorf("weights of %q: %w", name, b.err)
	}
	return w, bias
}

func (b *builder) add(name string, op runtime.Op, in ...*runtime.Value) (out *runtime.Value) {
	if b.err == nil {
		out, b.err = b.g.Add(name, op, in...)
	}
	return out
}

// maxPool is 3×3; with stride 1 it keeps the map's size.
func maxPool(stride int) *runtime.Pool {
	w := runtime.Window{R: 3, S: 3, StrideH: stride, StrideW: stride}
	if stride == 1 {
		w.PadTop, w.PadLeft, w.PadBottom, w.PadRight = 1, 1, 1, 1
	}
	return &runtime.Pool{Window: w, Type: runtime.MaxPool, Ceil: true}
}

func norm() *runtime.LRN { return &runtime.LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1} }

// Random gives weights drawn from a generator seeded with seed and the layer's name, scaled to keep activations in
// range, and zero biases. The network then computes nonsense, at the speed of the real one.
func Random(seed uint64) Source {
	return func(name string, k, r, s, c int) ([]float32, []float32, error) {
		h := fnv.New64a()
		h.Write([]byte(name))
		rng := rand.New(rand.NewPCG(seed, h.Sum64()))
		w := make([]float32, k*r*s*c)
		bound := float32(math.Sqrt(6 / float64(r*s*c)))
		for i := range w {
			w[i] = bound * (2*rng.Float32() - 1)
		}
		return w, make([]float32, k), nil
	}
}

// FromGraph gives the weights of another graph's convolutions and fully connected layers of the same names, such as
// an imported model's. They are shared, not copied.
func FromGraph(g *runtime.Graph) Source {
	nodes := map[string]runtime.Op{}
	for _, n := range g.Nodes {
		nodes[n.Name] = n.Op
	}
	return func(name string, k, r, s, c int) (w, bias []float32, err error) {
		switch op := nodes[name].(type) {
		case *runtime.Conv:
			w, bias = op.Weights, op.Bias
			if op.R != r || op.S != s || max(op.Groups, 1) != 1 {
				return nil, nil, fmt.Errorf("%d×%d filters in %d groups, want %d×%d: %w", op.R, op.S, op.Groups, r, s, runtime.ErrShape)
			}
		case *runtime.FC:
			w, bias = op.Weights, op.Bias
		default:
			return nil, nil, fmt.Errorf("graph %q has no such layer: %w", g.Name, runtime.ErrGraph)
		}
		if len(w) != k*r*s*c {
			return nil, nil, fmt.Errorf("%d weights, want %d×%d×%d×%d: %w", len(w), k, r, s, c, runtime.ErrShape)
		}
		return w, bias, nil
	}
}
