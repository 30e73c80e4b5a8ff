package tflite

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

const opFakeQuant = 80

func registerFakequant() {
	register(opFakeQuant, form{handle: fakeQuant, options: 58, fields: 4})
}

// fakeQuant rounds floats to the levels of a quantisation of up to eight bits, with the range moved so that zero is one
// of them: a clamp, a quantisation and its inverse. Halves are rounded to even, TensorFlow Lite's upwards.
func fakeQuant(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	o := n.options
	lo, hi, bits, lowest := float64(o.float(0, 0)), float64(o.float(1, 0)), o.int(2, 0), 0.0
	if o.byte(3) != 0 { // narrow_range
		lowest = 1
	}
	if !(lo <= 0 && hi >= 0 && hi-lo > 0 && hi-lo <= math.MaxFloat32) || bits < 2 || bits > 8 {
		return fmt.Errorf("from %v to %v in %d bits: %w", lo, hi, bits, runtime.ErrGraph)
	}
	highest := float64(int(1)<<bits - 1)
	scale := float32((hi - lo) / (highest - lowest))
	zero := min(max(math.Round(float64(float32(lowest)-float32(lo)/scale)), lowest), highest)
	to := runtime.Quant{Scale: scale, Zero: uint8(zero)}
	if x, err = n.real(x); err != nil {
		return err
	}
	bounds := runtime.Clamp{On: true, Lo: float32(lowest-zero) * scale, Hi: float32(highest-zero) * scale}
	if x, err = n.b.Add(n.name+"/clamped", &runtime.Activation{Act: bounds}, x); err != nil {
		return err
	}
	if x, err = n.b.Add(n.name+"/quantised", &runtime.Quantize{To: to}, x); err != nil {
		return err
	}
	return n.isReal(n.b.Add(n.name, &runtime.Dequantize{}, x))
}
