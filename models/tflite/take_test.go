package tflite

import (
	"errors"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// list is a constant of int32 in the file.
func (f *file) list(shape []int, v ...int32) int {
	return f.tensor(tensorSpec{name: "list", shape: shape, dtype: typeInt32, data: intBytes(v)})
}

func (f *file) row(v ...int32) int { return f.list([]int{len(v)}, v...) }

// takeCases are operations over x = 1, 2, 3 … of some dimensions, and what TensorFlow makes of it.
var takeCases = []struct {
	name string
	dims []int
	add  func(f *file, x int) int
	want []float32
}{
	{"slice", []int{1, 3, 2}, func(f *file, x int) int {
		return f.op(opSlice, nil, f.outOf("y", 1, 2, 1), x, f.row(0, 1, 1), f.row(1, -1, 1))
	}, []float32{4, 6}},
	{"strided slice, backwards", []int{1, 5}, func(f *file, x int) int {
		return f.op(opStridedSlice, options(opt{0, int32(2)}, opt{1, int32(2)}), f.outOf("y", 1, 3), x,
			f.row(0, 0), f.row(1, 0),
			f.row(1, -2))
	}, []float32{5, 3, 1}},
	{"strided slice, one index and a new axis", []int{2, 3}, func(f *file, x int) int {
		return f.op(opStridedSlice, options(opt{3, int32(1)}, opt{4, int32(2)}), f.outOf("y", 1, 2), x, f.row(0, -1, 1),
			f.row(0, 0, 3), f.row(1, 1, 1))
	}, []float32{5, 6}},
	{"strided slice, an ellipsis", []int{2, 2, 3}, func(f *file, x int) int {
		return f.op(opStridedSlice, options(opt{2, int32(1)}, opt{4, int32(2)}), f.outOf("y", 2, 2), x,
			f.row(0, 1), f.row(0, 2),
			f.row(1, 1))
	}, []float32{2, 5, 8, 11}},
	{"strided slice, of the first dimension only", []int{2, 3}, func(f *file, x int) int {
		return f.op(opStridedSlice, options(), f.outOf("y", 1, 3), x, f.row(1), f.row(9), f.row(1))
	}, []float32{4, 5, 6}},
	{"strided slice, its end an offset", []int{1, 5}, func(f *file, x int) int {
		return f.op(opStridedSlice, options(opt{5, int8(1)}), f.outOf("y", 1, 2), x, f.row(0, 2), f.row(1,
			2), f.row(1, 1))
	}, []float32{3, 4}},
	{"split", []int{1, 4, 1}, func(f *file, x int) int {
		a, b := f.outOf("a", 1, 2, 1), f.outOf("b", 1, 2, 1)
		f.ops = append(f.ops, opSpec{code: opSplit, inputs: []int{f.list([]int{}, 1), x}, outputs: []int{a, b}})
		return f.op(opConcatenation, options(opt{0, int32(1)}), f.outOf("y", 1, 4, 1), b, a)
	}, []float32{3, 4, 1, 2}},
	{"split by sizes, the rest open", []int{1, 5}, func(f *file, x int) int {
		a, b := f.outOf("a", 1, 2), f.outOf("b", 1, 3)
		f.ops = append(f.ops, opSpec{code: opSplitV, inputs: []int{x, f.row(2, -1), f.list([]int{}, -1)},
			outputs: []int{a, b}})
		return f.op(opConcatenation, options(opt{0, int32(1)}), f.outOf("y", 1, 5), b, a)
	}, []float32{3, 4, 5, 1, 2}},
	{"unpack and pack", []int{2, 3}, func(f *file, x int) int {
		a, b := f.outOf("a", 3), f.outOf("b", 3)
		f.ops = append(f.ops, opSpec{code: opUnpack, inputs: []int{x}, outputs: []int{a, b}})
		return f.op(opPack, options(opt{1, int32(1)}), f.outOf("y", 3, 2), b, a)
	}, []float32{4, 1, 5, 2, 6, 3}},
	{"pack with a constant", []int{2}, func(f *file, x int) int {
		return f.op(opPack, options(), f.outOf("y", 2, 2), f.floats("k", []float32{7, 8}, 2), x)
	}, []float32{7, 8, 1, 2}},
	{"concatenation with a constant", []int{1, 2, 1}, func(f *file, x int) int {
		return f.op(opConcatenation, options(opt{0, int32(2)}), f.outOf("y", 1, 2, 2), x, f.floats("k",
			[]float32{7, 8}, 1, 2, 1))
	}, []float32{1, 7, 2, 8}},
	{"gather", []int{1, 3}, func(f *file, x int) int {
		return f.op(opGather, options(opt{0, int32(-1)}), f.outOf("y", 1, 2, 2), x, f.list([]int{2, 2}, 2, 0, 1, 1))
	}, []float32{3, 1, 2, 2}},
	{"gather along the first", []int{3, 2}, func(f *file, x int) int {
		return f.op(opGather, options(), f.outOf("y", 2), x, f.list([]int{}, 2))
	}, []float32{5, 6}},
	{"gather nd", []int{2, 2, 2}, func(f *file, x int) int {
		return f.op(opGatherND, nil, f.outOf("y", 2, 2), x, f.list([]int{2, 2}, 1, 0, 0, 1))
	}, []float32{5, 6, 3, 4}},
	{"tile", []int{1, 2}, func(f *file, x int) int {
		return f.op(opTile, nil, f.outOf("y", 2, 4), x, f.row(2, 2))
	}, []float32{1, 2, 1, 2, 1, 2, 1, 2}},
	{"broadcast", []int{2, 1}, func(f *file, x int) int {
		return f.op(opBroadcastTo, nil, f.outOf("y", 2, 2, 2), x, f.row(2, 2, 2))
	}, []float32{1, 1, 2, 2, 1, 1, 2, 2}},
	{"expand dims", []int{2}, func(f *file, x int) int {
		return f.op(opExpandDims, nil, f.outOf("y", 1, 2), x, f.list([]int{}, 0))
	}, []float32{1, 2}},
	{"reverse", []int{1, 2, 2}, func(f *file, x int) int {
		return f.op(opReverse, nil, f.outOf("y", 1, 2, 2), x, f.row(2, -2))
	}, []float32{4, 3, 2, 1}},
	{"pad of channels", []int{1, 2}, func(f *file, x int) int {
		return f.op(opPad, nil, f.outOf("y", 1, 4), x, f.list([]int{2, 2}, 0, 0, 1, 1))
	}, []float32{0, 1, 2, 0}},
	{"pad with a number", []int{1, 2}, func(f *file, x int) int {
		return f.op(opPadV2, nil, f.outOf("y", 2, 3), x, f.list([]int{2, 2}, 1, 0, 0, 1), f.floats("v",
			[]float32{9}, 1))
	}, []float32{9, 9, 9, 1, 2, 9}},
	{"mirror", []int{1, 3}, func(f *file, x int) int {
		return f.op(opMirrorPad, options(), f.outOf("y", 1, 7), x, f.list([]int{2, 2}, 0, 0, 2, 2))
	}, []float32{3, 2, 1, 2, 3, 2, 1}},
	{"mirror behind the edge", []int{1, 2}, func(f *file, x int) int {
		return f.op(opMirrorPad, options(opt{0, int8(1)}), f.outOf("y", 1, 6), x, f.list([]int{2, 2}, 0, 0, 2, 2))
	}, []float32{2, 1, 1, 2, 2, 1}},
	{"space to batch", []int{1, 2, 3, 1}, func(f *file, x int) int {
		return f.op(opSpaceToBatch, nil, f.outOf("y", 4, 1, 2, 1), x, f.row(2, 2), f.list([]int{2, 2}, 0, 0, 1, 0))
	}, []float32{0, 2, 1, 3, 0, 5, 4, 6}},
	{"batch to space", []int{4, 1, 2, 1}, func(f *file, x int) int {
		return f.op(opBatchToSpace, nil, f.outOf("y", 1, 2, 3, 1), x, f.row(2, 2), f.list([]int{2, 2}, 0, 0, 1, 0))
	}, []float32{3, 2, 4, 7, 6, 8}},
	{"transposition of six dimensions", []int{1, 2, 1, 2, 1, 2}, func(f *file, x int) int {
		return f.op(opTranspose, nil, f.outOf("y", 2, 1, 2, 1, 2, 1), x, f.row(5, 4, 3, 2, 1, 0))
	}, []float32{1, 5, 3, 7, 2, 6, 4, 8}},
}

func TestTake(t *testing.T) {
	for _, c := range takeCases {
		t.Run(c.name, func(t *testing.T) {
			var f file
			x := f.outOf("x", c.dims...)
			f.inputs, f.outputs = []int{x}, []int{c.add(&f, x)}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			in := make([]float32, g.Inputs[0].Shape.Elements())
			for i := range in {
				in[i] = float32(i + 1)
			}
			if got := run(t, g, in); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// TestTakeRefuses: indices, sizes and masks that do not fit.
func TestTakeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		add  func(f *file, x int) int
		want error
	}{
		"slice beyond": {func(f *file, x int) int {
			return f.op(opSlice, nil, f.outOf("y", 1, 2), x, f.row(0, 2), f.row(1, 2))
		}, runtime.ErrShape},
		"slice from before": {func(f *file, x int) int {
			return f.op(opSlice, nil, f.outOf("y", 1, 2), x, f.row(0, -1), f.row(1, 2))
		}, runtime.ErrShape},
		"no stride": {func(f *file, x int) int {
			return f.op(opStridedSlice, options(), f.outOf("y", 1, 2), x, f.row(0, 0), f.row(1, 2), f.row(1, 0))
		}, runtime.ErrShape},
		"nothing left": {func(f *file, x int) int {
			return f.op(opStridedSlice, options(), f.outOf("y", 1, 2), x, f.row(0, 2), f.row(1, 2), f.row(1, 1))
		}, runtime.ErrShape},
		"two ellipses": {func(f *file, x int) int {
			return f.op(opStridedSlice, options(opt{2, int32(3)}), f.outOf("y", 1, 3), x, f.row(0, 0),
				f.row(1, 2), f.row(1, 1))
		}, runtime.ErrGraph},
		"entries too many": {func(f *file, x int) int {
			return f.op(opStridedSlice, options(), f.outOf("y", 1, 3), x, f.row(0, 0, 0), f.row(1, 3, 1),
				f.row(1, 1, 1))
		}, runtime.ErrShape},
		"gather beyond": {func(f *file, x int) int {
			return f.op(opGather, options(opt{0, int32(1)}), f.outOf("y", 1, 1), x, f.row(3))
		}, runtime.ErrShape},
		"gather below": {func(f *file, x int) int {
			return f.op(opGather, options(opt{0, int32(1)}), f.outOf("y", 1, 1), x, f.row(-1))
		}, runtime.ErrShape},
		"gather in batches": {func(f *file, x int) int {
			return f.op(opGather, options(opt{0, int32(1)}, opt{1, int32(1)}), f.outOf("y", 1, 1), x, f.row(0))
		}, runtime.ErrGraph},
		"gather nd beyond": {func(f *file, x int) int {
			return f.op(opGatherND, nil, f.outOf("y", 1), x, f.list([]int{1, 2}, 0, 3))
		}, runtime.ErrShape},
		"a negative pad": {func(f *file, x int) int {
			return f.op(opPad, nil, f.outOf("y", 1, 2), x, f.list([]int{2, 2}, 0, 0, -1, 0))
		}, runtime.ErrShape},
		"a mirror too small": {func(f *file, x int) int {
			return f.op(opMirrorPad, options(), f.outOf("y", 1, 6), x, f.list([]int{2, 2}, 0, 0, 3, 0))
		}, runtime.ErrShape},
		"another output": {func(f *file, x int) int {
			return f.op(opTile, nil, f.outOf("y", 1, 3), x, f.row(1, 2))
		}, runtime.ErrShape},
	} {
		var f file
		x := f.outOf("x", 1, 3)
		f.inputs, f.outputs = []int{x}, []int{c.add(&f, x)}
		if _, err := Load(f.bytes()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestDilation: a convolution between space and batch is the dilated one that it was; where it is none, it is computed
// as it stands, to the same result.
func TestDilation(t *testing.T) {
	build := func(stretched bool) []byte {
		var f file
		x := f.outOf("x", 1, 5, 6, 1)
		w := f.floats("w", []float32{1, 2, 3, 4}, 1, 2, 2, 1)
		b := f.floats("b", []float32{0.5}, 1)
		s := f.op(opSpaceToBatch, nil, f.outOf("s", 4, 3, 4, 1), x, f.row(2, 2), f.list([]int{2, 2}, 1, 0, 1, 1))
		c := f.op(opConv2D, options(opt{0, int8(1)}, opt{1, int32(1)}, opt{2, int32(1)}), f.outOf("c", 4,
			2, 3, 1), s, w, b)
		y := f.op(opBatchToSpace, nil, f.outOf("y", 1, 4, 5, 1), c, f.row(2, 2), f.list([]int{2, 2}, 0, 0, 0, 1))
		f.inputs, f.outputs = []int{x}, []int{y}
		if stretched { // somebody else reads what is between
			f.outputs = append(f.outputs, c)
		}
		return f.bytes()
	}
	var want []float32
	in := make([]float32, 30)
	for i := range in {
		in[i] = float32(i*i%17) - 4
	}
	at := func(y, x int) float32 {
		if y < 0 || x < 0 || y > 4 || x > 5 {
			return 0
		}
		return in[y*6+x]
	}
	for y := range 4 {
		for x := range 5 {
			want = append(want, 0.5+at(y-1, x-1)+2*at(y-1, x+1)+3*at(y+1, x-1)+4*at(y+1, x+1))
		}
	}
	for _, stretched := range []bool{false, true} {
		g, err := Load(build(stretched))
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, g, in); !slices.Equal(got, want) {
			t.Errorf("read elsewhere %v: %v, want %v", stretched, got, want)
		}
		if dilated := len(g.Nodes) == 1; dilated == stretched {
			t.Errorf("read elsewhere %v: %d nodes", stretched, len(g.Nodes))
		}
	}
}

// TestResizeBilinear: float and int8, by each rule; half way between two levels is the upper one.
func TestResizeBilinear(t *testing.T) {
	build := func(typ dtype, corners, half int8) []byte {
		var f file
		spec := func(name string, w int) tensorSpec {
			s := tensorSpec{name: name, shape: []int{1, 1, w, 1}, dtype: typ}
			if typ == typeInt8 {
				s.scale, s.zero = []float32{1}, []int64{3}
			}
			return s
		}
		x := f.tensor(spec("x", 2))
		y := f.op(opResizeBilinear, options(opt{2, corners}, opt{3, half}), f.tensor(spec("y", 4)), x, f.row(1, 4))
		f.inputs, f.outputs = []int{x}, []int{y}
		return f.bytes()
	}
	for _, c := range []struct {
		corners, half int8
		in            []float32
		want, int8s   []float32
	}{
		{0, 0, []float32{-2, 1}, []float32{-2, -.5, 1, 1}, []float32{-2, 0, 1, 1}},
		{0, 1, []float32{-2, 2}, []float32{-2, -1, 1, 2}, []float32{-2, -1, 1, 2}},
		{1, 0, []float32{-3, 3}, []float32{-3, -1, 1, 3}, []float32{-3, -1, 1, 3}},
	} {
		for typ, want := range map[dtype][]float32{typeFloat32: c.want, typeInt8: c.int8s} {
			g, err := Load(build(typ, c.corners, c.half))
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, g, c.in)
			for i := range got {
				if d := got[i] - want[i]; d > 1e-6 || d < -1e-6 {
					t.Errorf("%v, corners %d, half %d: %v, want %v", typ, c.corners, c.half, got, want)
				}
			}
		}
	}
}
