package npy

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// whole32 is an input of whole numbers that the model has as such elements.
func whole32(t *testing.T, e runtime.Elem) *runtime.Tensor {
	t.Helper()
	return input(t, e, func(g *runtime.Graph, s runtime.Shape) (*runtime.Value, error) { return g.IntInput("x", s) })
}

// tensor is an input of floats or, as q says, of levels.
func tensor(t *testing.T, q *runtime.Quant, signed bool) *runtime.Tensor {
	t.Helper()
	e := runtime.ElemSame
	if signed {
		e = runtime.ElemInt8
	}
	return input(t, e, func(g *runtime.Graph, s runtime.Shape) (*runtime.Value, error) {
		if q == nil {
			return g.Input("x", s)
		}
		return g.QuantisedInput("x", s, *q)
	})
}

// input is an input of a session, of three dimensions that lie channels last.
func input(t *testing.T, e runtime.Elem,
	of func(*runtime.Graph, runtime.Shape) (*runtime.Value, error)) *runtime.Tensor {
	t.Helper()
	g := runtime.NewGraph("g")
	x, err := of(g, runtime.Shape{N: 1, H: 3, W: 1, C: 2})
	if err == nil {
		err = g.SetDims(x, []int{1, 2, 3}, runtime.ChannelsLast)
	}
	if err == nil {
		err = g.SetElem(x, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Add("y", &runtime.Identity{}, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Output(y); err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	session, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session.Input(0)
}

// every are the types of arrays, and arrays the same numbers in each.
var (
	every = []string{"float16", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
		"uint64", "bool"}
	arrays = map[string]any{
		"float32": []float32{0, 1, 2, 3, 4, 5}, "float64": []float64{0, 1, 2, 3, 4, 5},
		"float16": []Float16{0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500}, "int8": []int8{0, 1, 2, 3, 4, 5},
		"uint8": []uint8{0, 1, 2, 3, 4, 5}, "int32": []int32{0, 1, 2, 3, 4, 5}, "int64": []int64{0, 1, 2, 3, 4, 5},
		"bool": []bool{false, true, true, true, true, true}, "uint16": []uint16{0, 1, 2, 3, 4, 5},
		"int16": []int16{0, 1, 2, 3, 4, 5}, "uint32": []uint32{0, 1, 2, 3, 4, 5}, "uint64": []uint64{0, 1, 2, 3, 4, 5},
	}
)

// Tensors take arrays of their own type alone, or numbers where that is said.
func TestFill(t *testing.T) {
	q := runtime.Quant{Scale: 0.5, Zero: 128}
	dims := []int{1, 2, 3}
	for _, c := range []struct {
		name      string
		tensor    *runtime.Tensor
		own       string
		fill      []string // that Fill takes
		real      []string // that FillReal takes
		same, had any
	}{
		{"float", tensor(t, nil, false), "float32", []string{"float16", "float32", "float64"},
			every,
			[]float32{0, 1, 2, 3, 4, 5}, []float32{0, 3, 1, 4, 2, 5}},
		{"uint8", tensor(t, &q, false), "uint8", []string{"uint8"}, []string{"float16", "float32", "float64"},
			[]uint8{128, 130, 132, 134, 136, 138}, []uint8{128, 134, 130, 136, 132, 138}},
		{"whole", whole32(t, runtime.ElemSame), "int32", []string{"int32"}, every, []int32{0, 1, 2, 3, 4, 5},
			[]int32{0, 3, 1, 4, 2, 5}},
		{"int64", whole32(t, runtime.ElemInt64), "int64", []string{"int64"}, every, []int64{0, 1, 2, 3, 4, 5},
			[]int32{0, 3, 1, 4, 2, 5}},
		{"uint64", whole32(t, runtime.ElemUint64), "uint64", []string{"uint64"}, every, []uint64{0, 1, 2, 3, 4, 5},
			[]int32{0, 3, 1, 4, 2, 5}},
		{"uint16", whole32(t, runtime.ElemUint16), "uint16", []string{"uint16"}, every, []uint16{0, 1, 2, 3, 4, 5},
			[]int32{0, 3, 1, 4, 2, 5}},
		{"int8", tensor(t, &q, true), "int8", []string{"int8"}, []string{"float16", "float32", "float64"},
			[]int8{0, 2, 4, 6, 8, 10}, []uint8{128, 134, 130, 136, 132, 138}},
	} {
		takes(t, c.tensor, "Fill", c.fill, (*Array).Fill)
		takes(t, c.tensor, "FillReal", c.real, (*Array).FillReal)
		if err := (&Array{dims, arrays["float32"]}).FillReal(c.tensor); err != nil {
			t.Fatal(err)
		}
		var had any = c.tensor.Float32()
		switch c.tensor.Info().DType {
		case runtime.U8:
			had = c.tensor.Uint8()
		case runtime.I32:
			had = c.tensor.Int32()
		}
		if a, b := (&Array{dims, had}), (&Array{dims, c.had}); !equal(a, b) {
			t.Errorf("%s: memory is %v, want %v", c.name, had, c.had)
		}
		own, err := Of(c.tensor)
		if err != nil || own.Type() != c.own || !equal(own, &Array{dims, c.same}) {
			t.Errorf("%s: %v %v, %v", c.name, own, own.Data, err)
		}
		if real, err := OfReal(c.tensor); err != nil || real.floats() && !equal(real, &Array{dims, arrays["float32"]}) ||
			!real.floats() && !equal(real, own) {
			t.Errorf("%s: %v, %v", c.name, real, err)
		}
		if err := own.Fill(c.tensor); err != nil {
			t.Error(err)
		}
		for _, bad := range [][]int{{2, 1, 3}, {2, 3}, {1, 2, 3, 1}} {
			if err := (&Array{bad, own.Data}).Fill(c.tensor); !errors.Is(err, runtime.ErrShape) {
				t.Errorf("%v: %v", bad, err)
			}
		}
	}
}

// takes tries arrays of every type, of which the tensor must take these and no others.
func takes(t *testing.T, to *runtime.Tensor, how string, types []string, fill func(*Array, *runtime.Tensor) error) {
	t.Helper()
	for name, data := range arrays {
		a := &Array{[]int{1, 2, 3}, data}
		if a.Type() != name {
			t.Fatalf("%s is called %q", name, a.Type())
		}
		err := fill(a, to)
		if want := slices.Contains(types, name); want && err != nil || !want && !errors.Is(err, runtime.ErrType) {
			t.Errorf("%s of %s into %s: %v", how, name, TypeOf(to.Info()), err)
		}
	}
}

func equal(a, b *Array) bool {
	d, err := Compare(a, b, 0)
	return err == nil && d.Differ == 0
}

// A tensor of bools takes bools, and no number that is none; whole numbers beyond int32 are refused.
func TestFillWhole(t *testing.T) {
	dims := []int{1, 2, 3}
	b := whole32(t, runtime.ElemBool)
	bools := &Array{dims, []bool{false, true, true, false, false, true}}
	if err := bools.Fill(b); err != nil {
		t.Fatal(err)
	}
	if got, err := Of(b); err != nil || !equal(got, bools) {
		t.Errorf("%v, %v", got, err)
	}
	for _, c := range []struct {
		t    *runtime.Tensor
		data any
	}{
		{b, []uint8{0, 1, 2, 0, 0, 0}}, {b, []float32{0, 1, 0.5, 0, 0, 0}},
		{whole32(t, runtime.ElemInt64), []int64{1 << 31, 0, 0, 0, 0, 0}},
		{whole32(t, runtime.ElemUint64), []uint64{1 << 63, 0, 0, 0, 0, 0}},
		{whole32(t, runtime.ElemUint64), []int64{-1, 0, 0, 0, 0, 0}},
		{whole32(t, runtime.ElemSame), []float32{1.5, 0, 0, 0, 0, 0}},
		{tensor(t, nil, false), []int64{1<<24 + 1, 0, 0, 0, 0, 0}},
	} {
		if err := (&Array{dims, c.data}).FillReal(c.t); !errors.Is(err, runtime.ErrType) {
			t.Errorf("%v into %v: %v", c.data, c.t.Info().Elem, err)
		}
	}
}

// Differences are found where they are, in the arrays' own dimensions.
func TestCompare(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		got, want      any
		tolerance      float64
		differ, beyond int
		largest        float64
		at             []int
	}{
		{[]float32{1, 2, 3, 4, 5, 6}, []float32{1, 2, 3, 4, 5, 6}, 0, 0, 0, 0, []int{0, 0}},
		{[]float32{1, 2, 3, 4.5, 5, 6}, []float32{1, 2, 3.25, 4, 5, -10}, 0.05, 3, 1, 16, []int{1, 2}},
		{[]float32{1, 2, 3, 4.5, 5, 6}, []float32{1, 2, 3.25, 4, 5, -6}, 2, 3, 0, 12, []int{1, 2}},
		{[]float32{2e-7, 0, 0, 0, 9e-8, 0}, []float32{0, 0, 0, 0, 0, 0}, 1e-4, 2, 1, float64(float32(2e-7)), []int{0, 0}},
		{[]float32{nan, inf, -inf, 0, 0, 0}, []float32{nan, inf, -inf, 0, 0, 0}, 0, 0, 0, 0, []int{0, 0}},
		{[]float32{0, 0, 0, 0, nan, 0}, []float32{0, 0, 0, 0, 1, 0}, 1e9, 1, 1, math.Inf(1), []int{1, 1}},
		{[]float32{0, 0, 0, inf, 1, 0}, []float32{0, 0, 0, -inf, 1, 0}, 1e9, 1, 1, math.Inf(1), []int{1, 0}},
		{[]float32{0, 0, 0, 0, 1, 0}, []float64{0, 0, 0, 0, 1, nan64}, 1, 1, 1, math.Inf(1), []int{1, 2}},
		{[]int8{0, -128, 0, 0, 1, 0}, []int8{0, 127, 0, 1, 1, 0}, 1, 2, 1, 255, []int{0, 1}},
		{[]uint8{0, 255, 0, 0, 1, 0}, []uint8{0, 254, 0, 1, 1, 0}, 1, 2, 0, 1, []int{0, 1}},
		{[]int64{1 << 40, 0, 0, 0, 0, 0}, []int64{0, 0, 0, 0, 0, 0}, 0, 1, 1, 1 << 40, []int{0, 0}},
	} {
		d, err := Compare(&Array{[]int{2, 3}, c.got}, &Array{[]int{2, 3}, c.want}, c.tolerance)
		if err != nil || d.Differ != c.differ || d.Beyond != c.beyond || float64(d.Largest) != c.largest ||
			!slices.Equal(d.At, c.at) || d.Elements != 6 {
			t.Errorf("%v and %v: %+v, %v", c.got, c.want, d, err)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
	}
	a := &Array{[]int{2}, []float32{1, 2}}
	if _, err := Compare(a, &Array{[]int{1, 2}, []float32{1, 2}}, 1); !errors.Is(err, runtime.ErrShape) {
		t.Error(err)
	}
	if _, err := Compare(a, &Array{[]int{2}, []int8{1, 2}}, 1); !errors.Is(err, runtime.ErrType) {
		t.Error(err)
	}
}

var nan64 = math.NaN()
