package tflite

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// floatWeights are constants, half-precision ones that a DEQUANTIZE made float, or the integers of a layer whose
// activations are float.
func (n *node) floatWeights(t *tensor) ([]float32, error) {
	if t == nil {
		return nil, fmt.Errorf("weights are missing: %w", runtime.ErrGraph)
	}
	for _, op := range n.sub.operators {
		if op.code == opDequantize && len(op.outputs) == 1 && op.outputs[0] == t.number && len(op.inputs) == 1 &&
			op.inputs[0] >= 0 {
			return n.reals(&n.sub.tensors[op.inputs[0]])
		}
	}
	return n.reals(t)
}

// intWeights are the weights less their zero point, −255…255, and a scale for each filter.
func (n *node) intWeights(t *tensor, k int, depthwise bool) ([]int16, []float32, error) {
	raw, err := n.raw(t, 1)
	if err != nil {
		return nil, nil, err
	}
	if len(raw)%k != 0 || len(t.scale) != 1 && len(t.scale) != k {
		return nil, nil, fmt.Errorf("%d weights and %d scales for %d filters: %w",
			len(raw), len(t.scale), k, runtime.ErrShape)
	}
	axis := 0
	if depthwise {
		axis = 3
	}
	if len(t.scale) > 1 && t.axis != axis {
		return nil, nil, fmt.Errorf("weights quantised along axis %d, want %d: %w", t.axis, axis, runtime.ErrGraph)
	}
	weights := make([]int16, len(raw))
	switch {
	case t.dtype == typeInt8:
		for _, z := range t.zero {
			if z != 0 {
				return nil, nil, fmt.Errorf("int8 weights with zero point %d: %w", z, runtime.ErrGraph)
			}
		}
		for i, b := range raw {
			weights[i] = int16(int8(b))
		}
	case t.dtype == typeUint8 && len(t.zero) <= 1:
		zero := int64(0)
		if len(t.zero) == 1 {
			zero = t.zero[0]
		}
		if zero < 0 || zero > 255 {
			return nil, nil, fmt.Errorf("uint8 weights with zero point %d: %w", zero, runtime.ErrCorrupt)
		}
		for i, b := range raw {
			weights[i] = int16(b) - int16(zero)
		}
	default:
		return nil, nil, fmt.Errorf("weights of %v with %d zero points: %w", t.dtype, len(t.zero), runtime.ErrGraph)
	}
	if depthwise {
		weights = transposed(weights, k)
	}
	scales := make([]float32, k)
	for f := range scales {
		scales[f] = t.scale[f%len(t.scale)]
	}
	return weights, scales, nil
}

// factorScale returns the scale of a filter, or one that differs from it by a unit in the last place or two, for which
// the factor of its sums, which gneiss rounds once, is what TensorFlow Lite's kernels compute in binary32: in·weight
// rounded, over out. Where there is no such scale it is the filter's own.
func factorScale(in, weight, out float32) float32 {
	want := float32(in*weight) / out
	for _, s := range []float32{weight, math.Nextafter32(weight, 0), math.Nextafter32(weight, 2*weight),
		float32(float64(want) * float64(out) / float64(in))} {
		if float32(float64(in)*float64(s)/float64(out)) == want {
			return s
		}
	}
	return weight
}

// transposed turns [taps][k] into [k][taps].
func transposed[T any](v []T, k int) []T {
	taps := len(v) / k
	out := make([]T, taps*k)
	for t := range taps {
		for f := range k {
			out[f*taps+t] = v[t*k+f]
		}
	}
	return out
}
