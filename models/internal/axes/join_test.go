package axes

import (
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestConcatOfScalars: what has not the dimension to be joined along is refused, wherever it stands.
func TestConcatOfScalars(t *testing.T) {
	b := NewBuilder("m", 100, runtime.DefaultLimits)
	number, err := b.Constant("k", &Source{Decode: func(dst []float32, _ int) { dst[0] = 1 }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	row, err := b.Input("x", []int{1, 3}, runtime.AsWritten, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ts := range [][]*Tensor{{number, row}, {row, number}, {number}} {
		if _, err := b.Concat("c", 1, ts...); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%d tensors: %v", len(ts), err)
		}
	}
}
