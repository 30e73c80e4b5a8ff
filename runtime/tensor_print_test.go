package runtime

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Tensors and what describes them print what a person looks for.
func TestTensorPrints(t *testing.T) {
	s := copied(t, []int{1, 3, 2, 2}, ChannelsLast, nil, false)
	if err := s.Input(0).CopyFrom(count[float32](12)); err != nil {
		t.Fatal(err)
	}
	want := `"x" float32 [1 3 2 2]: 0 1 2 3 4 5 6 7 … (least 0, most 11, mean 5.5)`
	if got := fmt.Sprint(s.Input(0)); got != want {
		t.Errorf("it prints %s, want %s", got, want)
	}
	zero := float32(0)
	copy(s.Input(0).Float32(), []float32{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, zero / zero, 1 / zero})
	if got := s.Input(0).String(); !strings.Contains(got, "(2 not finite)") {
		t.Errorf("it prints %s", got)
	}
	q := Quant{Scale: 0.5, Zero: 100}
	s = copied(t, []int{1, 2}, AsWritten, &q, true)
	if err := s.Input(0).CopyFrom([]float32{-1, 2}); err != nil {
		t.Fatal(err)
	}
	want = `"x" int8 [1 2] scale=0.5 zero=100: -1 2 (least -1, most 2, mean 0.5)`
	if got := fmt.Sprint(s.Input(0)); got != want {
		t.Errorf("it prints %s, want %s", got, want)
	}
}

// An input that there is not: the panic says which there are.
func TestInputPanics(t *testing.T) {
	s := copied(t, []int{1, 2}, AsWritten, nil, false)
	for _, i := range []int{-1, 1} {
		func() {
			defer func() {
				want := fmt.Sprintf(`gneiss: model "copied" has no input %d; there are 0: "x" float32 [1 2]`, i)
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("it panics with %s, want %s", got, want)
				}
			}()
			s.Input(i)
		}()
	}
}

// TopK's result never outgrows k, whatever the buffer held; AppendTopK keeps what it held.
func TestTopKDoesNotGrow(t *testing.T) {
	s := copied(t, []int{1, 4}, AsWritten, nil, false)
	if err := s.Input(0).CopyFrom([]float32{1, 4, 2, 3}); err != nil {
		t.Fatal(err)
	}
	buf := make([]Class, 3)
	for range 3 {
		if buf = s.Input(0).TopK(2, buf); !slices.Equal(buf, []Class{{1, 4}, {3, 3}}) {
			t.Fatal(buf)
		}
	}
	if buf = s.Input(0).AppendTopK(buf, 1); !slices.Equal(buf, []Class{{1, 4}, {3, 3}, {1, 4}}) {
		t.Error(buf)
	}
}

// Files of other kinds are named, and what to do with them.
func TestLoadNamesOtherFiles(t *testing.T) {
	for data, want := range map[string]string{
		"":                                "no bytes",
		"\x08\x08\x12\x07pytorch":         "this looks like an ONNX model; import it by models.Open, or make a .gneiss file",
		"\x1c\x00\x00\x00TFL3":            "this looks like a TensorFlow Lite model; import it",
		"PK\x03\x04":                      "PyTorch checkpoint",
		"\x89HDF\r\n\x1a\n":               "Keras",
		"<!DOCTYPE html>":                 "an HTML page, perhaps of a failed download",
		"version https://git-lfs.com":     "Git LFS",
		"\xff\xd8\xff":                    "a JPEG image",
		"\x89GNEISS\r\n that was a text?": "not a gneiss model",
	} {
		_, err := Load([]byte(data))
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", data, err, want)
		}
	}
}

// A report is a page that ends with a verdict.
func TestSelfReportPrints(t *testing.T) {
	r := &SelfReport{}
	r.add(Check{Name: "a", Kernels: []string{"k"}})
	if got := r.String(); !strings.Contains(got, "1 check with 1 kernels") || !strings.Contains(got, "all is well") {
		t.Error(got)
	}
	r.add(Check{Name: "b", Kernels: []string{"k"}, Problem: "byte 3 is 1, want 2"})
	got := r.String()
	if !strings.HasPrefix(got, "FAILED  b on ") || !strings.Contains(got, "byte 3 is 1, want 2") ||
		!strings.HasSuffix(got, "1 failed: do not trust what this machine computes\n") {
		t.Error(got)
	}
}
