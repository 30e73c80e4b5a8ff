package tflite

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/seeds"
	"github.com/gneiss-go/gneiss/runtime"
)

// seedNet builds a chain of operations, in float or quantised, of tensors without weights and with.
type seedNet struct {
	f     file
	dtype dtype // 0 is float
}

func (n *seedNet) act(shape ...int) int {
	t := tensorSpec{name: fmt.Sprint("t", len(n.f.tensors)), shape: shape, dtype: n.dtype}
	if n.dtype != 0 {
		t.scale, t.zero = []float32{0.05}, []int64{3}
	}
	return n.f.tensor(t)
}

func (n *seedNet) weights(axis int, shape ...int) int {
	count := 1
	for _, d := range shape {
		count *= d
	}
	t := tensorSpec{name: fmt.Sprint("w", len(n.f.tensors)), shape: shape, dtype: n.dtype, axis: axis}
	if n.dtype == 0 {
		v := make([]float32, count)
		for i := range v {
			v[i] = float32(i*7%11-5) / 10
		}
		t.data = floatBytes(v)
		return n.f.tensor(t)
	}
	t.data = make([]byte, count)
	for i := range t.data {
		t.data[i] = byte(int8(i*7%21 - 10))
	}
	for range shape[axis] {
		t.scale, t.zero = append(t.scale, 0.01), append(t.zero, 0)
	}
	return n.f.tensor(t)
}

func (n *seedNet) ints(v ...int32) int {
	return n.f.tensor(tensorSpec{name: fmt.Sprint("i", len(n.f.tensors)), shape: []int{len(v)}, dtype: typeInt32,
		data: intBytes(v)})
}

// finish makes a model of what leads from the first tensor to the last.
func (n *seedNet) finish(outputs ...int) []byte {
	n.f.inputs, n.f.outputs = []int{0}, outputs
	return n.f.bytes()
}

func fuzzModels() map[string][]byte {
	models := map[string][]byte{"sample": sample()}
	stride := func(s int32) []opt { return []opt{{1, s}, {2, s}} }
	for name, dt := range map[string]dtype{"float": 0, "int8": typeInt8} {
		n := seedNet{dtype: dt}
		x := n.act(1, 8, 8, 4)
		y := n.f.op(opConv2D, options(append(stride(1), opt{3, int8(1)})...), n.act(1, 8, 8, 6), x, n.weights(0, 6, 3, 3, 4),
			n.ints(1, 2, 3, 4, 5, 6))
		if dt == 0 {
			n.f.ops[0].inputs = n.f.ops[0].inputs[:2]
		}
		y = n.f.op(opDepthwiseConv2D, options(append(stride(2), opt{3, int32(1)})...), n.act(1, 4, 4, 6), y,
			n.weights(3, 1, 3, 3, 6))
		p := n.f.op(opMaxPool2D, options(append(stride(1), opt{3, int32(3)}, opt{4, int32(3)})...), n.act(1, 4, 4, 6), y)
		a := n.f.op(opAveragePool2D, options(append(stride(1), opt{3, int32(3)}, opt{4, int32(3)})...), n.act(1, 4, 4, 6), y)
		sum := n.f.op(opAdd, options(opt{0, int8(1)}), n.act(1, 4, 4, 6), p, a)
		cat := n.f.op(opConcatenation, options(opt{0, int32(3)}), n.act(1, 4, 4, 12), sum, p)
		flat := n.f.op(opReshape, nil, n.act(1, 192), cat, n.ints(1, 192))
		fc := n.f.op(opFullyConnected, options(), n.act(1, 5), flat, n.weights(0, 5, 192))
		models[name] = n.finish(n.f.op(opSoftmax, options(opt{0, float32(1)}), n.act(1, 5), fc))

		n = seedNet{dtype: dt}
		x = n.act(1, 6, 5, 3)
		pad := n.f.op(opPad, nil, n.act(1, 7, 6, 3), x, n.f.tensor(tensorSpec{name: "pads", shape: []int{4, 2},
			dtype: typeInt32,
			data:  intBytes([]int32{0, 0, 0, 1, 0, 1, 0, 0})}))
		y = n.f.op(opConv2D, options(append(stride(1), opt{0, int8(1)})...), n.act(1, 5, 4, 2), pad, n.weights(0, 2, 3, 3, 3))
		y = n.f.op(opReLU6, nil, n.act(1, 5, 4, 2), y)
		models[name+" padded"] = n.finish(n.f.op(opMean, nil, n.act(1, 2), y, n.ints(1, 2)), y)
	}
	n := seedNet{}
	x := n.act(1, 4, 4, 8)
	y := n.f.op(opLRN, options(opt{0, int32(2)}, opt{1, float32(1)}, opt{2, float32(.1)}, opt{3, float32(.75)}),
		n.act(1, 4, 4, 8), x)
	y = n.f.op(opMul, options(), n.act(1, 4, 4, 8), y, n.weights(0, 8))
	y = n.f.op(opSub, options(), n.act(1, 4, 4, 8), y, n.weights(0, 8))
	models["float rest"] = n.finish(n.f.op(opReLUN1To1, nil, n.act(1, 4, 4, 8), y))
	models["variables"] = ring(typeInt8, []byte{0xff, 1, 3, 5}).bytes()
	lstm, _ := lstmFile(rand.New(rand.NewPCG(1, 2)), 2, 2, 3, false, 0.5)
	models["lstm"] = lstm.bytes()
	models["sparse"] = sparseNet(blocked()).bytes()
	upscale := deconvCase{h: 4, w: 4, c: 2, oh: 8, ow: 8, k: 1, r: 2, s: 2, sh: 2, sw: 2}
	models["transposed with a bias"] = upscale.biased(make([]float32, 8), make([]float32, 1), 1, 2, 2).bytes()
	return models
}

// TestSeeds keeps the corpus fresh, of models that are taken.
func TestSeeds(t *testing.T) {
	models := fuzzModels()
	for name, b := range models {
		g, err := Load(b, WithLimits(small))
		if err == nil {
			_, err = runtime.Compile(g)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	seeds.Check(t, "FuzzTFLite", models)
}
