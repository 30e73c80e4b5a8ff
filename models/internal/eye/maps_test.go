package eye

import (
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestMapOf: an output's channels are found, and each element where CopyTo finds it.
func TestMapOf(t *testing.T) {
	square, wide := preprocess.Spec{Width: 64, Height: 64}, preprocess.Spec{Width: 64, Height: 32}
	for _, c := range []struct {
		dims     []int
		layout   runtime.Layout
		spec     preprocess.Spec
		channels int
		h, w, c  int // 0: refused
	}{
		{[]int{1, 16, 16, 5}, runtime.AsWritten, square, 0, 16, 16, 5},
		{[]int{1, 5, 16, 16}, runtime.AsWritten, square, 0, 16, 16, 5},
		{[]int{1, 5, 16, 16}, runtime.ChannelsLast, square, 0, 16, 16, 5},
		{[]int{1, 16, 16, 1}, runtime.ChannelsLast, square, 0, 16, 16, 1},
		{[]int{1, 8, 16, 2}, runtime.AsWritten, wide, 0, 8, 16, 2},
		{[]int{1, 4, 8, 16}, runtime.AsWritten, wide, 0, 8, 16, 4}, // and 4×8 of 16 channels
		{[]int{1, 4, 8, 16}, runtime.AsWritten, wide, 16, 4, 8, 16},
		{[]int{1, 9, 17, 3}, runtime.AsWritten, wide, 0, 9, 17, 3}, // corners aligned
		{[]int{1, 8, 16}, runtime.AsWritten, wide, 0, 8, 16, 1},
		{[]int{1, 8, 16}, runtime.ChannelsLast, wide, 0, 8, 16, 1},
		{[]int{1, 8, 8, 8}, runtime.AsWritten, square, 8, 0, 0, 0},
		{[]int{2, 16, 16, 5}, runtime.AsWritten, square, 0, 0, 0, 0},
		{[]int{1, 16, 10, 5}, runtime.AsWritten, square, 0, 0, 0, 0},
		{[]int{1, 1, 1, 1000}, runtime.AsWritten, square, 0, 0, 0, 0},
		{[]int{1, 1000}, runtime.AsWritten, square, 0, 0, 0, 0},
		{[]int{}, runtime.AsWritten, square, 0, 0, 0, 0},
	} {
		m, err := MapOf(runtime.TensorInfo{Dims: c.dims, Layout: c.layout}, c.spec, c.channels)
		if (err == nil) != (c.h != 0) || err != nil && !errors.Is(err, runtime.ErrShape) ||
			m.H != c.h || m.W != c.w || m.C != c.c {
			t.Errorf("%v %v: %+v, %v", c.dims, c.layout, m, err)
			continue
		}
		if err == nil {
			places(t, c.dims, c.layout, m)
		}
	}
}

// places numbers the elements in the model's order and looks for each by its map.
func places(t *testing.T, dims []int, l runtime.Layout, m Map) {
	t.Helper()
	g := runtime.NewGraph("map")
	x, err := g.Input("x", runtime.ShapeOf(dims, l))
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Add("y", &runtime.Identity{}, x)
	if err == nil {
		err = errors.Join(g.SetDims(x, dims, l), g.SetDims(y, dims, l), g.Output(y))
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	numbers := make([]float32, m.H*m.W*m.C)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	if err := s.Input(0).CopyFrom(numbers); err != nil {
		t.Fatal(err)
	}
	first := len(dims) == 3 || dims[1] == m.C && dims[2] == m.H
	for y := range m.H {
		for x := range m.W {
			for c := range m.C {
				want := (y*m.W+x)*m.C + c
				if first {
					want = (c*m.H+y)*m.W + x
				}
				if got := s.Input(0).Float32()[y*m.Row+x*m.Col+c*m.Channel]; got != float32(want) {
					t.Fatalf("%v %v: (%d, %d, %d) is element %v, want %d", dims, l, y, x, c, got, want)
				}
			}
		}
	}
}
