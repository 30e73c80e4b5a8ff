package npy

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// tensor is an input of a session, of three dimensions that lie channels last.
func tensor(t *testing.T, q *runtime.Quant, signed bool) *runtime.Tensor {
	t.Helper()
	g := runtime.NewGraph("g")
	var x *runtime.Value
	var err error
	dims, s := []int{1, 2, 3}, runtime.Shape{N: 1, H: 3, W: 1, C: 2}
	if q == nil {
		x, err = g.Input("x", s)
	} else {
		x, err = g.QuantisedInput("x", s, *q)
	}
	if err == nil {
		err = g.SetDims(x, dims, runtime.ChannelsLast)
	}
	if err == nil && signed {
		err = g.SetSigned(x)
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

// Tensors take arrays of their own type alone, or numbers where that is said.
func TestFill(t *testing.T) {
	q := runtime.Quant{Scale: 0.5, Zero: 128}
	dims := []int{1, 2, 3}
	arrays := map[string]any{
		"float32": []float32{0, 1, 2, 3, 4, 5}, "float64": []float64{0, 1, 2, 3, 4, 5},
		"float16": []Float16{0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500}, "int8": []int8{0, 1, 2, 3, 4, 5},
		"uint8": []uint8{0, 1, 2, 3, 4, 5}, "int32": []int32{0, 1, 2, 3, 4, 5}, "int64": []int64{0, 1, 2, 3, 4, 5},
		"bool": []bool{false, true, true, true, true, true}, "uint16": []uint16{0, 1, 2, 3, 4, 5},
	}
	for _, c := range []struct {
		name      string
		tensor    *runtime.Tensor
		own       string
		fill      []string // that Fill takes
		real      []string // that FillReal takes
		same, had any
	}{
		{"float", tensor(t, nil, false), "float32", []string{"float16", "float32", "float64"},
			[]string{"float16", "float32", "float64", "int32", "int64", "int8", "uint8", "bool", "uint16"},
			[]float32{0, 1, 2, 3, 4, 5}, []float32{0, 3, 1, 4, 2, 5}},
		{"uint8", tensor(t, &q, false), "uint8", []string{"uint8"}, []string{"float16", "float32", "float64"},
			[]uint8{128, 130, 132, 134, 136, 138}, []uint8{128, 134, 130, 136, 132, 138}},
		{"int8", tensor(t, &q, true), "int8", []string{"int8"}, []string{"float16", "float32", "float64"},
			[]int8{0, 2, 4, 6, 8, 10}, []uint8{128, 134, 130, 136, 132, 138}},
	} {
		for name, data := range arrays {
			a := &Array{dims, data}
			if a.Type() != name {
				t.Fatalf("%s is called %q", name, a.Type())
			}
			for how, fill := range map[string]func(*runtime.Tensor) error{"Fill": a.Fill, "FillReal": a.FillReal} {
				takes := c.fill
				if how == "FillReal" {
					takes = c.real
				}
				err := fill(c.tensor)
				if want := slices.Contains(takes, name); want && err != nil || !want && !errors.Is(err, runtime.ErrType) {
					t.Errorf("%s of %s into %s: %v", how, name, c.name, err)
				}
			}
		}
		if err := (&Array{dims, arrays["float32"]}).FillReal(c.tensor); err != nil {
			t.Fatal(err)
		}
		var had any = c.tensor.Float32()
		if c.tensor.Info().DType == runtime.U8 {
			had = c.tensor.Uint8()
		}
		if a, b := (&Array{dims, had}), (&Array{dims, c.had}); !equal(a, b) {
			t.Errorf("%s: memory is %v, want %v", c.name, had, c.had)
		}
		own, err := Of(c.tensor)
		if err != nil || own.Type() != c.own || !equal(own, &Array{dims, c.same}) {
			t.Errorf("%s: %v %v, %v", c.name, own, own.Data, err)
		}
		if real, err := OfReal(c.tensor); err != nil || !equal(real, &Array{dims, arrays["float32"]}) {
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

func equal(a, b *Array) bool {
	d, err := Compare(a, b, 0)
	return err == nil && d.Differ == 0
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
