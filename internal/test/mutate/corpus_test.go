package mutate_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/mutate"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// kind is what a file is given as.
type kind int

const (
	kindGneiss kind = iota
	kindONNX
	kindCaffe
	kindPrototxt
	kindTFLite
	kindNCNN
	kinds
)

func (k kind) String() string {
	return [...]string{"gneiss", "onnx", "caffe", "prototxt", "tflite", "ncnn"}[k]
}

// corpus is good files of each kind, and graphs to make others of.
type corpus struct{ files [kinds][][]byte }

func corpora(t testing.TB) *corpus {
	c := &corpus{}
	for k, dir := range map[kind]string{kindONNX: "onnx/testdata/fuzz/FuzzONNX",
		kindCaffe:    "caffe/testdata/fuzz/FuzzCaffe",
		kindPrototxt: "caffe/testdata/fuzz/FuzzCaffePrototxt", kindTFLite: "tflite/testdata/fuzz/FuzzTFLite",
		kindNCNN: "ncnn/testdata/fuzz/FuzzNCNN"} {
		names, err := filepath.Glob(filepath.Join("../../../models", dir, "*"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no seeds in %s (%v)", dir, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			from, to := bytes.IndexByte(text, '"'), bytes.LastIndexByte(text, '"')
			s, err := strconv.Unquote(string(text[from : to+1]))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c.files[k] = append(c.files[k], []byte(s))
		}
	}
	r := rand.New(rand.NewPCG(4, 4))
	for len(c.files[kindGneiss]) < 100 {
		c.add(grow(r, tight), r)
	}
	return c
}

// add adds files of a graph.
func (c *corpus) add(g *runtime.Graph, r *rand.Rand) {
	c.files[kindGneiss] = append(c.files[kindGneiss], written(g, r))
	var b bytes.Buffer
	if err := onnx.WriteQDQ(&b, g); err == nil {
		c.files[kindONNX] = append(c.files[kindONNX], b.Bytes())
	}
}

// written is a graph's file, in half precision or as it is, with filters packed for a tier or without.
func written(g *runtime.Graph, r *rand.Rand) []byte {
	var b bytes.Buffer
	if r.IntN(4) == 0 {
		if h, err := runtime.ToHalf(g); err == nil { // others are quantised
			g = h
		}
	}
	if r.IntN(2) == 0 {
		g.Card = described(g, r)
	}
	if r.IntN(2) == 0 && runtime.Write(&b, g, runtime.WithPacked(pick(r, arch.Supported()))) == nil {
		return b.Bytes()
	}
	b.Reset()
	if err := runtime.Write(&b, g); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// described is a card that fits a graph.
func described(g *runtime.Graph, r *rand.Rand) []byte {
	in := g.Inputs[0].Shape
	c := card.Card{Task: pick(r, card.Tasks), Labels: []string{"a", "b \u00e4", ""}[:r.IntN(4)], Note: "grown",
		Origin: card.Origin{File: "net.onnx", SHA256: strings.Repeat("0f", 32), Licence: "MIT"},
		Head: &card.Head{Kind: "ssd", Strides: []int{8, 16}, Anchors: [][]card.Anchor{{{Width: 1, Height: 2}}, {{Width: 3,
			Height: 4.5}}}, Variances: []float32{0.1, 0.1, 0.2, 0.2}, Threshold: 0.5, Points: 5}}
	if c.Task == card.Classify {
		c.Labels = nil
	}
	if in.C == 3 || in.C == 1 {
		c.Input = &preprocess.Spec{Width: in.W, Height: in.H, Mode: pick(r, []preprocess.Mode{0, 1, 2}), Pad: 114,
			Mean: [3]float32{1, 2, 3}, Scale: [3]float32{0.5, 0.25, 1e-3}}
		if in.C == 1 {
			c.Input.Order = preprocess.Gray
		}
	}
	data, err := card.Encode(c)
	if err != nil {
		panic(err)
	}
	return data
}

var formats = [kinds]mutate.Format{kindGneiss: mutate.Gneiss, kindONNX: mutate.Proto, kindCaffe: mutate.Proto,
	kindPrototxt: mutate.Prototext, kindTFLite: mutate.Flat, kindNCNN: mutate.Param}

// make makes a file of a kind: one of the corpus, or of a new graph, changed; a few new graphs stay as they are.
func (c *corpus) make(k kind, r *rand.Rand, seed uint64) []byte {
	file := pick(r, c.files[k])
	if k == kindGneiss && r.IntN(8) == 0 {
		if file = written(grow(r, tight), r); r.IntN(2) == 0 {
			return file
		}
	}
	m := mutate.New(seed)
	for range 1 + r.IntN(2) {
		file = m.Mutate(formats[k], file, c.files[k])
	}
	return file
}
