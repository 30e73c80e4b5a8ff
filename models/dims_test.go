package models

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// openONNX is y = Relu(a), z = y·b, of inputs whose dimensions are open; of b not even their number is known.
func openONNX(t *testing.T) string {
	t.Helper()
	port := func(name string, dims ...string) wire.Msg {
		typ := wire.Msg{}.Int(1, 1)
		if dims != nil {
			shape := wire.Msg{}
			for _, d := range dims {
				shape = shape.Sub(1, wire.Msg{}.Str(2, d))
			}
			typ = typ.Sub(2, shape)
		}
		return wire.Msg{}.Str(1, name).Sub(2, wire.Msg{}.Sub(1, typ))
	}
	g := wire.Msg{}.Sub(1, wire.Msg{}.Str(1, "a").Str(2, "y").Str(3, "first").Str(4, "Relu")).
		Sub(1, wire.Msg{}.Str(1, "y").Str(1, "b").Str(2, "z").Str(3, "last").Str(4, "Mul")).
		Str(2, "g").Sub(11, port("a", "N", "T", "F")).Sub(11, port("b")).Sub(12, port("z"))
	path := filepath.Join(t.TempDir(), "open.onnx")
	m := wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, g)
	if err := os.WriteFile(path, m, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// prototxt is a convolution of one filter and its ReLU, in place.
const prototxt = `name: "c" input: "data" input_shape { dim: 10 dim: 3 dim: 8 dim: 8 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 1 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { global_pooling: true } }`

// Inputs of every rank have the dimensions that are given, in whatever format; what does not fit is refused.
func TestInputDims(t *testing.T) {
	onnx, caffe := openONNX(t), filepath.Join(t.TempDir(), "net.prototxt")
	if err := os.WriteFile(caffe, []byte(prototxt), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "own"+runtime.Ext)
	a, b := WithInputDims("a", 2, 4, 5), WithInputDims("b", 5)
	g, err := Open(onnx, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(own, g); err != nil {
		t.Fatal(err)
	}
	random := WithRandomWeights(1)
	var open *OpenSizeError
	for _, c := range []struct {
		path string
		opts []OpenOption
		want []int // dimensions of the first input; nil is an error of shape
		says string
	}{
		{onnx, []OpenOption{a, b}, []int{2, 4, 5}, ""},
		{onnx, []OpenOption{a, b, WithBatch(2)}, []int{2, 4, 5}, ""},
		{onnx, []OpenOption{a, b, WithBatch(3)}, nil, "batch of 3"},
		{onnx, nil, nil, "[N T F]"}, {onnx, []OpenOption{a}, nil, `"b"`},
		{onnx, []OpenOption{a, b, WithInputDims("c", 1)}, nil, `no input "c"`},
		{onnx, []OpenOption{a, b, WithInputDims("", 5)}, nil, "2 inputs"},
		{onnx, []OpenOption{b, WithInputDims("a", 2, 4)}, nil, "[? ? ?]"},
		{onnx, []OpenOption{b, WithInputDims("a", 2, 4, 0)}, nil, "[2 4 0]"},
		{caffe, []OpenOption{random}, []int{1, 3, 8, 8}, ""},
		{caffe, []OpenOption{random, WithBatch(2)}, []int{2, 3, 8, 8}, ""},
		{caffe, []OpenOption{random, WithInputDims("", 4, 5, 6, 7)}, []int{4, 5, 6, 7}, ""},
		{caffe, []OpenOption{random, WithInputDims("data", 4, 5, 6, 7), WithBatch(4)}, []int{4, 5, 6, 7}, ""},
		{caffe, []OpenOption{random, WithInputDims("data", 4, 5, 6, 7), WithBatch(1)}, nil, "batch of 1"},
		{caffe, []OpenOption{random, WithInputDims("date", 4, 5, 6, 7)}, nil, `"data"`},
		{own, []OpenOption{a, b}, []int{2, 4, 5}, ""}, {own, []OpenOption{WithInputDims("a", 2, 5, 4)}, nil, "[2 4 5]"},
		{own, []OpenOption{WithInputDims("c", 2, 5, 4)}, nil, `no input "c"`},
	} {
		g, err := Open(c.path, c.opts...)
		if c.want == nil {
			if !errors.Is(err, runtime.ErrShape) || !strings.Contains(err.Error(), c.says) ||
				!strings.HasPrefix(err.Error(), c.path) {
				t.Errorf("%s: %v, want %q", filepath.Base(c.path), err, c.says)
			}
			if c.opts == nil && (!errors.As(err, &open) || open.Input != "a" || len(open.Dims) != 3) {
				t.Errorf("%v", err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if d, _ := g.Inputs[0].Dims(); !slices.Equal(d, c.want) {
			t.Errorf("%s: %v, want %v", filepath.Base(c.path), d, c.want)
		}
	}
}

// Values of nodes come after the model's own outputs, and these stay what they are.
func TestNodes(t *testing.T) {
	caffe := filepath.Join(t.TempDir(), "net.prototxt")
	if err := os.WriteFile(caffe, []byte(prototxt), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "own"+runtime.Ext)
	onnx := []OpenOption{WithInputDims("a", 1, 2), WithInputDims("b", 2)}
	at := openONNX(t)
	onnx[0] = WithInputDims("a", 1, 1, 2)
	g, err := Open(at, onnx...)
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(own, g); err != nil {
		t.Fatal(err)
	}
	made := g.Nodes[0].Name
	for _, c := range []struct {
		path  string
		opts  []OpenOption
		nodes []string
		want  [][]int // of the outputs; nil is an error
	}{
		{at, onnx, []string{"y"}, [][]int{{1, 1, 2}, {1, 1, 2}}},
		{at, onnx, []string{"first", "z", "a", "y"}, [][]int{{1, 1, 2}, {1, 1, 2}, {1, 1, 2}, {1, 1, 2}, {1, 1, 2}}},
		{at, onnx, []string{"x"}, nil},
		{caffe, []OpenOption{WithRandomWeights(1)}, []string{"relu", "conv"},
			[][]int{{1, 1, 1, 1}, {1, 1, 6, 6}, {1, 1, 6, 6}}},
		{caffe, []OpenOption{WithRandomWeights(1)}, []string{"cnv"}, nil},
		{own, nil, []string{made, made}, [][]int{{1, 1, 2}, {1, 2, 1, 1}, {1, 2, 1, 1}}},
		{own, nil, []string{"nowhere"}, nil},
	} {
		g, err := Open(c.path, append(slices.Clone(c.opts), WithNodes(c.nodes...))...)
		if c.want == nil {
			if !errors.Is(err, runtime.ErrGraph) || !strings.Contains(err.Error(), c.nodes[0]) {
				t.Errorf("%s: %v", filepath.Base(c.path), err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		var got [][]int
		for _, v := range g.Outputs {
			d, _ := v.Dims()
			got = append(got, d)
		}
		if !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: %v, want %v", filepath.Base(c.path), got, c.want)
		}
		if _, err := runtime.Compile(g); err != nil {
			t.Error(err)
		}
	}
}
