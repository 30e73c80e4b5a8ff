package caffe

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

func poolText(params string) string {
	return fmt.Sprintf(`layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 3 stride: 2 %s } }`, params)
}

// A pool over 4×4 is 1×1 rounded down and 2×2 rounded up, whichever branch of Caffe's words say so.
func TestPoolRounding(t *testing.T) {
	for params, outputs := range map[string]int{"": 4, "ceil_mode: false": 1, "ceil_mode: true": 4, "round_mode: FLOOR": 1,
		"round_mode: CEIL":                   4,
		"round_mode: FLOOR ceil_mode: false": 1} {
		if got := run(t, weightsOf(nil), netText(1, 4, 4, poolText(params)), ramp(16)); len(got) != outputs {
			t.Errorf("%q gives %d outputs, want %d", params, len(got), outputs)
		}
	}
	for _, params := range []string{"round_mode: FLOOR ceil_mode: true", "round_mode: UP", "ceil_mode: maybe"} {
		if _, err := Load(weightsOf(nil), []byte(netText(1, 4, 4, poolText(params)))); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%q: %v", params, err)
		}
	}
}

// binaryPool is a caffemodel with its description: a pool over size×size with field 13 and another field.
func binaryPool(size, thirteen int64, more ...wire.Msg) []byte {
	pool := wire.Msg{}.Int(1, 0).Int(2, 3).Int(3, 2).Int(13, thirteen)
	for _, m := range more {
		pool = append(pool, m...)
	}
	input := wire.Msg{}.Str(1, "data").Str(2, "Input").Str(4, "data").Sub(143,
		wire.Msg{}.Sub(1, wire.Msg{}.Ints(1, 1, 1, size, size)))
	layer := wire.Msg{}.Str(1, "p").Str(2, "Pooling").Str(3, "data").Str(4, "p").Sub(121, pool)
	return wire.Msg{}.Sub(100, input).Sub(100, layer)
}

// Field 13 of a binary file has two meanings: it is refused where they differ, and no matter where they do not.
func TestPoolRoundingBinary(t *testing.T) {
	for v := range int64(2) {
		if _, err := Load(binaryPool(4, v), nil); !errors.Is(err, runtime.ErrGraph) ||
			!strings.Contains(fmt.Sprint(err), `"p"`) ||
			!strings.Contains(fmt.Sprint(err), "ceil_mode") {
			t.Errorf("field 13 is %d: %v", v, err)
		}
		if got := run(t, binaryPool(5, v), "", ramp(25)); len(got) != 4 {
			t.Errorf("field 13 is %d over 5×5: %v", v, got)
		}
	}
}

// A parameter that is not known may change the numbers: it is refused by its name, or its number.
func TestStrangeParameters(t *testing.T) {
	for text, name := range map[string]string{
		poolText("engine: CAFFE shift_invariant: true"):                                                                       "pooling_param has shift_invariant",
		`layer { name: "d" type: "Dropout" bottom: "data" top: "d" dropout_param { dropout_ratio: 0.5 scale_train: false } }`: "dropout_param has scale_train",
		`layer { name: "r" type: "ReLU" bottom: "data" top: "r" relu_param { upper: 6 } }`:                                    "relu_param has upper",
		`layer { name: "s" type: "Softmax" bottom: "data" top: "s" softmax_param { axis: 1 temperature: 2 } }`:                "softmax_param has temperature",
	} {
		if _, err := Load(weightsOf(nil), []byte(netText(1, 4, 4, text))); !errors.Is(err, runtime.ErrGraph) ||
			!strings.Contains(fmt.Sprint(err), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(binaryPool(5, 0, wire.Msg{}.Int(77, 1)), nil); !errors.Is(err, runtime.ErrGraph) ||
		!strings.Contains(fmt.Sprint(err), "field 77") {
		t.Errorf("binary: %v", err)
	}
	twice := `layer { name: "r" type: "ReLU" bottom: "data" top: "r" relu_param { negative_slope: 1 } relu_param { engine: CAFFE } }`
	if _, err := Load(weightsOf(nil), []byte(netText(1, 4, 4, twice))); !errors.Is(err, runtime.ErrCorrupt) {
		t.Errorf("two messages: %v", err)
	}
}
