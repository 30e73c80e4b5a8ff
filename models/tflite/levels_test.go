package tflite

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// Sums, slopes and changes of scale of levels are rounded as TensorFlow Lite does, where binary32 gives others.
func TestLevelsRound(t *testing.T) {
	x := []int8{1, -1, 3, -3, 5, -2, -6, 127, -128, 100}
	half := runtime.Quant{Scale: 0.5, Zero: 128}
	for _, test := range []struct {
		name string
		code int
		in   runtime.Quant
		to   runtime.Quant
		want []int8
	}{
		{"halves up", opAdd, half, runtime.Quant{Scale: 1, Zero: 128}, []int8{1, 0, 2, -1, 3, -1, -3, 64, -64, 50}},
		{"rounded twice", opPReLU, half, runtime.Quant{Scale: 1, Zero: 128}, []int8{1, 0, 2, -1, 3, -1, -2, 64, -32, 50}},
		{"eight bits", opQuantize, runtime.Quant{Scale: 0.7, Zero: 128}, runtime.Quant{Scale: 1, Zero: 128},
			[]int8{1, -1, 2, -2, 3, -1, -4, 89, -89, 70}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &file{}
			in := []int{typed(f, "x", typeInt8, test.in, 1, 1, len(x), 1)}
			f.inputs = []int{in[0]}
			switch test.code {
			case opAdd: // to zero
				in = append(in, typed(f, "zero", typeInt8, half, 1, 1, len(x), 1))
				f.inputs = append(f.inputs, in[1])
			case opPReLU:
				in = append(in, f.tensor(tensorSpec{name: "slope", shape: []int{1, 1, 1}, dtype: typeInt8, scale: []float32{0.5},
					zero: []int64{-3}, data: []byte{0xfe}})) // a level less its zero point
			}
			y := typed(f, "y", typeInt8, test.to, 1, 1, len(x), 1)
			f.outputs = []int{f.op(test.code, nil, y, in...)}
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
			defer s.Close()
			got := make([]int8, len(x))
			if err := s.Input(0).CopyFrom(x); err != nil {
				t.Fatal(err)
			}
			if len(f.inputs) > 1 {
				if err := s.Input(1).CopyFrom(got); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			if err := s.Output(0).CopyTo(got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%v of %v, want %v", got, x, test.want)
			}
		})
	}
}

// A factor in fixed point is within a level of the number, for every level and slope.
func TestFixedPoint(t *testing.T) {
	for _, factor := range []float64{1.0 / (1 << 29), 0.00073, 0.25, 0.7, 1, 1.9999999999, 3.3, 16000} {
		p := newFixedPoint(factor)
		for x := int64(-65025); x <= 65025; x += 255 {
			if got, want := float64(p.of(x)), float64(x)*factor; math.Abs(got-want) > 0.76+math.Abs(want)/(1<<30) {
				t.Fatalf("%d·%v is %v, want %v", x, factor, got, want)
			}
		}
	}
}
