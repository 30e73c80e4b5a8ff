// Package cifar10 is a small network that classifies 32×32 images, weights included: a narrow GoogLeNet with all nine
// Inception modules, trained on CIFAR-10. A program that imports it needs no model file.
//
//	graph, err := cifar10.Graph()
//	plan, err := runtime.Compile(graph)
//	sess, err := plan.NewSession()
//	err = cifar10.Preprocess.Preparer().Into(sess.Input(0).Float32(), img)
//	err = sess.Run()
//	best := sess.Output(0).TopK(1, nil)[0]
//	fmt.Println(cifar10.Classes[best.Index], best.Score)
//
// The README beside it is the model card: what it was trained on, how well it does, and what it is not for.
package cifar10

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Classes are the names of the outputs, in order.
var Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// Size is the height and width of the input.
const Size = 32

// Preprocess makes the input of an image. One that is 32×32 is not resampled.
var Preprocess = preprocess.Spec{
	Width: Size, Height: Size,
	Filter: preprocess.Antialias,
	Order:  preprocess.RGB,
	Mean:   [3]float32{125, 123, 114},
	Scale:  [3]float32{1. / 64, 1. / 64, 1. / 64},
}

// cardJSON is the graphs' card, as models/card has it: Classes and Preprocess. It is written out, so that programs do
// not link what encodes it; a test compares them.
const cardJSON = `{"task":"classify","labels":["airplane","automobile","bird","cat","deer","dog","frog","horse","ship",` +
	`"truck"],"input":{"width":32,"height":32,"fit":"squash","filter":"antialias","order":"rgb","mean":[125,123,114],` +
	`"scale":[0.015625,0.015625,0.015625]},"note":"knows ten things in tiny pictures"}`

const weightsFile = "cifar10_googlenet.weights"

//go:embed cifar10_googlenet.weights
var weights []byte

// Graph returns the network for one image. Its input "data" is 1×32×32×3, as [Preprocess] makes it; its output "prob"
// is 1×1×1×10, a probability for each of [Classes].
func Graph() (*runtime.Graph, error) {
	g, err := build(weights)
	if err == nil {
		g.Card = []byte(cardJSON)
	}
	return g, runtime.InFile(weightsFile, err)
}

// stem is the number of output channels of each of the two convolutions before the Inception modules.
const stem = 32

// modules are the Inception modules, in order. The network halves the map before 3a, before 4a and before 5a.
var modules = []googlenet.Module{
	{Name: "inception_3a", Config: googlenet.Config{N1: 24, N3Reduce: 32, N3: 48, N5Reduce: 16, N5: 24, PoolProj: 16}},
	{Name: "inception_3b", Config: googlenet.Config{N1: 32, N3Reduce: 40, N3: 72, N5Reduce: 16, N5: 24, PoolProj: 16}},
	{Name: "inception_4a", Config: four},
	{Name: "inception_4b", Config: four},
	{Name: "inception_4c", Config: four},
	{Name: "inception_4d", Config: four},
	{Name: "inception_4e", Config: four},
	{Name: "inception_5a", Config: five},
	{Name: "inception_5b", Config: five},
}

var (
	four = googlenet.Config{N1: 48, N3Reduce: 40, N3: 88, N5Reduce: 16, N5: 32, PoolProj: 24}
	five = googlenet.Config{N1: 64, N3Reduce: 56, N3: 96, N5Reduce: 16, N5: 48, PoolProj: 40}
)

// halve names the pooling layer before a module.
var halve = map[string]string{"inception_3a": "pool2/3x3_s2", "inception_4a": "pool3/3x3_s2",
	"inception_5a": "pool4/3x3_s2"}

// build makes the graph from the bytes of a weight file, which must hold this network's tensors and no others.
func build(file []byte) (*runtime.Graph, error) {
	tensors, err := parse(file)
	if err != nil {
		return nil, err
	}
	b := &builder{graph: runtime.NewGraph("CIFAR-10 GoogLeNet"), tensors: tensors}
	data, err := b.graph.Input("data", runtime.Shape{N: 1, H: Size, W: Size, C: 3})
	if err != nil {
		return nil, err
	}

	x := b.conv3("conv1/3x3", data)
	x = b.conv3("conv2/3x3", x)
	for _, m := range modules {
		if pool, ok := halve[m.Name]; ok {
			x = b.add(pool, &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Ceil: true}, x)
		}
		x = b.inception(m, x)
	}
	x = b.add("pool5", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	x = b.classifier("loss3/classifier", x)
	x = b.add("prob", &runtime.Softmax{}, x)
	if b.err != nil {
		return nil, b.err
	}
	for name := range b.tensors {
		return nil, fmt.Errorf("tensor %q is not of this network: %w", name, runtime.ErrCorrupt)
	}
	return b.graph, b.graph.Output(x)
}

// builder adds nodes, and takes their weights from tensors, until something fails; then it does nothing.
type builder struct {
	graph   *runtime.Graph
	tensors map[string]tensor
	err     error
}

func (b *builder) add(name string, op runtime.Op, in *runtime.Value) (out *runtime.Value) {
	if b.err == nil {
		out, b.err = b.graph.Add(name, op, in)
	}
	return out
}

// conv3 is a convolution of the stem: 3×3 with ReLU, which keeps the map's size.
func (b *builder) conv3(name string, in *runtime.Value) *runtime.Value {
	if b.err != nil {
		return nil
	}
	op := &runtime.Conv{K: stem, Act: runtime.ReLU, Window: runtime.Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1,
		PadRight: 1}}
	op.Weights, op.Bias, b.err = b.conv(name, op.K, op.R, op.S, in.Shape.C)
	return b.add(name, op, in)
}

func (b *builder) inception(m googlenet.Module, in *runtime.Value) (out *runtime.Value) {
	if b.err == nil {
		out, b.err = googlenet.Inception(b.graph, m.Name, in, m.Config, b.conv)
	}
	return out
}

func (b *builder) classifier(name string, in *runtime.Value) *runtime.Value {
	if b.err != nil {
		return nil
	}
	op := &runtime.FC{K: len(Classes)}
	op.Weights, op.Bias, b.err = b.layer(name, op.K, in.Shape.C)
	return b.add(name, op, in)
}

// conv is a [googlenet.Source].
func (b *builder) conv(name string, k, r, s, c int) (weights, bias []float32, err error) {
	return b.layer(name, k, r, s, c)
}

// layer takes the weights of a layer, which must have these dimensions, and its bias.
func (b *builder) layer(name string, dims ...int) (weights, bias []float32, err error) {
	if weights, err = b.take(name+"/weights", dims...); err == nil {
		bias, err = b.take(name+"/bias", dims[0])
	}
	return weights, bias, err
}

// take removes a tensor, which must have these dimensions, and returns its elements.
func (b *builder) take(name string, dims ...int) ([]float32, error) {
	t, ok := b.tensors[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("tensor %q is missing: %w", name, runtime.ErrCorrupt)
	case !slices.Equal(t.dims, dims):
		return nil, fmt.Errorf("tensor %q is %d, want %d: %w", name, t.dims, dims, runtime.ErrShape)
	}
	delete(b.tensors, name)
	return t.data, nil
}
