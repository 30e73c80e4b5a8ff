// Package nin builds Network in Network (Lin, Chen and Yan, ICLR 2014) in code, with the names and shapes of the models
// of the Caffe zoo: blocks of one spatial and two 1×1 convolutions, and in place of fully connected layers an average
// over the whole map.
package nin

import (
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer.
type Source = func(name string, k, r, s, c int) (weights, bias []float32, err error)

const (
	Size      = 224 // height and width of ImageNet's input
	CIFARSize = 32  // of CIFAR10's
)

// block is a spatial convolution and the two 1×1 convolutions behind it, each with ReLU, then a pooling.
type block struct {
	conv                 string
	k, size, stride, pad int
	one                  [2]string
	channels             [2]int
	pool                 string
	kind                 runtime.PoolKind
	window, step         int
}

// ImageNet builds the network for 1000 classes with weights from src.
func ImageNet(src Source) (*runtime.Graph, error) {
	return network("NIN", Size, src, []block{
		{"conv1", 96, 11, 4, 0, [2]string{"cccp1", "cccp2"}, [2]int{96, 96}, "pool0", runtime.MaxPool, 3, 2},
		{"conv2", 256, 5, 1, 2, [2]string{"cccp3", "cccp4"}, [2]int{256, 256}, "pool2", runtime.MaxPool, 3, 2},
		{"conv3", 384, 3, 1, 1, [2]string{"cccp5", "cccp6"}, [2]int{384, 384}, "pool3", runtime.MaxPool, 3, 2},
		{"conv4-1024", 1024, 3, 1, 1, [2]string{"cccp7-1024", "cccp8-1024"}, [2]int{1024, 1000}, "pool4", runtime.AvgPool, 6,
			1},
	})
}

// CIFAR10 builds the network for the ten classes of CIFAR-10 with weights from src.
func CIFAR10(src Source) (*runtime.Graph, error) {
	return network("CIFAR10_NIN", CIFARSize, src, []block{
		{"conv1", 192, 5, 1, 2, [2]string{"cccp1", "cccp2"}, [2]int{160, 96}, "pool1", runtime.MaxPool, 3, 2},
		{"conv2", 192, 5, 1, 2, [2]string{"cccp3", "cccp4"}, [2]int{192, 192}, "pool2", runtime.AvgPool, 3, 2},
		{"conv3", 192, 3, 1, 1, [2]string{"cccp5", "cccp6"}, [2]int{192, 10}, "pool3", runtime.AvgPool, 8, 1},
	})
}

func network(name string, size int, src Source, blocks []block) (*runtime.Graph, error) {
	b, x := build.New(name, size, src)
	for _, l := range blocks {
		x = b.Conv(l.conv, x, l.k, l.size, l.stride, l.pad, 1)
		for i, one := range l.one {
			x = b.Conv(one, x, l.channels[i], 1, 1, 0, 1)
		}
		x = b.Pool(l.pool, l.kind, x, l.window, l.step, 0)
	}
	return b.Done(b.Add("prob", &runtime.Softmax{}, x))
}

// Random gives weights drawn from a generator seeded with seed and the layer's name, and zero biases.
func Random(seed uint64) Source { return build.Random(seed) }

// FromGraph gives the weights of another graph's layers of the same names, such as an imported model's. They are
// shared.
func FromGraph(g *runtime.Graph) Source { return build.FromGraph(g) }
