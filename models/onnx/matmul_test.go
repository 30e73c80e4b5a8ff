package onnx

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// matMulOf is NumPy's matmul of x and y, and its dimensions.
func matMulOf(x []float32, dx []int64, y []float32, dy []int64) (out []float64, dims []int64) {
	px, py := slices.Clone(dx), slices.Clone(dy)
	if len(px) == 1 {
		px = []int64{1, px[0]}
	}
	if len(py) == 1 {
		py = []int64{py[0], 1}
	}
	for len(px) < len(py) {
		px = slices.Insert(px, 0, 1)
	}
	for len(py) < len(px) {
		py = slices.Insert(py, 0, 1)
	}
	r := len(px)
	images := int64(1)
	for i := range r - 2 {
		dims = append(dims, max(px[i], py[i]))
		images *= dims[i]
	}
	m, k, n := px[r-2], px[r-1], py[r-1]
	for image := range images {
		at := func(d []int64) (o int64) { // which of its matrices
			left, step := image, int64(1)
			for i := r - 3; i >= 0; i-- {
				if d[i] > 1 {
					o += left % dims[i] * step
				}
				left, step = left/dims[i], step*d[i]
			}
			return o
		}
		a, b := at(px), at(py)
		for i := range m {
			for j := range n {
				sum := 0.
				for l := range k {
					sum += float64(x[(a*m+i)*k+l]) * float64(y[(b*k+l)*n+j])
				}
				out = append(out, sum)
			}
		}
	}
	if len(dx) > 1 {
		dims = append(dims, m)
	}
	if len(dy) > 1 {
		dims = append(dims, n)
	}
	return out, dims
}

// twoInputs is a model of one node with inputs x and k.
func twoInputs(x, k []int64, node wire.Msg) []byte {
	g := wire.Msg{}.Sub(1, node).Str(2, "test").Sub(11, portOf("x", x...)).Sub(11, portOf("k", k...)).
		Sub(12, portOf("y"))
	return wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, g)
}

// TestMatMul: both computed, and a constant on either side, of any ranks and batches.
func TestMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for i, c := range []struct{ x, y []int64 }{
		{[]int64{3, 4}, []int64{4, 5}}, {[]int64{4}, []int64{4, 5}}, {[]int64{3, 4}, []int64{4}}, {[]int64{4}, []int64{4}},
		{[]int64{2, 3, 4}, []int64{4, 5}}, {[]int64{2, 3, 4}, []int64{2, 4, 5}}, {[]int64{3, 4}, []int64{2, 4, 5}},
		{[]int64{2, 3, 3, 4}, []int64{2, 3, 4, 2}}, {[]int64{2, 1, 3, 4}, []int64{1, 3, 4, 2}},
		{[]int64{1, 3, 3, 4}, []int64{3, 4, 2}}, {[]int64{2, 3, 3, 4}, []int64{1, 1, 4, 2}},
		{[]int64{2, 1, 3, 4}, []int64{2, 3, 4, 2}},
		{[]int64{1, 1, 3, 4}, []int64{2, 3, 4, 2}}, {[]int64{4}, []int64{2, 4, 5}}, {[]int64{2, 3, 3, 4}, []int64{4}},
		{[]int64{2, 3, 3, 4}, []int64{4, 5}}, {[]int64{3, 4}, []int64{2, 3, 4, 5}},
	} {
		numbers := func(d []int64) []float32 {
			n := int64(1)
			for _, v := range d {
				n *= v
			}
			out := make([]float32, n)
			for i := range out {
				out[i] = float32(r.IntN(9) - 4)
			}
			return out
		}
		x, y := numbers(c.x), numbers(c.y)
		want, dims := matMulOf(x, c.x, y, c.y)
		for how, m := range map[string][]byte{
			"constant second": modelOf(13, c.x, []wire.Msg{floats("k", c.y, y...)}, nodeOf("MatMul", "x k", "y")),
			"constant first":  modelOf(13, c.y, []wire.Msg{floats("k", c.x, x...)}, nodeOf("MatMul", "k x", "y")),
			"computed":        twoInputs(c.x, c.y, nodeOf("MatMul", "x k", "y")),
		} {
			g, err := Load(m)
			if unsupported(err) && how != "computed" && i == 11 { // a batch of the activation that is repeated in part
				continue
			}
			if err != nil {
				t.Errorf("%s, %v and %v: %v", how, c.x, c.y, err)
				continue
			}
			have, _ := g.Outputs[0].Dims()
			for j := range have {
				if len(have) != len(dims) || int64(have[j]) != dims[j] {
					t.Fatalf("%s, %v and %v: dimensions %v, want %v", how, c.x, c.y, have, dims)
				}
			}
			for way, run := range runs {
				all := [][]float32{x, y}
				if how == "constant first" {
					all = all[1:]
				}
				var in [][]float32
				for i, v := range g.Inputs {
					in = append(in, ordered(v, all[i]))
				}
				got, err := run(g, in...)
				if err != nil {
					t.Fatal(err)
				}
				for j, v := range written(g.Outputs[0], got[0]) {
					if math.Abs(float64(v)-want[j]) > 1e-4 {
						t.Fatalf("%s, %s, %v and %v: %d is %v, want %v", how, way, c.x, c.y, j, v, want[j])
					}
				}
			}
		}
	}
}
