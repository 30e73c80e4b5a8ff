package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// TestNormalisations compares with the operators' definitions, where the ONNX project has no case of its own.
func TestNormalisations(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	x := make([]float32, 2*4*3*2)
	for i := range x {
		x[i] = r.Float32()*4 - 2
	}
	two, four := []float32{0.5, 2}, []float32{1, 2, 3, 4}
	shift := []float32{0, 0.5, -1, 4}
	// normal is (x − mean)/√(variance + ε) over n numbers from at on, every step-th.
	type set struct{ at, step, n int }
	mean := func(s set, f func(float64) float64) (m float64) {
		for i := range s.n {
			m += f(float64(x[s.at+i*s.step])) / float64(s.n)
		}
		return m
	}
	standard := func(i int, s set) float64 {
		m := mean(s, func(v float64) float64 { return v })
		v := mean(s, func(v float64) float64 { return (v - m) * (v - m) })
		return (float64(x[i]) - m) / math.Sqrt(v+1e-5)
	}
	for name, c := range map[string]struct {
		opset int64
		inits []wire.Msg
		node  wire.Msg
		want  func(i int) float64
	}{
		"groups": {21, []wire.Msg{floats("s", []int64{4}, four...), floats("b", []int64{4}, shift...)},
			nodeOf("GroupNormalization", "x s b", "y", attrInt("num_groups", 2)), func(i int) float64 {
				return standard(i, set{i / 12 * 12, 1, 12})*float64(four[i/6%4]) + float64(shift[i/6%4])
			}},
		"groups of old": {18, []wire.Msg{floats("s", []int64{2}, two...), floats("b", []int64{2}, shift[1:3]...)},
			nodeOf("GroupNormalization", "x s b", "y", attrInt("num_groups", 2)), func(i int) float64 {
				return standard(i, set{i / 12 * 12, 1, 12})*float64(two[i/12%2]) + float64(shift[1+i/12%2])
			}},
		"a layer without shift": {17, []wire.Msg{floats("s", []int64{2}, two...)},
			nodeOf("LayerNormalization", "x s", "y"), func(i int) float64 {
				return standard(i, set{i / 2 * 2, 1, 2}) * float64(two[i%2])
			}},
		"norm of channels": {13, nil, nodeOf("LpNormalization", "x", "y", attrInt("axis", 1)), func(i int) float64 {
			return float64(x[i]) / math.Sqrt(4*mean(set{i/24*24 + i%6, 6, 4}, func(v float64) float64 { return v * v }))
		}},
		"sum of rows": {13, nil, nodeOf("LpNormalization", "x", "y", attrInt("p", 1)), func(i int) float64 {
			return float64(x[i]) / (2 * mean(set{i / 2 * 2, 1, 2}, math.Abs))
		}},
	} {
		g, err := Load(modelOf(c.opset, []int64{2, 4, 3, 2}, c.inits, c.node))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for how, run := range runs {
			got, err := run(g, ordered(g.Inputs[0], x))
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range written(g.Outputs[0], got[0]) {
				if want := c.want(i); math.Abs(float64(v)-want) > 1e-4 {
					t.Fatalf("%s, %s: element %d is %v, want %v", name, how, i, v, want)
				}
			}
		}
	}
}
