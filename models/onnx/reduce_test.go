package onnx

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestReductions: any axes of what lies channels last, by a ReLU before, and with or without the ones.
func TestReductions(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 120 {
		op := []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2"}[i%4]
		rank := 2 + r.IntN(3)
		dims, over := make([]int64, rank), make([]bool, rank)
		var as, left []int64
		n, cells, keep := 1, 1, r.IntN(2)
		for d := range dims {
			dims[d], over[d] = int64(1+r.IntN(4)), r.IntN(2) == 0
			n *= int(dims[d])
			switch {
			case over[d]:
				as, cells = append(as, int64(d)), cells*int(dims[d])
				if keep == 1 {
					left = append(left, 1)
				}
			default:
				left = append(left, dims[d])
			}
		}
		if len(as) == 0 {
			continue
		}
		nodes, inits := []wire.Msg{nodeOf("Relu", "x", "p")}, []wire.Msg{int64s("a", []int64{int64(len(as))}, as...)}
		g, err := Load(modelOf(18, dims, inits, append(nodes, nodeOf(op, "p a", "y", attrInt("keepdims", int64(keep))))...))
		if err != nil {
			t.Fatalf("%s of %v over %v: %v", op, dims, as, err)
		}
		var have []int64
		d, _ := g.Outputs[0].Dims()
		for _, v := range d {
			have = append(have, int64(v))
		}
		if !slices.Equal(have, left) {
			t.Fatalf("%s of %v over %v has dimensions %v, want %v", op, dims, as, have, left)
		}
		x := make([]float32, n)
		want := map[int]float64{}
		for j := range x {
			x[j] = float32(r.IntN(9) - 3)
			at, to := j, 0
			where := make([]int, rank)
			for d := rank - 1; d >= 0; d-- {
				where[d], at = at%int(dims[d]), at/int(dims[d])
			}
			for d := range where {
				if !over[d] {
					to = to*int(dims[d]) + where[d]
				}
			}
			v := max(float64(x[j]), 0)
			switch op {
			case "ReduceSum":
				want[to] += v
			case "ReduceMean":
				want[to] += v / float64(cells)
			case "ReduceMax":
				want[to] = max(want[to], v)
			case "ReduceL2":
				want[to] = math.Sqrt(want[to]*want[to] + v*v)
			}
		}
		for how, run := range runs {
			got, err := run(g, ordered(g.Inputs[0], x))
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range written(g.Outputs[0], got[0]) {
				if math.Abs(float64(v)-want[j]) > 1e-5*want[j] {
					t.Fatalf("%s, %s of %v over %v: %d is %v, want %v", how, op, dims, as, j, v, want[j])
				}
			}
		}
	}
}

// ordered brings elements in the model's order into that of a value's memory.
func ordered(v *runtime.Value, x []float32) []float32 {
	if _, l := v.Dims(); l == runtime.ChannelsLast {
		return interp.ToNHWC(v.Shape, x)
	}
	return x
}

// written is the inverse of ordered.
func written(v *runtime.Value, x []float32) []float32 {
	if _, l := v.Dims(); l == runtime.ChannelsLast {
		return interp.ToNCHW(v.Shape, x)
	}
	return x
}
