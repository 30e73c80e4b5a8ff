// Package alexnet builds AlexNet (Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
// neural networks", NIPS 2012) in code, with the names, shapes and details of the BVLC reference model: 227×227 BGR
// input, convolutions in two groups, local response normalisation before pooling, 1000 classes.
package alexnet

import (
	"github.com/gneiss-go/gneiss/models/internal/build"
	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives the weights [k][r][s][c] and the biases [k] of the named layer; c is the channels that one filter sees.
type Source = func(name string, k, r, s, c int) (weights, bias []float32, err error)

const (
	Size    = 227  // height and width of the input
	Classes = 1000 // number of outputs
)

// Graph builds the network with weights from src.
func Graph(src Source) (*runtime.Graph, error) {
	b, x := build.New("AlexNet", Size, src)
	x = b.Conv("conv1", x, 96, 11, 4, 0, 1)
	x = b.LRN("norm1", x)
	x = b.Pool("pool1", runtime.MaxPool, x, 3, 2, 0)
	x = b.Conv("conv2", x, 256, 5, 1, 2, 2)
	x = b.LRN("norm2", x)
	x = b.Pool("pool2", runtime.MaxPool, x, 3, 2, 0)
	x = b.Conv("conv3", x, 384, 3, 1, 1, 1)
	x = b.Conv("conv4", x, 384, 3, 1, 1, 2)
	x = b.Conv("conv5", x, 256, 3, 1, 1, 2)
	x = b.Pool("pool5", runtime.MaxPool, x, 3, 2, 0)
	x = b.FC("fc6", x, 4096, runtime.ReLU)
	x = b.FC("fc7", x, 4096, runtime.ReLU)
	x = b.FC("fc8", x, Classes, runtime.Clamp{})
	return b.Done(b.Add("prob", &runtime.Softmax{}, x))
}

// Random gives weights drawn from a generator seeded with seed and the layer's name, and zero biases.
func Random(seed uint64) Source { return build.Random(seed) }

// FromGraph gives the weights of another graph's layers of the same names, such as an imported model's. They are
// shared.
func FromGraph(g *runtime.Graph) Source { return build.FromGraph(g) }
