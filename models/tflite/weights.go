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

// intWeights are the weights as int8 in −127…127 with zero point 0, and a scale for each filter. Biases of filters that
// had to be rounded anew are adapted in place.
func (n *node) intWeights(t *tensor, k int, depthwise bool, bias []int32) ([]int8, []float32, error) {
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
	zeroOf := func(i int) int { return 0 }
	switch {
	case t.dtype == typeInt8:
		for _, z := range t.zero {
			if z != 0 {
				return nil, nil, fmt.Errorf("int8 weights with zero point %d: %w", z, runtime.ErrGraph)
			}
		}
	case t.dtype == typeUint8 && len(t.zero) == 1 && t.zero[0] >= 0 && t.zero[0] <= 255:
		zeroOf = func(int) int { return int(t.zero[0]) }
	default:
		return nil, nil, fmt.Errorf("weights of %v with %d zero points: %w", t.dtype, len(t.zero), runtime.ErrGraph)
	}
	wide := make([]int, len(raw))
	for i, b := range raw {
		if t.dtype == typeInt8 {
			wide[i] = int(int8(b))
		} else {
			wide[i] = int(b) - zeroOf(i)
		}
	}
	if depthwise {
		wide = transposed(wide, k)
	}
	weights, scales := make([]int8, len(wide)), make([]float32, k)
	depth := len(wide) / k
	for f := range k {
		scales[f] = t.scale[f%len(t.scale)]
		filter, out := wide[f*depth:][:depth], weights[f*depth:][:depth]
		largest := 0
		for _, w := range filter {
			largest = max(largest, w, -w)
		}
		if largest <= 127 {
			for i, w := range filter {
				out[i] = int8(w)
			}
			continue
		}
		scales[f] *= float32(largest) / 127
		for i, w := range filter {
			out[i] = int8(math.RoundToEven(float64(w) * 127 / float64(largest)))
		}
		if bias != nil {
			bias[f] = int32(math.RoundToEven(float64(bias[f]) * 127 / float64(largest)))
		}
	}
	return weights, scales, nil
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
