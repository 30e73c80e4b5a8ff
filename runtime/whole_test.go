package runtime

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
)

// wholeGraph moves whole numbers by every operation that moves elements, and gives the input too.
func wholeGraph(t *testing.T, e Elem) *Graph {
	t.Helper()
	g := NewGraph("whole")
	x, err := g.IntInput("x", Shape{2, 2, 4, 4})
	if err != nil {
		t.Fatal(err)
	}
	b := builder{t, g}
	pieces := b.add("space", &DepthToSpace{Block: 2}, x)
	depth := b.add("depth", &SpaceToDepth{Block: 2}, pieces)
	both := b.add("both", &Concat{}, depth, x, depth)
	big := b.add("big", &Take{Rows: []int32{1, 0, 1}, Cols: []int32{3, 3, 0}}, both)
	turned := b.add("turned", &Rearrange{Dims: []int{2, 12, 9}, Perm: []int{0, 2, 1}, To: Shape{2, 1, 12, 9}}, big)
	flat := b.add("flat", &Flatten{}, turned)
	for _, v := range []*Value{x, flat} {
		if err := g.SetElem(v, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(g.SetDims(x, []int{2, 4, 2, 4}, ChannelsLast), g.Output(flat, x)); err != nil {
		t.Fatal(err)
	}
	return g
}

// Whole numbers are moved as they are, all 32 bits of them, and a file keeps what the model has them as.
func TestWholeNumbersMove(t *testing.T) {
	for _, memory := range []Memory{Fast, Small} {
		g := wholeGraph(t, ElemInt64)
		data, err := encode(g, WithGolden(5))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Load(data, WithMemory(memory))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := SelfTest(p); err != nil {
			t.Error(err)
		}
		again, err := ReadGraph(data)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := encode(again, WithGolden(5)); err != nil || !bytes.Equal(back, data) {
			t.Errorf("written again it differs (%v)", err)
		}
		for _, info := range append(p.Inputs(), p.Outputs()...) {
			if info.DType != I32 || info.Elem != ElemInt64 || info.Signed {
				t.Errorf("tensor %+v", info)
			}
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		x := make([]int32, 64)
		for i := range x {
			x[i] = math.MinInt32 + int32(i)*1234567
		}
		copy(s.Input(0).Int32(), x)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Output(1).Int32(), x) {
			t.Errorf("the input as an output: %v", s.Output(1).Int32())
		}
		var want []int32
		for n := range 2 { // turned is [n, channel, pixel], flattened channel-major: of its 9 channels, the pixels
			for p := range 9 {
				for c := range 12 {
					want = append(want, x[((n*2+[]int{1, 0, 1}[p/3])*4+[]int{3, 3, 0}[p%3])*4+c%4])
				}
			}
		}
		if got := s.Output(0).Int32(); !slices.Equal(got, want) {
			t.Errorf("moved: %v, want %v", got, want)
		}
		if s.Input(0).Float32() != nil || s.Input(0).Uint8() != nil {
			t.Error("whole numbers as floats or bytes")
		}
	}
}

// A tensor of whole numbers is filled by whatever slice has numbers of the model's type, and no others.
func TestCopyWhole(t *testing.T) {
	tensor := func(e Elem) *Tensor {
		g := NewGraph("copied")
		x, err := g.IntInput("x", Shape{1, 1, 2, 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(g.SetDims(x, []int{1, 2, 1, 2}, ChannelsLast), g.SetElem(x, e), g.Output(x)); err != nil {
			t.Fatal(err)
		}
		return session(t, g).Input(0)
	}
	for _, c := range []struct {
		elem Elem
		src  any
		want []int32 // as it lies in memory; nil for a refusal
	}{
		{ElemSame, []int32{1, 2, math.MinInt32, math.MaxInt32}, []int32{1, math.MinInt32, 2, math.MaxInt32}},
		{ElemInt64, []int64{1, 2, math.MinInt32, math.MaxInt32}, []int32{1, math.MinInt32, 2, math.MaxInt32}},
		{ElemInt64, []int64{1, 2, 3, math.MaxInt32 + 1}, nil},
		{ElemInt64, []int64{1, 2, 3, math.MinInt32 - 1}, nil},
		{ElemInt64, []float32{1, 2, -3, 1 << 30}, []int32{1, -3, 2, 1 << 30}},
		{ElemInt64, []float32{1, 2, 3, 1 << 31}, nil},
		{ElemInt64, []float32{1, 2, 3, 0.5}, nil},
		{ElemInt64, []float32{1, 2, 3, float32(math.NaN())}, nil},
		{ElemUint8, []int32{1, 2, 3, 256}, nil},
		{ElemUint8, []uint8{1, 2, 3, 255}, []int32{1, 3, 2, 255}},
		{ElemUint8, []int8{1, 2, 3, -1}, nil},
		{ElemInt16, []int16{1, 2, 3, -1}, []int32{1, 3, 2, -1}},
		{ElemUint32, []uint16{1, 2, 3, 65535}, []int32{1, 3, 2, 65535}},
		{ElemUint64, []int64{1, 2, 3, -1}, nil},
		{ElemBool, []bool{true, true, false, false}, []int32{1, 0, 1, 0}},
		{ElemBool, []int64{0, 1, 2, 0}, nil},
		{ElemSame, []bool{true, true, false, false}, nil},
		{ElemSame, []float64{1, 2, 3, 4}, nil},
	} {
		in := tensor(c.elem)
		err := in.CopyFrom(c.src)
		if c.want == nil {
			if !errors.Is(err, ErrType) {
				t.Errorf("%v of %T %v: %v", c.elem, c.src, c.src, err)
			}
			continue
		}
		if err != nil || !slices.Equal(in.Int32(), c.want) {
			t.Errorf("%v of %v: %v, %v", c.elem, c.src, in.Int32(), err)
		}
	}
	in := tensor(ElemBool)
	if err := in.CopyFrom([]bool{true, false, true, true}); err != nil {
		t.Fatal(err)
	}
	bools, wide, floats, bytes := make([]bool, 4), make([]int64, 4), make([]float32, 4), make([]uint8, 4)
	if err := errors.Join(in.CopyTo(bools), in.CopyTo(wide), in.CopyTo(floats), in.CopyTo(bytes)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bools, []bool{true, false, true, true}) || !slices.Equal(wide, []int64{1, 0, 1, 1}) ||
		!slices.Equal(floats, []float32{1, 0, 1, 1}) || !slices.Equal(bytes, []uint8{1, 0, 1, 1}) {
		t.Errorf("%v, %v, %v, %v", bools, wide, floats, bytes)
	}
	if err := in.CopyTo(make([]int8, 4)); !errors.Is(err, ErrType) {
		t.Errorf("bools to int8: %v", err)
	}
	if err := in.CopyTo(make([]bool, 3)); !errors.Is(err, ErrShape) {
		t.Errorf("too few: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if in.CopyFrom(bools) != nil || in.CopyTo(bools) != nil || in.CopyFrom(wide) != nil || in.CopyTo(wide) != nil {
			t.Fatal("not copied")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Operations on floats or levels refuse whole numbers.
func TestWholeNumbersAreNoFloats(t *testing.T) {
	g := NewGraph("whole")
	x, err := g.IntInput("x", Shape{1, 4, 4, 2})
	if err != nil {
		t.Fatal(err)
	}
	window := Window{R: 2, S: 2}
	for name, op := range map[string]Op{"conv": &Conv{Window: window, K: 1, Weights: make([]float32, 8)},
		"max": &Pool{Window: window}, "average": &Pool{Window: window, Type: AvgPool}, "global": &GlobalPool{},
		"relu": &Activation{Act: ReLU}, "softmax": &Softmax{}, "quantize": &Quantize{To: Quant{Scale: 1}},
		"dequantize": &Dequantize{}, "curve": &Curve{}, "quantised": &Quantised{Op: &LRN{Size: 3, Alpha: 1, Beta: 0.75,
			Bias: 1}, Out: Quant{Scale: 1}}} {
		if _, err := g.Add(name, op, x); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	y, err := g.Input("y", Shape{1, 4, 4, 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Add("join", &Concat{}, x, y); !errors.Is(err, ErrShape) {
		t.Errorf("whole numbers beside floats: %v", err)
	}
	for _, v := range []*Value{y, nil} {
		if err := g.SetElem(v, ElemBool); !errors.Is(err, ErrGraph) {
			t.Errorf("bools of %v: %v", v, err)
		}
	}
	if err := g.SetElem(x, elems); !errors.Is(err, ErrGraph) {
		t.Errorf("unknown elements: %v", err)
	}
}
