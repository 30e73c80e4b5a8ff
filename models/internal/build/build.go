// Package build is what the networks written in code have in common: where weights come from, and a builder that stops
// at the first error.
package build

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer; c is the channels that one filter sees.
// It may return slices it keeps: they are not written to.
type Source = func(name string, k, r, s, c int) (weights, bias []float32, err error)

// Random gives weights drawn from a generator seeded with seed and the layer's name, scaled to keep activations in
// range, and zero biases.
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

// Zeros gives weights and biases of zero, for counting what a network costs.
func Zeros(_ string, k, r, s, c int) ([]float32, []float32, error) {
	return make([]float32, k*r*s*c), make([]float32, k), nil
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
			if op.K != k || op.R != r || op.S != s || len(w) != k*r*s*c {
				return nil, nil, fmt.Errorf("%d filters of %d×%d in %d groups, %d weights, want %d×%d×%d×%d: %w", op.K, op.R, op.S,
					max(op.Groups, 1), len(w), k, r, s, c, runtime.ErrShape)
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

// Builder adds nodes to a graph until one fails; then it does nothing.
type Builder struct {
	G   *runtime.Graph
	Src Source
	Err error
}

// New returns a builder of a network with one float input, "data", of size×size×3.
func New(name string, size int, src Source) (*Builder, *runtime.Value) {
	b := &Builder{G: runtime.NewGraph(name), Src: src}
	var in *runtime.Value
	in, b.Err = b.G.Input("data", runtime.Shape{N: 1, H: size, W: size, C: 3})
	return b, in
}

// Done declares the output and returns the graph.
func (b *Builder) Done(out *runtime.Value) (*runtime.Graph, error) {
	if b.Err != nil {
		return nil, b.Err
	}
	return b.G, b.G.Output(out)
}

// Conv is a size×size convolution in that many groups, with ReLU.
func (b *Builder) Conv(name string, in *runtime.Value, k, size, stride, pad, groups int) *runtime.Value {
	return b.ConvAct(name, in, k, size, stride, pad, groups, runtime.ReLU)
}

// ConvAct is that with another activation, or none.
func (b *Builder) ConvAct(name string, in *runtime.Value, k, size, stride, pad, groups int,
	act runtime.Clamp) *runtime.Value {
	if b.Err != nil {
		return nil
	}
	op := &runtime.Conv{K: k, Act: act, Window: runtime.Window{R: size, S: size, StrideH: stride, StrideW: stride,
		PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}}
	if groups > 1 {
		op.Groups = groups
	}
	op.Weights, op.Bias = b.weights(name, k, size, size, in.Shape.C/groups)
	return b.Add(name, op, in)
}

// FC is a fully connected layer.
func (b *Builder) FC(name string, in *runtime.Value, k int, act runtime.Clamp) *runtime.Value {
	if b.Err != nil {
		return nil
	}
	op := &runtime.FC{K: k, Act: act}
	op.Weights, op.Bias = b.weights(name, k, in.Shape.H, in.Shape.W, in.Shape.C)
	return b.Add(name, op, in)
}

// Pool is size×size pooling as Caffe does it: sizes rounded up.
func (b *Builder) Pool(name string, kind runtime.PoolKind, in *runtime.Value, size, stride, pad int) *runtime.Value {
	w := runtime.Window{R: size, S: size, StrideH: stride, StrideW: stride, PadTop: pad, PadLeft: pad, PadBottom: pad,
		PadRight: pad}
	return b.Add(name, &runtime.Pool{Window: w, Type: kind, Ceil: true}, in)
}

// LRN is the local response normalisation of AlexNet and GoogLeNet.
func (b *Builder) LRN(name string, in *runtime.Value) *runtime.Value {
	return b.Add(name, &runtime.LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, in)
}

func (b *Builder) weights(name string, k, r, s, c int) (w, bias []float32) {
	if w, bias, b.Err = b.Src(name, k, r, s, c); b.Err != nil {
		b.Err = fmt.Errorf("weights of %q: %w", name, b.Err)
	}
	return w, bias
}

// Add appends a node.
func (b *Builder) Add(name string, op runtime.Op, in ...*runtime.Value) (out *runtime.Value) {
	if b.Err == nil {
		out, b.Err = b.G.Add(name, op, in...)
	}
	return out
}
