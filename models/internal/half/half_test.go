package half

import (
	"math"
	"testing"
)

func TestFloat32(t *testing.T) {
	inf := float32(math.Inf(1))
	for h, want := range map[uint16]float32{0: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 0x7bff: 65504,
		1:      1. / (1 << 24),
		0x03ff: 1023. / (1 << 24), 0x0400: 1. / (1 << 14), 0x7c00: inf, 0xfc00: -inf} {
		if got := Float32(h); got != want {
			t.Errorf("%#x: %v, want %v", h, got, want)
		}
	}
	if v := Float32(0x7e00); v == v {
		t.Errorf("NaN is %v", v)
	}
	if v := Float32(0x8000); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("−0 is %v", v)
	}
}
