package runtime

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// TestGeneralOps: a graph of the general operations survives a file and computes what a plain loop does; shapes that
// do not fit are refused.
func TestGeneralOps(t *testing.T) {
	g := NewGraph("general")
	x, err := g.Input("x", Shape{N: 1, H: 2, W: 3, C: 4})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]Op{
		"too few":    &Rearrange{Dims: []int{4, 2, 2}, Perm: []int{0, 1, 2}, To: Shape{1, 4, 4, 1}},
		"no room":    &Rearrange{Dims: []int{24}, Perm: []int{0}, To: Shape{1, 1, 1, 23}},
		"twice":      &Rearrange{Dims: []int{4, 6}, Perm: []int{0, 0}, To: Shape{1, 1, 1, 24}},
		"huge":       &Rearrange{Dims: []int{1 << 30, 1 << 30}, Perm: []int{0, 1}, To: Shape{1, 1, 1, 24}},
		"arithmetic": &Binary{How: 99},
		"curve":      &Curve{Of: 99},
		"parameters": &Curve{Of: kernels.Tanh, A: 1},
		"infinity":   &Curve{Of: kernels.Elu, A: float32(math.Inf(1))},
		"no shape":   &Binary{Of: make([]float32, 4)},
		"no numbers": &Binary{Of: []float32{}, Shape: Shape{1, 1, 1, 4}},
		"no fit":     &Binary{Of: make([]float32, 3), Shape: Shape{1, 1, 1, 3}},
		"no bound":   &Binary{Of: make([]float32, 4), Shape: Shape{1, 1, 1, 4}, Act: Clamp{true, float32(math.NaN()), 1}},
		"first":      &Binary{First: true},
	} {
		if _, err := g.Add(name, bad, x); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	add := func(name string, op Op, in ...*Value) *Value {
		v, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// [6][4], channel-major
	turned := add("turned", &Rearrange{Dims: []int{4, 6}, Perm: []int{1, 0}, To: Shape{N: 1, H: 1, W: 4, C: 6}}, x)
	row := add("row", &GlobalPool{Type: MaxPool}, turned)
	gate := add("gate", &Curve{Of: kernels.Tanh}, row)
	y := add("y", &Binary{How: kernels.Times}, turned, gate)
	if err := g.Output(y); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := Write(&file, g); err != nil {
		t.Fatal(err)
	}
	again, err := ReadGraph(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Compile(again, WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := func(i int) float32 { return float32(i*7%24)/16 - 0.5 }
	for i := range s.Input(0).Float32() {
		s.Input(0).Float32()[i] = at(i)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	// Channel p of the result is pixel p of x, its W the channels of x.
	for p := range 6 {
		most := math.Inf(-1)
		for c := range 4 {
			most = max(most, float64(at(p*4+c)))
		}
		for c := range 4 {
			want := float64(at(p*4+c)) * math.Tanh(most)
			if got := float64(s.Output(0).Float32()[c*6+p]); math.Abs(got-want) > 1e-6 {
				t.Errorf("channel %d, column %d: %v, want %v", p, c, got, want)
			}
		}
	}
}
