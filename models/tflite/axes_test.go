package tflite

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// soft is softmax over rows of n, as defined.
func soft(in []float32, n int) []float32 {
	out := make([]float32, len(in))
	for r := 0; r < len(in); r += n {
		sum := 0.0
		for _, v := range in[r : r+n] {
			sum += math.Exp(float64(v))
		}
		for i, v := range in[r : r+n] {
			out[r+i] = float32(math.Exp(float64(v)) / sum)
		}
	}
	return out
}

// outOf appends a float tensor of that shape.
func (f *file) outOf(name string, shape ...int) int {
	return f.tensor(tensorSpec{name: name, shape: shape})
}

func (f *file) floats(name string, v []float32, shape ...int) int {
	return f.tensor(tensorSpec{name: name, shape: shape, data: floatBytes(v)})
}

// axesCase is an operation and its definition.
type axesCase struct {
	name  string
	in    []int
	build func(f *file, x int) int
	want  func(in []float32) []float32
}

// indices is the index i as one for each dimension.
func indices(i int, dims ...int) []int {
	ix := make([]int, len(dims))
	for j := len(dims) - 1; j >= 0; j-- {
		ix[j], i = i%dims[j], i/dims[j]
	}
	return ix
}

// each maps the elements.
func each(in []float32, f func(i int, v float32) float32) []float32 {
	out := make([]float32, len(in))
	for i, v := range in {
		out[i] = f(i, v)
	}
	return out
}

// shapeCases are of reshapes, joins and what works along rows.
func shapeCases() []axesCase {
	one := options(opt{0, float32(1)})
	return []axesCase{
		{"softmax over what was flattened", []int{1, 4, 4, 10}, func(f *file, x int) int {
			return f.op(opSoftmax, one, f.outOf("y", 1, 160), f.op(opReshape, nil, f.outOf("flat", 1, 160), x))
		}, func(in []float32) []float32 { return soft(in, 160) }},
		{"softmax over boxes", []int{1, 4, 6, 4}, func(f *file, x int) int {
			return f.op(opSoftmax, one, f.outOf("y", 1, 48, 2), f.op(opReshape, nil, f.outOf("boxes", 1, 48, 2), x))
		}, func(in []float32) []float32 { return soft(in, 2) }},
		{"reshape in rows that no channel ends with", []int{1, 4, 6, 4}, func(f *file, x int) int {
			return f.op(opSoftmax, one, f.outOf("y", 2, 3, 16), f.op(opReshape, nil, f.outOf("other", 2, 3, 16), x))
		}, func(in []float32) []float32 { return soft(in, 16) }},
		{"two flattened are joined one after the other", []int{1, 4, 4, 10}, func(f *file, x int) int {
			a, b := f.op(opReshape, nil, f.outOf("a", 1, 160), x), f.op(opReshape, nil, f.outOf("b", 1, 160), x)
			return f.op(opConcatenation, options(opt{0, int32(1)}), f.outOf("y", 1, 320), a, b)
		}, func(in []float32) []float32 { return slices.Concat(in, in) }},
		{"joined along rows", []int{1, 2, 3, 2}, func(f *file, x int) int {
			return f.op(opConcatenation, options(opt{0, int32(-3)}), f.outOf("y", 1, 4, 3, 2), x, x)
		}, func(in []float32) []float32 { return slices.Concat(in, in) }},
		{"joined along columns", []int{1, 2, 3, 2}, func(f *file, x int) int {
			return f.op(opConcatenation, options(opt{0, int32(2)}), f.outOf("y", 1, 2, 6, 2), x, x)
		}, func(in []float32) []float32 { return slices.Concat(in[:6], in[:6], in[6:], in[6:]) }},
	}
}

// elementCases are of constants broadcast, and of elements in another order.
func elementCases(r *rand.Rand) []axesCase {
	row, whole := random(r, 4, 1), random(r, 4*4*3, 1)
	return []axesCase{
		{"a constant for each row", []int{1, 4, 4, 4}, func(f *file, x int) int {
			return f.op(opAdd, options(), f.outOf("y", 1, 4, 4, 4), x, f.floats("row", row, 1, 4, 1, 1))
		}, func(in []float32) []float32 {
			return each(in, func(i int, v float32) float32 { return v + row[indices(i, 4, 4, 4)[0]] })
		}},
		{"a constant for each column, multiplied", []int{2, 4, 4, 4}, func(f *file, x int) int {
			return f.op(opMul, options(), f.outOf("y", 2, 4, 4, 4), f.floats("row", row, 4, 1), x)
		}, func(in []float32) []float32 {
			return each(in, func(i int, v float32) float32 { return v * row[indices(i, 2, 4, 4, 4)[2]] })
		}},
		{"a constant for each element, less the value", []int{2, 4, 4, 3}, func(f *file, x int) int {
			return f.op(opSub, options(), f.outOf("y", 2, 4, 4, 3), f.floats("whole", whole, 4, 4, 3), x)
		}, func(in []float32) []float32 {
			return each(in, func(i int, v float32) float32 { return whole[i%48] - v })
		}},
		{"a value added to a row of it", []int{1, 3, 5, 2}, func(f *file, x int) int {
			mean := f.op(opMean, nil, f.outOf("mean", 1, 2), x,
				f.tensor(tensorSpec{name: "over", shape: []int{2}, dtype: typeInt32, data: intBytes([]int32{1, -2})}))
			return f.op(opSub, options(), f.outOf("y", 1, 3, 5, 2), x, mean)
		}, func(in []float32) []float32 {
			var sum [2]float32
			for i, v := range in {
				sum[i%2] += v / 15
			}
			return each(in, func(i int, v float32) float32 { return v - sum[i%2] })
		}},
		{"transposed, five dimensions", []int{1, 2, 3, 4, 5}, func(f *file, x int) int {
			perm := f.tensor(tensorSpec{name: "perm", shape: []int{5}, dtype: typeInt32, data: intBytes([]int32{0, 4, 2, 1, 3})})
			return f.op(opTranspose, nil, f.outOf("y", 1, 5, 3, 2, 4), x, perm)
		}, func(in []float32) []float32 {
			return each(in, func(i int, _ float32) float32 {
				o := indices(i, 5, 3, 2, 4)
				return in[((o[2]*3+o[1])*4+o[3])*5+o[0]]
			})
		}},
		{"a vector and a constant vector", []int{4}, func(f *file, x int) int {
			return f.op(opAdd, options(opt{0, int8(1)}), f.outOf("y", 4), x, f.floats("row", row, 4))
		}, func(in []float32) []float32 {
			return each(in, func(i int, v float32) float32 { return max(v+row[i], 0) })
		}},
	}
}

// An operation works along the axes that the file gives its values, not along those of memory, whatever made them.
func TestAxes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, tc := range append(shapeCases(), elementCases(r)...) {
		t.Run(tc.name, func(t *testing.T) {
			var f file
			x := f.outOf("x", tc.in...)
			f.inputs = []int{x}
			f.outputs = []int{tc.build(&f, x)}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			n := 1
			for _, d := range tc.in {
				n *= d
			}
			in := random(r, n, 1)
			got, want := run(t, g, in), tc.want(in)
			if len(got) != len(want) {
				t.Fatalf("%d elements, want %d", len(got), len(want))
			}
			for i := range want {
				if math.Abs(float64(got[i]-want[i])) > 1e-5 {
					t.Fatalf("element %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

// What cannot be computed along the axes that the file means is refused, and so is an option that is not known.
func TestRefusesForms(t *testing.T) {
	for name, build := range map[string]func(f *file, x int) int{
		"a constant that does not fit": func(f *file, x int) int {
			return f.op(opAdd, options(), f.outOf("y", 1, 4, 4, 4), x, f.floats("two", make([]float32, 2), 2, 1))
		},
		"an option that is not known": func(f *file, x int) int {
			return f.op(opSoftmax, options(opt{0, float32(1)}, opt{3, int32(2)}), f.outOf("y", 1, 4, 4, 4), x)
		},
		"another shape than is computed": func(f *file, x int) int {
			return f.op(opSoftmax, options(opt{0, float32(1)}), f.outOf("y", 1, 4, 16), x)
		},
		"a convolution of a list": func(f *file, x int) int {
			flat := f.op(opReshape, nil, f.outOf("flat", 16, 4), x)
			return f.op(opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}), f.outOf("y", 16, 4), flat,
				f.floats("w", make([]float32, 16), 4, 1, 1, 4))
		},
	} {
		var f file
		x := f.outOf("x", 1, 4, 4, 4)
		f.inputs = []int{x}
		f.outputs = []int{build(&f, x)}
		var ne *runtime.NodeError
		if _, err := Load(f.bytes()); !errors.As(err, &ne) || ne.Node != "y" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
