package onnx

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
)

// TestFunctionsConformance: the node tests of the ONNX project for functions and arithmetic.
func TestFunctionsConformance(t *testing.T) {
	for _, name := range strings.Fields(`abs ceil_example celu div_bcast div_example erf
		exp_example floor floor_example log_example max_float32 max_float16 max_one_input min_example min_float64
		min_float16 min_two_inputs neg_example pow pow_bcast_array pow_example pow_types_float32_int64
		pow_types_float32_uint32 reciprocal shrink_soft sign sqrt_example sub sub_example thresholdedrelu thresholdedrelu_example`) {
		c, err := readCase(filepath.Join(testdata.Path(t, "conformance", "onnx-node-more"), "test_"+name))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
