package quant

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestCorrection: with corrected biases the channels of the last convolution have the means that float's have, and the
// graph is nearer to it; without inputs, or once its context is done, there is an error.
func TestCorrection(t *testing.T) {
	g := unlikeNet(t)
	stats := calibrated(t, g)
	offsets := func(opts ...Option) (sum float64) {
		q, report, err := Quantize(g, stats, append(opts, WithoutEqualising())...)
		if err != nil {
			t.Fatal(err)
		}
		if want := 0; len(opts) > 0 {
			if want = 4; report.Corrected != want {
				t.Errorf("%d convolutions corrected, want %d", report.Corrected, want)
			}
		}
		next := noise(6, 1)
		var mean []float64
		in := make([]float32, 12*12*3)
		for next(in) == nil {
			x, y := results(t, g, in), results(t, q, in)
			if mean == nil {
				mean = make([]float64, 4)
			}
			for i := range 12 * 12 * 4 { // the first output: four channels
				mean[i%4] += float64(y[i]) - float64(x[i])
			}
		}
		for _, m := range mean {
			sum += math.Abs(m)
		}
		return sum
	}
	without, with := offsets(), offsets(WithCorrection(t.Context(), noise(6, 1)))
	if t.Logf("means are off by %.3g, and %.3g without", with, without); with > without/2 {
		t.Errorf("means are off by %.3g, and %.3g without", with, without)
	}
	empty := func([]float32) error { return io.EOF }
	if _, _, err := Quantize(g, stats, WithCorrection(t.Context(), empty)); !errors.Is(err, ErrNoInputs) {
		t.Errorf("no inputs: %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Quantize(g, stats, WithCorrection(done, noise(2, 1))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestShift: biases that would break the accumulator's bound stay as they are.
func TestShift(t *testing.T) {
	q := &runtime.QConv{Window: runtime.Window{R: 1, S: 1}, K: 2, Weights: []int8{1, 1}, WScale: []float32{1, 1e-9},
		Bias: []int32{5, 5}, Out: runtime.Quant{Scale: 1}, Hi: 255}
	n := &runtime.Node{Op: q, In: []*runtime.Value{{Quant: runtime.Quant{Scale: 1}}}}
	if !shift(n, []float64{4, 9}, []float64{1.2, 1}) || !slices.Equal(q.Bias, []int32{8, 5}) {
		t.Errorf("biases %v, want 8 and 5", q.Bias)
	}
}
