package tflite

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// chain is a file of one float input x, 2×3, whose operations are added one by one.
func chain() (*file, int) {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{2, 3}, dtype: typeFloat32})
	f.inputs = []int{x}
	return &f, x
}

func (f *file) whole(name string, t dtype, shape []int, v ...int32) int {
	data := intBytes(v)
	if t == typeInt64 {
		data = nil
		for _, w := range v {
			data = binary.LittleEndian.AppendUint64(data, uint64(int64(w)))
		}
	}
	return f.tensor(tensorSpec{name: name, shape: shape, dtype: t, data: data})
}

func (f *file) value(name string, t dtype, shape ...int) int {
	return f.tensor(tensorSpec{name: name, shape: shape, dtype: t})
}

func TestWholeNumbers(t *testing.T) {
	in := []float32{3, -1.5, 7.9, 0, 7.9, -8}
	number := func(f *file, name string, v float32) int {
		return f.tensor(tensorSpec{name: name, shape: []int{}, dtype: typeFloat32, data: floatBytes([]float32{v})})
	}
	for name, c := range map[string]struct {
		build func(f *file, x int) int
		elem  runtime.Elem
		want  []float32
	}{
		"cast": {func(f *file, x int) int { return f.op(opCast, nil, f.value("y", typeInt64, 2, 3), x) },
			runtime.ElemInt64, []float32{3, -1, 7, 0, 7, -8}},
		"cast to uint8": {func(f *file, x int) int { return f.op(opCast, nil, f.value("y", typeUint8, 2, 3), x) },
			runtime.ElemUint8, []float32{3, 0, 7, 0, 7, 0}},
		"best": {func(f *file, x int) int {
			return f.op(opArgMax, nil, f.value("y", typeInt32, 2), x, f.whole("axis", typeInt32, []int{1}, -1))
		}, runtime.ElemSame, []float32{2, 1}},
		"least, by columns": {func(f *file, x int) int {
			return f.op(opArgMin, nil, f.value("y", typeInt64, 3), x, f.whole("axis", typeInt32, []int{}, 0))
		}, runtime.ElemInt64, []float32{1, 0, 1}},
		"compared": {func(f *file, x int) int {
			less := f.op(opLess, nil, f.value("less", typeBool, 2, 3), x, number(f, "two", 2))
			not := f.op(opLogicalNot, nil, f.value("not", typeBool, 2, 3), less)
			even := f.op(opEqual, nil, f.value("even", typeBool, 2, 3), x, number(f, "zero", 0))
			return f.op(opLogicalOr, nil, f.value("y", typeBool, 2, 3), not, even)
		}, runtime.ElemBool, []float32{1, 0, 1, 1, 1, 0}},
		"selected": {func(f *file, x int) int {
			is := f.op(opGreaterEqual, nil, f.value("is", typeBool, 2, 3), x, number(f, "zero", 0))
			return f.op(opSelectV2, nil, f.value("y", typeFloat32, 2, 3), is, x, number(f, "nine", 9))
		}, runtime.ElemSame, []float32{3, 9, 7.9, 0, 7.9, 9}},
		"floor": {func(f *file, x int) int {
			i := f.op(opCast, nil, f.value("i", typeInt32, 2, 3), x)
			q := f.op(90, nil, f.value("q", typeInt32, 2, 3), i, f.whole("two", typeInt32, []int{}, 2))
			r := f.op(95, nil, f.value("r", typeInt32, 2, 3), i, f.whole("three", typeInt32, []int{}, 3))
			s := f.op(18, options(), f.value("s", typeInt32, 2, 3), q, f.whole("ten", typeInt32, []int{}, 10))
			return f.op(0, options(), f.value("y", typeInt32, 2, 3), s, r)
		}, runtime.ElemSame, []float32{10, -8, 31, 0, 31, -39}},
		"gathered": {func(f *file, x int) int {
			at := f.op(opArgMax, nil, f.value("at", typeInt64, 2), x, f.whole("axis", typeInt32, []int{1}, 1))
			return f.op(opGather, options(opt{0, int32(1)}), f.value("y", typeFloat32, 2, 2), x, at)
		}, runtime.ElemSame, []float32{7.9, -1.5, -8, 7.9}},
		"one hot": {func(f *file, x int) int {
			at := f.op(opArgMax, nil, f.value("at", typeInt64, 2), x, f.whole("axis", typeInt32, []int{1}, 1))
			return f.op(opOneHot, options(opt{0, int32(-1)}), f.value("y", typeFloat32, 2, 3), at,
				f.whole("depth", typeInt32, []int{}, 3), number(f, "on", 5), number(f, "off", -1))
		}, runtime.ElemSame, []float32{-1, -1, 5, -1, 5, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			f, x := chain()
			f.outputs = []int{c.build(f, x)}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, g, in); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if e := g.Outputs[0].Elem(); e != c.elem {
				t.Errorf("elements %v, want %v", e, c.elem)
			}
		})
	}
}

// TOPK_V2 has two outputs, NON_MAX_SUPPRESSION_V5 three.
func TestWholeOutputs(t *testing.T) {
	session := func(f *file, in []float32) *runtime.Session {
		g, err := Load(f.bytes())
		if err != nil {
			t.Fatal(err)
		}
		p, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Input(0).CopyFrom(in), s.Run()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	f, x := chain()
	v, i := f.value("v", typeFloat32, 2, 2), f.value("i", typeInt32, 2, 2)
	f.ops = append(f.ops, opSpec{code: opTopK, inputs: []int{x, f.whole("k", typeInt32, []int{}, 2)},
		outputs: []int{v, i}})
	f.outputs = []int{v, i}
	s := session(f, []float32{1, 5, 5, 9, -1, 10})
	defer s.Close()
	if got := s.Output(0).Float32(); !slices.Equal(got, []float32{5, 5, 10, 9}) {
		t.Errorf("the best: %v", got)
	}
	if got := s.Output(1).Int32(); !slices.Equal(got, []int32{1, 2, 2, 0}) {
		t.Errorf("where they are: %v", got)
	}
	var n file
	b := n.value("boxes", typeFloat32, 4, 4)
	number := func(name string, v float32) int {
		return n.tensor(tensorSpec{name: name, shape: []int{}, dtype: typeFloat32, data: floatBytes([]float32{v})})
	}
	scores := n.tensor(tensorSpec{name: "scores", shape: []int{4}, dtype: typeFloat32,
		data: floatBytes([]float32{0.5, 0.9, 0.7, 0.1})})
	at, best, count := n.value("at", typeInt32, 3), n.value("best", typeFloat32, 3), n.value("count", typeInt32)
	n.ops = []opSpec{{code: opNonMaxSuppressionV5, inputs: []int{b, scores, n.whole("most", typeInt32, []int{}, 3),
		number("iou", 0.5), number("score", 0.2), number("sigma", 0)}, outputs: []int{at, best, count}}}
	n.inputs, n.outputs = []int{b}, []int{at, best, count}
	// 0 is half of 1, which is too much; 2 stands apart; the score of 3 is low
	s = session(&n, []float32{0, 0, 1, 1, 0, 0, 2, 1, 5, 5, 6, 6, 8, 8, 9, 9})
	defer s.Close()
	if got := s.Output(0).Int32(); !slices.Equal(got, []int32{1, 2, 0}) {
		t.Errorf("chosen: %v", got)
	}
	if got := s.Output(1).Float32(); !slices.Equal(got, []float32{0.9, 0.7, 0}) {
		t.Errorf("their scores: %v", got)
	}
	if got := s.Output(2).Int32(); !slices.Equal(got, []int32{2}) {
		t.Errorf("their number: %v", got)
	}
}

// An input of whole numbers has the file's type; constants beyond int32 are refused.
func TestWholeInputs(t *testing.T) {
	var f file
	x := f.value("x", typeInt64, 3)
	f.inputs, f.outputs = []int{x}, []int{f.op(0, options(), f.value("y", typeInt64, 3), x, x)}
	g, err := Load(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if in := g.Inputs[0]; in.DType != runtime.I32 || in.Elem() != runtime.ElemInt64 {
		t.Errorf("input %v %v", in.DType, in.Elem())
	}
	if got := run(t, g, []float32{1, -2, 1 << 20}); !slices.Equal(got, []float32{2, -4, 1 << 21}) {
		t.Errorf("%v", got)
	}
	f.ops[0].inputs[1] = f.tensor(tensorSpec{name: "big", shape: []int{1}, dtype: typeInt64,
		data: binary.LittleEndian.AppendUint64(nil, 1<<40)})
	if _, err := Load(f.bytes()); !errors.Is(err, runtime.ErrLimit) {
		t.Errorf("a constant of 2⁴⁰: %v", err)
	}
	f.ops[0].inputs[1], f.ops[0].options = x, options(opt{0, int8(1)})
	if _, err := Load(f.bytes()); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("a sum with an activation: %v", err)
	}
}
