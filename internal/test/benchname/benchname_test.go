package benchname

import (
	"regexp"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"f32_winograd4x3_4x24__avx2":   "dtype=f32/algo=winograd4x3/isa=avx2",
		"u8_conv_14x32__avx512vnni":    "dtype=u8/algo=conv/isa=avx512vnni",
		"u8_conv_8x8__dotprod + relu6": "dtype=u8/algo=conv/isa=dotprod",
		"f32_maxpool3__neon":           "dtype=f32/algo=maxpool3/isa=neon",
		"a + b in 3 bands":             "kernel=a_+_b_in_3_bands",
	} {
		if got := Of(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := Value("inception_3a/1x1"); got != "inception_3a.1x1" {
		t.Error(got)
	}
}

// TestKernels: every kernel of every architecture has the three keys.
func TestKernels(t *testing.T) {
	keys := regexp.MustCompile(`^dtype=[a-z]\d+/algo=\w+/isa=[a-z0-9]+$`)
	for _, k := range kernels.Catalogue() {
		if got := Of(k.Name); !keys.MatchString(got) {
			t.Errorf("%s: %s", k.Name, got)
		}
	}
}
