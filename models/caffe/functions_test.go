package caffe

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestFunctions: layers of single elements and of several bottoms, beside package math, over −1.5, −1, … 2.
func TestFunctions(t *testing.T) {
	x := []float32{-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2}
	slopes := map[string][]arr{"l": {{[]int64{2}, []float32{0.25, -2}}}}
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	for params, want := range map[string]func(v float64, c int) float64{
		`"ReLU" relu_param { negative_slope: 0.125 }`: func(v float64, _ int) float64 { return max(v, v/8) },
		`"ELU" elu_param { alpha: 2 }`:                func(v float64, _ int) float64 { return max(v, 0) + 2*math.Expm1(min(v, 0)) },
		`"AbsVal"`:                                    func(v float64, _ int) float64 { return math.Abs(v) },
		`"BNLL"`:                                      func(v float64, _ int) float64 { return math.Log1p(math.Exp(v)) },
		`"Exp"`:                                       func(v float64, _ int) float64 { return math.Exp(v) },
		`"Exp" exp_param { base: 2 scale: 3 shift: 1 }`: func(v float64, _ int) float64 {
			return math.Exp2(1 + 3*v)
		},
		`"Log" log_param { base: 10 scale: 2 shift: 4 }`: func(v float64, _ int) float64 { return math.Log10(4 + 2*v) },
		`"Log" log_param { shift: 4 }`:                   func(v float64, _ int) float64 { return math.Log(4 + v) },
		`"Power" power_param { power: 2 shift: 1 }`:      func(v float64, _ int) float64 { return (v + 1) * (v + 1) },
		`"Power" power_param { power: 3 scale: 2 }`:      func(v float64, _ int) float64 { return 8 * v * v * v },
		`"Power" power_param { power: 0.5 shift: 4 }`:    func(v float64, _ int) float64 { return math.Sqrt(v + 4) },
		`"Swish"`: func(v float64, _ int) float64 { return v * sigmoid(v) },
		`"Swish" swish_param { beta: 2 }`: func(v float64, _ int) float64 {
			return v * sigmoid(2*v)
		},
		`"PReLU"`: func(v float64, c int) float64 { return max(v, 0) + []float64{0.25, -2}[c]*min(v, 0) },
		`"Eltwise" bottom: "data" bottom: "data" eltwise_param { operation: PROD }`: func(v float64, _ int) float64 {
			return v * v * v
		},
	} {
		layer := fmt.Sprintf(`layer { name: "l" bottom: "data" top: "l" type: %s }`, params)
		got := run(t, weightsOf(slopes), netText(2, 2, 2, layer), x, WithBatch(1))
		for i, v := range x {
			if w := want(float64(v), i/4); !(math.Abs(float64(got[i])-w) <= 2e-6*math.Abs(w)+1e-7) {
				t.Errorf("%s of %v is %v, want %v", params, v, got[i], w)
			}
		}
	}
	shared := `layer { name: "l" type: "PReLU" bottom: "data" top: "l" prelu_param { channel_shared: true } }
		layer { name: "m" type: "Eltwise" bottom: "data" bottom: "l" top: "m" eltwise_param { operation: MAX } }`
	got := run(t, weightsOf(map[string][]arr{"l": {{[]int64{1}, []float32{3}}}}), netText(2, 2, 2, shared), x, WithBatch(1))
	for i, v := range x {
		if got[i] != v {
			t.Errorf("the maximum of %v and thrice that if it is negative is %v", v, got[i])
		}
	}
	for _, bad := range []string{`"Exp" exp_param { base: -2 }`, `"Eltwise" eltwise_param { operation: PROD coeff: 2 }`,
		`"Eltwise" eltwise_param { operation: MIN }`} {
		layer := fmt.Sprintf(`layer { name: "l" bottom: "data" top: "l" type: %s }`, bad)
		if _, err := Load(weightsOf(nil), []byte(netText(1, 2, 2, layer))); !errors.Is(err, runtime.ErrShape) &&
			!errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
