package tflite

import (
	"errors"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func fakeQuantModel(lo, hi float32, bits int32, narrow int8) []byte {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 9}})
	y := f.op(opFakeQuant, options(opt{0, lo}, opt{1, hi}, opt{2, bits}, opt{3, narrow}),
		f.tensor(tensorSpec{name: "y", shape: []int{1, 9}}), x)
	f.inputs, f.outputs = []int{x}, []int{y}
	return f.bytes()
}

// FAKE_QUANT rounds to the levels that TensorFlow's kernel computes: the range is moved so that zero is a level.
func TestFakeQuant(t *testing.T) {
	in := []float32{-9, -1, -.33, 0, .21, .51, .77, 1.2, 9}
	for _, c := range []struct {
		lo, hi float32
		bits   int32
		narrow int8
	}{{-1, 1, 8, 0}, {-.5, 1.3, 8, 0}, {0, 6, 8, 0}, {-1, 1, 8, 1}, {-1.3, .4, 4, 0}, {-2, 2, 4, 1}, {-3, 0, 2, 0}} {
		g, err := Load(fakeQuantModel(c.lo, c.hi, c.bits, c.narrow))
		if err != nil {
			t.Fatal(err)
		}
		lowest, highest := float64(c.narrow), float64(int(1)<<c.bits-1)
		step := (c.hi - c.lo) / float32(highest-lowest) // as the kernel has it, in binary32
		zero := min(max(math.Round(float64(float32(lowest)-c.lo/step)), lowest), highest)
		scale := float64(step)
		for i, got := range run(t, g, in) {
			level := min(max(math.Floor(float64(in[i])/scale+.5)+zero, lowest), highest)
			if want := (level - zero) * scale; math.Abs(float64(got)-want) > 1e-5 {
				t.Errorf("%+v: %v becomes %v, want %v", c, in[i], got, want)
			}
		}
	}
	for _, c := range [][3]float32{{-1, 1, 16}, {.5, 1, 8}, {-1, -.5, 8}, {0, 0, 8}, {-1, 1, 0}} {
		if _, err := Load(fakeQuantModel(c[0], c[1], int32(c[2]), 0)); !errors.Is(err, runtime.ErrGraph) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
