package bench

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/runtime"
)

// Models are the networks that benchmarks range over, by name, with weights from a seed.
var Models = []struct {
	Name  string
	Build func(seed uint64) (*runtime.Graph, error)
}{
	{"googlenet", GoogLeNet},
}

// GoogLeNet is the network of Szegedy et al. (arXiv 1409.4842) as trained by BVLC: 224×224, LRN, 5×5 convolutions; the
// main head only. Layers bear their Caffe names. Weights are He-normal from the seed, so that activations keep their
// size through the network.
func GoogLeNet(seed uint64) (*runtime.Graph, error) {
	b := builder{g: runtime.NewGraph("googlenet"), rnd: rand.New(rand.NewPCG(seed, 0x676e65697373))}
	x := b.input("data", 224, 224, 3)
	x = b.conv("conv1/7x7_s2", x, 64, 7, 2, 3)
	x = b.pool("pool1/3x3_s2", x, 3, 2, 0)
	x = b.add("pool1/norm1", &runtime.LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, x)
	x = b.conv("conv2/3x3_reduce", x, 64, 1, 1, 0)
	x = b.conv("conv2/3x3", x, 192, 3, 1, 1)
	x = b.add("conv2/norm2", &runtime.LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, x)
	x = b.pool("pool2/3x3_s2", x, 3, 2, 0)
	for _, m := range googLeNetModules {
		name := "inception_" + m.name
		one := b.conv(name+"/1x1", x, m.k1, 1, 1, 0)
		three := b.conv(name+"/3x3", b.conv(name+"/3x3_reduce", x, m.k3r, 1, 1, 0), m.k3, 3, 1, 1)
		five := b.conv(name+"/5x5", b.conv(name+"/5x5_reduce", x, m.k5r, 1, 1, 0), m.k5, 5, 1, 2)
		proj := b.conv(name+"/pool_proj", b.pool(name+"/pool", x, 3, 1, 1), m.proj, 1, 1, 0)
		x = b.add(name+"/output", &runtime.Concat{}, one, three, five, proj)
		if m.pool != "" {
			x = b.pool(m.pool, x, 3, 2, 0)
		}
	}
	x = b.add("pool5/7x7_s1", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	x = b.fc("loss3/classifier", x, 1000)
	x = b.add("prob", &runtime.Softmax{}, x)
	return b.done(x)
}

// googLeNetModules are the inception modules: filters of each branch, and the pooling that follows.
var googLeNetModules = []struct {
	name                       string
	k1, k3r, k3, k5r, k5, proj int
	pool                       string
}{
	{"3a", 64, 96, 128, 16, 32, 32, ""},
	{"3b", 128, 128, 192, 32, 96, 64, "pool3/3x3_s2"},
	{"4a", 192, 96, 208, 16, 48, 64, ""},
	{"4b", 160, 112, 224, 24, 64, 64, ""},
	{"4c", 128, 128, 256, 24, 64, 64, ""},
	{"4d", 112, 144, 288, 32, 64, 64, ""},
	{"4e", 256, 160, 320, 32, 128, 128, "pool4/3x3_s2"},
	{"5a", 256, 160, 320, 32, 128, 128, ""},
	{"5b", 384, 192, 384, 48, 128, 128, ""},
}

// builder builds a graph and keeps the first error; once there is one, its methods do nothing.
type builder struct {
	g   *runtime.Graph
	rnd *rand.Rand
	err error
}

func (b *builder) input(name string, h, w, c int) *runtime.Value {
	v, err := b.g.Input(name, runtime.Shape{N: 1, H: h, W: w, C: c})
	b.err = err
	return v
}

func (b *builder) add(name string, op runtime.Op, in ...*runtime.Value) *runtime.Value {
	if b.err != nil {
		return nil
	}
	var v *runtime.Value
	v, b.err = b.g.Add(name, op, in...)
	return v
}

// conv is a square convolution with ReLU.
func (b *builder) conv(name string, x *runtime.Value, k, size, stride, pad int) *runtime.Value {
	if b.err != nil {
		return nil
	}
	n := size * size * x.Shape.C
	return b.add(name, &runtime.Conv{Window: window(size, stride, pad), K: k, Act: runtime.ReLU,
		Weights: b.normal(k*n, math.Sqrt(2/float64(n))), Bias: b.normal(k, 0.1)}, x)
}

// pool is square maximum pooling whose output size is rounded up.
func (b *builder) pool(name string, x *runtime.Value, size, stride, pad int) *runtime.Value {
	return b.add(name, &runtime.Pool{Window: window(size, stride, pad), Type: runtime.MaxPool, Ceil: true}, x)
}

// fc has small weights, so that a softmax after it is not all zeros and a one, which would hide errors.
func (b *builder) fc(name string, x *runtime.Value, k int) *runtime.Value {
	if b.err != nil {
		return nil
	}
	n := x.Shape.H * x.Shape.W * x.Shape.C
	return b.add(name, &runtime.FC{K: k, Weights: b.normal(k*n, 0.5/math.Sqrt(float64(n))), Bias: b.normal(k, 0.1)}, x)
}

func (b *builder) done(out ...*runtime.Value) (*runtime.Graph, error) {
	if b.err == nil {
		b.err = b.g.Output(out...)
	}
	if b.err != nil {
		return nil, fmt.Errorf("bench: %s: %w", b.g.Name, b.err)
	}
	return b.g, nil
}

func (b *builder) normal(n int, deviation float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(b.rnd.NormFloat64() * deviation)
	}
	return v
}

func window(size, stride, pad int) runtime.Window {
	return runtime.Window{R: size, S: size, StrideH: stride, StrideW: stride, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
}

// Picture is an input of that shape, NHWC: smooth waves with some noise around zero, ±amplitude, like a photograph whose
// mean was subtracted. Flat noise would be all the same to a convolution.
func Picture(s runtime.Shape, seed uint64, amplitude float32) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 0x70696374757265))
	type wave struct{ fy, fx, phase, height float64 }
	waves := make([][6]wave, s.C)
	for c := range waves {
		for i := range waves[c] {
			f := math.Pow(2, float64(i)) / 64
			waves[c][i] = wave{f * (rnd.Float64() - 0.5) * 4, f * (rnd.Float64() - 0.5) * 4, rnd.Float64() * 2 * math.Pi, 1 / math.Sqrt(float64(i+1))}
		}
	}
	v := make([]float32, 0, s.Elements())
	for range s.N {
		for y := range s.H {
			for x := range s.W {
				for c := range s.C {
					p := 0.1 * rnd.NormFloat64()
					for _, w := range waves[c] {
						p += w.height * math.Sin(w.fy*float64(y)+w.fx*float64(x)+w.phase)
					}
					v = append(v, amplitude*float32(math.Tanh(p/2)))
				}
			}
		}
	}
	return v
}
