package runtime

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// Whole numbers, bools and floats through a graph, in a file and back: (x < 2 or y) ? trunc(x)·3 : −1.
func TestWholeArithmetic(t *testing.T) {
	for _, threads := range []int{1, 3} {
		n := newNet(t)
		x := n.input(Shape{1, 2, 3, 2})
		y, err := n.g.IntInput("y", Shape{1, 1, 3, 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.g.SetElem(y, ElemBool); err != nil {
			t.Fatal(err)
		}
		scalar := func(name string, c *Constant) *Value {
			c.Shape = Shape{1, 1, 1, 1}
			return n.add(name, c)
		}
		less := n.add("less", &Compare{How: kernels.Less}, x, scalar("two", &Constant{Floats: []float32{2}}))
		either := n.add("either", &Whole{How: kernels.WholeOr}, less, y)
		cut := n.add("cut", &Cast{To: I32, Elem: ElemInt64}, x)
		three := n.add("three", &Whole{How: kernels.WholeTimes}, cut, scalar("3", &Constant{Ints: []int32{3}}))
		chosen := n.add("chosen", &Where{}, either, three, scalar("minus", &Constant{Ints: []int32{-1}}))
		g := n.output(chosen)
		n.output(n.add("float", &Cast{To: F32}, chosen))
		n.output(n.add("odd", &Cast{To: I32, Elem: ElemBool}, chosen))
		p, err := Load(written(t, g), WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		in := []float32{0, 1.99, 2, 2.5, -7.5, 1e10, float32(math.Inf(1)), float32(math.NaN()), -0.5, 0.5, 5, 6}
		copy(s.Input(0).Float32(), in)
		copy(s.Input(1).Int32(), []int32{0, 7, 1})
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		const most = math.MaxInt32
		overflow := int64(most) * 3
		want := []int32{0, 3, 6, 6, -21, int32(overflow), -1, -1, 0, 0, 15, 18}
		if got := s.Output(0).Int32(); !slices.Equal(got, want) {
			t.Errorf("%d threads: %v, want %v", threads, got, want)
		}
		for i, w := range want {
			if f := s.Output(1).Float32()[i]; f != float32(w) {
				t.Errorf("float of %d: %v", w, f)
			}
			if b := s.Output(2).Int32()[i]; (b == 1) != (w != 0) || b>>1 != 0 {
				t.Errorf("bool of %d: %d", w, b)
			}
		}
	}
}

// Types that do not fit are refused, and so are nodes without inputs, but constants.
func TestWholeRefuses(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 2, 2, 2})
	w, q := n.add("w", &Cast{To: I32}, x), n.quantize(x)
	five := n.add("five", &Constant{Shape: Shape{1, 1, 1, 5}, Floats: make([]float32, 5)})
	whole5 := n.add("w5", &Cast{To: I32}, five)
	for i, c := range []struct {
		op Op
		in []*Value
	}{
		{&Compare{}, []*Value{x, w}}, {&Compare{}, []*Value{q, q}}, {&Compare{}, []*Value{w, x}},
		{&Compare{}, []*Value{w, whole5}}, {&Whole{}, []*Value{x, x}}, {&Whole{}, []*Value{w, x}},
		{&Whole{}, []*Value{w, whole5}}, {&Where{}, []*Value{x, x, x}}, {&Where{}, []*Value{w, w, x}},
		{&Where{}, []*Value{w, q, x}}, {&Where{}, []*Value{w, x, five}}, {&Where{}, []*Value{whole5, x, x}},
		{&Cast{To: F32}, []*Value{q}}, {&Cast{To: I32}, []*Value{q}}, {&Cast{To: I32, Elem: ElemUint32}, []*Value{w}},
		{&Constant{Shape: Shape{1, 1, 1, 2}, Ints: []int32{1}}, nil},
		{&Constant{Shape: Shape{1, 1, 1, 1}, Ints: []int32{1}, Floats: []float32{1}}, nil},
		{&Constant{Shape: Shape{1, 1, 1, 0}}, nil}, {&Constant{}, nil}, {&Identity{}, nil}, {&Concat{}, nil},
		{&Softmax{}, nil}, {&Compare{}, nil}, {&Quantised{Op: &Constant{}, Out: Quant{Scale: 1}}, nil},
	} {
		var ne *NodeError
		if _, err := n.g.Add(fmt.Sprint("bad", i), c.op, c.in...); !errors.Is(err, ErrShape) || !errors.As(err, &ne) {
			t.Errorf("%d, %s: %v", i, c.op.Kind(), err)
		}
	}
}

// Parameters that mean nothing, and inputs too few or too many, are refused.
func TestWholeParameters(t *testing.T) {
	for name, op := range map[string]Op{
		"cast to levels":         &Cast{To: U8},
		"cast to float of bools": &Cast{To: F32, Elem: ElemBool},
		"cast of float to float": &Cast{To: F32},
		"cast to no elements":    &Cast{To: I32, Elem: elems},
		"comparison of one":      &Compare{},
		"no comparison":          &Compare{How: 99},
		"no whole arithmetic":    &Whole{How: 99},
		"where of one":           &Where{},
		"constant with an input": &Constant{Shape: Shape{1, 1, 1, 1}, Ints: []int32{1}},
		"best of none":           &TopK{},
		"best of fewer":          &TopK{K: 5},
		"best of less":           &TopK{K: -1},
		"gather of one":          &GatherBy{Dims: []int{8}},
		"scatter of one":         &Scatter{Dims: []int{8}},
		"boxes without scores":   &NMS{Most: 1, Rows: 1},
	} {
		n := newNet(t)
		var ne *NodeError
		if _, err := n.g.Add("bad", op, n.input(Shape{1, 8, 8, 4})); !errors.Is(err, ErrShape) || !errors.As(err, &ne) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
