package runtime

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// copied is a session whose input is its output too, through an identity.
func copied(t *testing.T, dims []int, l Layout, q *Quant, signed bool) *Session {
	t.Helper()
	g := NewGraph("copied")
	var in *Value
	var err error
	if q == nil {
		in, err = g.Input("x", ShapeOf(dims, l))
	} else {
		in, err = g.QuantisedInput("x", ShapeOf(dims, l), *q)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Add("y", &Identity{}, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*Value{in, out} {
		if err := g.SetDims(v, dims, l); err != nil {
			t.Fatal(err)
		}
		if signed {
			if err := g.SetSigned(v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := g.Output(out); err != nil {
		t.Fatal(err)
	}
	return session(t, g)
}

func count[T int8 | uint8 | int32 | int64 | float32](n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(i)
	}
	return v
}

// A tensor is filled in the model's order and lies in memory as kernels want it.
func TestCopyOrder(t *testing.T) {
	s := copied(t, []int{2, 3, 2, 2}, ChannelsLast, nil, false)
	in := s.Input(0)
	for _, src := range []any{count[float32](24), count[uint8](24), count[int8](24), count[int32](24), count[int64](24)} {
		clear(in.Float32())
		if err := in.CopyFrom(src); err != nil {
			t.Fatal(err)
		}
		if got, want := in.Float32()[:6], []float32{0, 4, 8, 1, 5, 9}; !slices.Equal(got, want) {
			t.Errorf("%T: memory begins with %v, want %v", src, got, want)
		}
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 24)
	if err := s.Output(0).CopyTo(got); err != nil || !slices.Equal(got, count[float32](24)) {
		t.Errorf("back: %v, %v", got, err)
	}
	if d := s.Output(0).Info().Dims; !slices.Equal(d, []int{2, 3, 2, 2}) {
		t.Errorf("dimensions %v", d)
	}
	written := copied(t, []int{2, 3, 2, 2}, AsWritten, nil, false).Input(0)
	if err := written.CopyFrom(count[float32](24)); err != nil || !slices.Equal(written.Float32(), count[float32](24)) {
		t.Errorf("as written: %v, %v", written.Float32(), err)
	}
}

// Quantised tensors take levels as the model has them, and numbers.
func TestCopyQuantised(t *testing.T) {
	q := Quant{Scale: 0.5, Zero: 100}
	for _, signed := range []bool{false, true} {
		s := copied(t, []int{1, 2, 1, 3}, ChannelsLast, &q, signed)
		in, out := s.Input(0), s.Output(0)
		if err := in.CopyFrom([]float32{0, 0.5, 0.75, -50, -1000, 1000}); err != nil {
			t.Fatal(err)
		}
		if got, want := in.Uint8(), []uint8{100, 0, 101, 0, 102, 255}; !slices.Equal(got, want) {
			t.Errorf("levels %v, want %v", got, want)
		}
		var fits, unfit any = []uint8{1, 2, 3, 4, 5, 255}, []int8{1, 2, 3, 4, 5, 6}
		if signed {
			fits, unfit = []int8{1 - 128, 2 - 128, 3 - 128, 4 - 128, 5 - 128, 127}, []uint8{1, 2, 3, 4, 5, 6}
		}
		if err := in.CopyFrom(unfit); !errors.Is(err, ErrType) {
			t.Errorf("signed %v: %T: %v", signed, unfit, err)
		}
		if err := in.CopyFrom(fits); err != nil {
			t.Fatal(err)
		}
		if got, want := in.Uint8(), []uint8{1, 4, 2, 5, 3, 255}; !slices.Equal(got, want) {
			t.Errorf("signed %v: bytes %v, want %v", signed, got, want)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		numbers := make([]float32, 6)
		if err := out.CopyTo(numbers); err != nil || !slices.Equal(numbers, []float32{-49.5, -49, -48.5, -48, -47.5, 77.5}) {
			t.Errorf("numbers %v, %v", numbers, err)
		}
		if signed {
			back := make([]int8, 6)
			if err := out.CopyTo(back); err != nil || !slices.Equal(back, fits.([]int8)) {
				t.Errorf("back %v, %v", back, err)
			}
		} else {
			back := make([]uint8, 6)
			if err := out.CopyTo(back); err != nil || !slices.Equal(back, fits.([]uint8)) {
				t.Errorf("back %v, %v", back, err)
			}
		}
		if err := out.CopyTo(make([]int32, 6)); !errors.Is(err, ErrType) {
			t.Errorf("to int32: %v", err)
		}
	}
}

func TestCopyErrors(t *testing.T) {
	in := copied(t, []int{1, 2, 1, 3}, ChannelsLast, nil, false).Input(0)
	for _, bad := range []any{make([]float32, 5), make([]float32, 7), make([]int8, 0)} {
		if err := in.CopyFrom(bad); !errors.Is(err, ErrShape) {
			t.Errorf("%T: %v", bad, err)
		}
	}
	for _, bad := range []any{make([]float64, 6), nil, 3, []int64{1 << 40, 0, 0, 0, 0, 0}} {
		if err := in.CopyFrom(bad); !errors.Is(err, ErrType) {
			t.Errorf("%T: %v", bad, err)
		}
	}
	if err := in.CopyTo(make([]uint8, 6)); !errors.Is(err, ErrType) {
		t.Errorf("floats to bytes: %v", err)
	}
}

func TestCopyAllocatesNothing(t *testing.T) {
	in := copied(t, []int{1, 2, 1, 3}, ChannelsLast, nil, false).Input(0)
	q := copied(t, []int{1, 2, 1, 3}, ChannelsLast, &Quant{Scale: 1}, true).Input(0)
	f, b := make([]float32, 6), make([]int8, 6)
	n := testing.AllocsPerRun(100, func() {
		if in.CopyFrom(f) != nil || in.CopyTo(f) != nil || q.CopyFrom(b) != nil || q.CopyTo(b) != nil ||
			q.CopyFrom(f) != nil || q.CopyTo(f) != nil {
			t.Fatal("not copied")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Dimensions that are not those of the value are refused.
func TestSetDims(t *testing.T) {
	g := NewGraph("dims")
	x, err := g.Input("x", Shape{2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range [][]int{{2, 5, 3, 4}, {2, 3, 4, 1, 5}, {2, 60}, {2, 3, 4}, {}, {2, 3, 4, -5}, {math.MaxInt, 4, 4, 5},
		{1, 1, 1, 2, 3, 4, 5}} {
		if err := g.SetDims(x, d, AsWritten); !errors.Is(err, ErrShape) {
			t.Errorf("%v: %v", d, err)
		}
	}
	for _, d := range [][]int{{2, 5, 3, 4}, {2, 5, 3, 2, 2}} {
		if err := g.SetDims(x, d, ChannelsLast); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
	if err := g.SetDims(x, []int{1, 2, 3, 4, 5}, AsWritten); err != nil {
		t.Error(err)
	}
	if err := g.SetSigned(x); !errors.Is(err, ErrGraph) {
		t.Errorf("signed floats: %v", err)
	}
}
