// Package family has the networks that others publish figures for, in code: what a benchmark measures where no file can
// be fetched. Shapes and operations are those of the papers, batch normalisation folded into the convolutions; the
// weights come from a source, such as a seed.
package family

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/alexnet"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/models/nin"
	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer; c is the channels that one filter sees.
type Source = build.Source

// Random gives weights drawn from a generator seeded with seed and the layer's name, and zero biases.
func Random(seed uint64) Source { return build.Random(seed) }

// Network is a network by name.
type Network struct {
	Name    string
	Build   func(Source) (*runtime.Graph, error)
	Weights int64 // and biases: how many
}

// Networks are all of them, none twice, from the one with the most convolutions to the one with the most weights.
var Networks = []Network{
	{"googlenet", googlenet.Graph, 7e6},
	{"squeezenet", SqueezeNet, 1.24e6},
	{"mobilenet_v1", MobileNetV1, 4.2e6},
	{"mobilenet_v2", MobileNetV2, 3.5e6},
	{"resnet50", ResNet50, 25.5e6},
	{"nin", nin.ImageNet, 7.6e6},
	{"alexnet", alexnet.Graph, 61e6},
}

// Find returns the network of that name.
func Find(name string) (Network, error) {
	all := ""
	for _, n := range Networks {
		if n.Name == name {
			return n, nil
		}
		all += " " + n.Name
	}
	return Network{}, fmt.Errorf("no network %q in the family; there are:%s", name, all)
}

const (
	size    = 224  // height and width of the input
	classes = 1000 // of ImageNet
)

var relu6 = runtime.Clamp{On: true, Lo: 0, Hi: 6}

// net adds blocks; names are numbers, since the papers give none.
type net struct {
	*build.Builder
	n int
}

func start(name string, src Source) (*net, *runtime.Value) {
	b, x := build.New(name, size, src)
	return &net{Builder: b}, x
}

// conv is a size×size convolution whose border keeps the size of the map, but for the stride.
func (b *net) conv(x *runtime.Value, k, size, stride, groups int, act runtime.Clamp) *runtime.Value {
	b.n++
	return b.ConvAct(fmt.Sprintf("layer%d", b.n), x, k, size, stride, size/2, groups, act)
}

// channels of a map; 0 once the builder has failed.
func (b *net) channels(x *runtime.Value) int {
	if b.Err != nil {
		return 0
	}
	return x.Shape.C
}

// classify averages a map, and makes of it the probabilities of the classes.
func (b *net) classify(x *runtime.Value) (*runtime.Graph, error) {
	x = b.Add("pool", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	x = b.FC("fc", x, classes, runtime.Clamp{})
	return b.Done(b.Add("prob", &runtime.Softmax{}, x))
}

// SqueezeNet is version 1.1 (Iandola et al., arXiv 1602.07360, and the authors' repository): 349 MMAC.
func SqueezeNet(src Source) (*runtime.Graph, error) {
	b, x := start("SqueezeNet 1.1", src)
	x = b.Conv("conv1", x, 64, 3, 2, 0, 1)
	fire := func(x *runtime.Value, squeeze, expand int) *runtime.Value {
		s := b.conv(x, squeeze, 1, 1, 1, runtime.ReLU)
		one, three := b.conv(s, expand, 1, 1, 1, runtime.ReLU), b.conv(s, expand, 3, 1, 1, runtime.ReLU)
		b.n++
		return b.Add(fmt.Sprintf("concat%d", b.n), &runtime.Concat{}, one, three)
	}
	for i, f := range [][2]int{{16, 64}, {16, 64}, {32, 128}, {32, 128}, {48, 192}, {48, 192}, {64, 256}, {64, 256}} {
		if i == 0 || i == 2 || i == 4 {
			x = b.Pool(fmt.Sprintf("pool%d", i+1), runtime.MaxPool, x, 3, 2, 0)
		}
		x = fire(x, f[0], f[1])
	}
	x = b.Conv("conv10", x, classes, 1, 1, 0, 1)
	x = b.Add("pool10", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	return b.Done(b.Add("prob", &runtime.Softmax{}, x))
}

// MobileNetV1 is the network of Howard et al., arXiv 1704.04861, of width 1: 569 MMAC.
func MobileNetV1(src Source) (*runtime.Graph, error) {
	b, x := start("MobileNetV1", src)
	x = b.conv(x, 32, 3, 2, 1, runtime.ReLU)
	for _, l := range [][2]int{{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1},
		{512, 1}, {512, 1}, {1024, 2}, {1024, 1}} {
		c := b.channels(x)
		x = b.conv(x, c, 3, l[1], c, runtime.ReLU)
		x = b.conv(x, l[0], 1, 1, 1, runtime.ReLU)
	}
	return b.classify(x)
}

// MobileNetV2 is the network of Sandler et al., arXiv 1801.04381, of width 1: 301 MMAC.
func MobileNetV2(src Source) (*runtime.Graph, error) {
	b, x := start("MobileNetV2", src)
	x = b.conv(x, 32, 3, 2, 1, relu6)
	for _, l := range []struct{ expand, c, n, stride int }{ // table 2 of the paper
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for i := range l.n {
			stride, in := 1, x
			if i == 0 {
				stride = l.stride
			}
			wide := b.channels(x) * l.expand
			if l.expand > 1 {
				x = b.conv(x, wide, 1, 1, 1, relu6)
			}
			x = b.conv(x, wide, 3, stride, wide, relu6)
			x = b.conv(x, l.c, 1, 1, 1, runtime.Clamp{})
			if i > 0 {
				x = b.Add(fmt.Sprintf("add%d", b.n), &runtime.Add{}, x, in)
			}
		}
	}
	return b.classify(b.conv(x, 1280, 1, 1, 1, relu6))
}

// ResNet50 is the network of He et al., arXiv 1512.03385, the stride of a stage in its first 3×3 convolution: 4089
// MMAC.
func ResNet50(src Source) (*runtime.Graph, error) {
	b, x := start("ResNet-50", src)
	x = b.conv(x, 64, 7, 2, 1, runtime.ReLU)
	x = b.Pool("pool1", runtime.MaxPool, x, 3, 2, 0)
	for stage, n := range []int{3, 4, 6, 3} {
		wide := 64 << stage
		for i := range n {
			stride, short := 1, x
			if i == 0 && stage > 0 {
				stride = 2
			}
			if i == 0 {
				short = b.conv(x, 4*wide, 1, stride, 1, runtime.Clamp{})
			}
			x = b.conv(x, wide, 1, 1, 1, runtime.ReLU)
			x = b.conv(x, wide, 3, stride, 1, runtime.ReLU)
			x = b.conv(x, 4*wide, 1, 1, 1, runtime.Clamp{})
			x = b.Add(fmt.Sprintf("add%d", b.n), &runtime.Add{Act: runtime.ReLU}, x, short)
		}
	}
	return b.classify(x)
}
