package tflite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// reduceRows are the numbers that become each output of a reduction over flagged dimensions, in order.
func reduceRows(dims []int, over []bool, x []float64) [][]float64 {
	var out [][]float64
	at := map[string]int{}
	for i, v := range x {
		where := indices(i, dims...)
		for d := range where {
			if over[d] {
				where[d] = 0
			}
		}
		key := fmt.Sprint(where)
		to, ok := at[key]
		if !ok {
			to = len(out)
			at[key], out = to, append(out, nil)
		}
		out[to] = append(out[to], v)
	}
	return out
}

// reductionOf is what an operation makes of numbers.
func reductionOf(code int, x []float64) float64 {
	want, sum := x[0], 0.
	for i, v := range x {
		sum += v
		switch {
		case code == opReduceMax:
			want = max(want, v)
		case code == opReduceMin:
			want = min(want, v)
		case code == opReduceProd && i > 0:
			want *= v
		}
	}
	switch code {
	case opSum:
		return sum
	case opMean:
		return sum / float64(len(x))
	}
	return want
}

// TestReductions compares each operation, over any axes of up to six, with its definition; int8 as levels, of which
// a sum or a mean may be one away.
func TestReductions(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 200 {
		rank := 1 + r.IntN(6)
		dims, over, left, list := make([]int, rank), make([]bool, rank), []int{}, []int32{}
		keep, n := r.IntN(2) == 0, 1
		for d := range dims {
			dims[d], over[d] = 1+r.IntN(4), r.IntN(2) == 0
			n *= dims[d]
			switch {
			case !over[d]:
				left = append(left, dims[d])
			case keep:
				left = append(left, 1)
			}
			if over[d] {
				list = append(list, int32(d-r.IntN(2)*rank))
			}
		}
		if len(list) == 0 {
			continue
		}
		code := []int{opMean, opSum, opReduceProd, opReduceMax, opReduceMin}[i%5]
		typ := []dtype{typeFloat32, typeInt8}[i/5%2]
		scale, to := float32(0.5), float32(2)
		if code == opReduceMax || code == opReduceMin {
			to = scale
		}
		var f file
		spec := func(name string, scale float32, shape []int) int {
			s := tensorSpec{name: name, shape: shape, dtype: typ}
			if typ == typeInt8 {
				s.scale, s.zero = []float32{scale}, []int64{3}
			}
			return f.tensor(s)
		}
		x := spec("x", scale, dims)
		k := int8(0)
		if keep {
			k = 1
		}
		y := f.op(code, options(opt{0, k}), spec("y", to, left), x,
			f.tensor(tensorSpec{name: "axes", shape: []int{len(list)}, dtype: typeInt32, data: intBytes(list)}))
		f.inputs, f.outputs = []int{x}, []int{y}
		g, err := Load(f.bytes())
		if err != nil {
			t.Fatalf("operation %d of %v over %v: %v", code, dims, list, err)
		}
		in, wide := make([]float32, n), make([]float64, n)
		for j := range in {
			in[j] = float32(r.IntN(9)-4) * scale
			wide[j] = float64(in[j])
		}
		rows := reduceRows(dims, over, wide)
		for j, got := range run(t, g, in) {
			want := reductionOf(code, rows[j])
			allowed := 1e-5 * math.Abs(want)
			if typ == typeInt8 {
				want = min(max(want, -131*float64(to)), 124*float64(to))
				if to != scale {
					allowed = float64(to)
				}
			}
			if math.Abs(float64(got)-want) > allowed {
				t.Fatalf("operation %d of %v over %v, %v: output %d is %v, want %v", code, dims, list, typ, j, got, want)
			}
		}
	}
}
