package quant

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
)

// channel quantises the weights of one output channel, symmetrically:
//
//	w ≈ scale·q, q = roundEven(w/scale) in −127…127, scale = max|w|/127
//	bias ≈ in·scale·b, b = roundEven(bias/(in·scale))
//
// The scale is larger, by a power of two, where the accumulator or the bias could otherwise leave int32, or where
// the factor in·scale/out would not be a normal float32. With weights of zero the scale serves the bias alone.
func channel(q []int8, w []float32, bias, in, out float32) (scale float32, b int32) {
	most := float32(0)
	for _, x := range w {
		most = max(most, x, -x)
	}
	scale64 := float64(most) / 127
	if most == 0 {
		scale64 = float64(out) / float64(in) / (1 << 12) // 2⁻¹² of an output step
	}
	// Halfway through the normal numbers' range, so that neither the scale nor the factor leaves it.
	scale64 = max(scale64, math.Ldexp(1, -120), math.Ldexp(1, -120)*float64(out)/float64(in))
	for {
		scale = float32(scale64)
		sum := int64(0)
		for i, x := range w {
			v := min(max(math.RoundToEven(float64(x)/float64(scale)), -127), 127)
			q[i] = int8(v)
			sum += int64(math.Abs(v))
		}
		exact := math.RoundToEven(float64(bias) / (float64(in) * float64(scale)))
		if math.Abs(exact) <= math.MaxInt32 && kernels.SumFits(sum, int32(exact)) {
			return scale, int32(exact)
		}
		scale64 *= 2
	}
}

// quantised is what channel makes of all of a layer's channels.
type quantised struct {
	weights []int8
	scale   []float32
	bias    []int32
	sqnr    float64 // of the weights, dB
}

// quantiseWeights quantises weights [K][…] channel by channel; bias may be nil. in and out are the scales of the input
// and the output, out 1 for a float output. Weights that are not finite are refused.
func quantiseWeights(w, bias []float32, k int, in, out float32) (quantised, error) {
	each := len(w) / k
	r := quantised{weights: make([]int8, len(w)), scale: make([]float32, k), bias: make([]int32, k)}
	signal, noise := 0.0, 0.0
	for i := range k {
		var b float32
		if bias != nil {
			b = bias[i]
		}
		from, to := w[i*each:][:each], r.weights[i*each:][:each]
		sum := b - b // NaN if any of them is not finite
		for _, x := range from {
			sum += x - x
		}
		if sum != 0 {
			return r, fmt.Errorf("channel %d has a weight or bias that is %w", i, ErrNotFinite)
		}
		r.scale[i], r.bias[i] = channel(to, from, b, in, out)
		if factor := float64(in) * float64(r.scale[i]) / float64(out); factor > math.MaxFloat32 ||
			r.scale[i] > math.MaxFloat32 {
			return r, fmt.Errorf("channel %d is beyond float32 by its scales %g·%g/%g: %w", i, in, r.scale[i], out, ErrNotFinite)
		}
		for j, x := range from {
			e := float64(x) - float64(to[j])*float64(r.scale[i])
			signal += float64(x) * float64(x)
			noise += e * e
		}
	}
	r.sqnr = decibels(signal, noise)
	return r, nil
}

// decibels is the ratio of two powers; an error of zero counts as one in 10²⁰, so that it stays a number.
func decibels(signal, noise float64) float64 {
	if noise <= signal*1e-20 {
		if signal == 0 && noise > 0 {
			return 0
		}
		return 200
	}
	return max(-200, 10*math.Log10(max(signal, noise*1e-20)/noise))
}
