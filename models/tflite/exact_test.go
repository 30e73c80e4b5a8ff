package tflite

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// Channels without weights have a bias of ±2³⁰ or ±(2³¹ − 1), as TensorFlow's converter gives dead ones: the output is
// what TensorFlow Lite saturates it to, and the other channels are as ever.
func TestDeadChannels(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, depthwise := range []bool{false, true} {
		l := newQuantLayer(r, typeInt8, depthwise, 0)
		dead := map[int]int32{0: 1 << 30, 2: -1 << 30, 3: math.MaxInt32, 5: -math.MaxInt32}
		for f, bias := range dead {
			l.bias[f] = bias
			for i := range 9 * l.depth {
				at := f*9*l.depth + i
				if depthwise {
					at = i*quantK + f
				}
				l.raw[at] = 0
			}
		}
		g, err := Load(l.model())
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range run(t, g, make([]float32, quantH*quantW*quantC)) {
			bias, ok := dead[i%quantK]
			if !ok {
				continue
			}
			want := float32(0) // ReLU
			if bias > 0 {
				want = float32(127-l.zeroY) * quantScaleY
			}
			if math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("depthwise %v: a channel of bias %d gives %v, want %v", depthwise, bias, got, want)
			}
		}
	}
}

// A filter whose sums an int32 may not hold is refused when it is imported, not when it is compiled.
func TestOverflowIsRefused(t *testing.T) {
	l := newQuantLayer(rand.New(rand.NewPCG(9, 1)), typeInt8, false, 0)
	l.bias[1] = math.MaxInt32 // and weights
	_, err := Load(l.model())
	if !errors.Is(err, runtime.ErrShape) || !strings.Contains(err.Error(), "channel 1") {
		t.Errorf("a bias of 2³¹ − 1 beside weights: %v", err)
	}
}
