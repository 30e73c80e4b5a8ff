package ncnn

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestErrors: what is wrong, and where, is said.
func TestErrors(t *testing.T) {
	data := inputLine("data", []int{4, 5, 6})
	one := func(line string) []byte { return paramOf(data, line) }
	conv := one("Convolution c 1 1 data o 0=2 1=1 6=8")
	for _, c := range []struct {
		name string
		text []byte
		bin  bin
		is   error // nil: unsupported
		says string
	}{
		{"empty", nil, nil, runtime.ErrCorrupt, "the file is empty"},
		{"binary", []byte("\xdd\x85\x76\x00\x02\x00\x00\x00"), nil, runtime.ErrCorrupt, "give the .param of text"},
		{"no magic", []byte("75 83\nInput data 0 1 data\n"), nil, runtime.ErrCorrupt, "7767517"},
		{"picture", []byte("\x89PNG\r\n\x1a\n"), nil, runtime.ErrCorrupt, "a PNG image"},
		{"cut", []byte("7767517\n3 3\n" + data + "\n"), nil, runtime.ErrCorrupt, "1 layers, but line 2 announces 3"},
		{"too many", []byte("7767517\n1 3\n" + data + "\nReLU r 1 1 data o\n"), nil, runtime.ErrCorrupt, "line 4: more than"},
		{"huge count", []byte("7767517\n999999999 3\n"), nil, runtime.ErrLimit, "line 2"},
		{"no counts", []byte("7767517\nInput data 0 1 data\n"), nil, runtime.ErrCorrupt, "line 2"},
		{"few words", one("ReLU r 1"), nil, runtime.ErrCorrupt, "line 4: 3 words"},
		{"few blobs", one("ReLU r 2 1 data o"), nil, runtime.ErrCorrupt, "line 4: 2 inputs and 1 outputs"},
		{"negative count", one("ReLU r -1 1 data o"), nil, runtime.ErrCorrupt, "line 4"},
		{"no parameter", one("ReLU r 1 1 data o slope"), nil, runtime.ErrCorrupt, `"slope"`},
		{"twice", one("ReLU r 1 1 data o 0=0.5 0=0.6"), nil, runtime.ErrCorrupt, "twice"},
		{"array of another length", one("Slice r 1 1 data o -23300=3,1"), nil, runtime.ErrCorrupt, "1 elements"},
		{"huge array", one("Slice r 1 1 data o -23300=2000000000,1"), nil, runtime.ErrLimit, "line 4"},
		{"an array for a number", one("Concat r 1 1 data o -23300=1,1"), nil, runtime.ErrCorrupt, "parameter 0: an array"},
		{"no whole number", one("Concat r 1 1 data o 0=1.5"), nil, runtime.ErrCorrupt, "no whole number"},
		{"bits of a number", one("ReLU r 1 1 data o 0=1"), nil, runtime.ErrCorrupt, "1.0"},
		{"unknown blob", one("ReLU r 1 1 dat o"), nil, runtime.ErrGraph, `its input "dat"`},
		{"made twice", one("ReLU r 1 1 data data"), nil, runtime.ErrGraph, "made before"},
		{"no output", paramOf(data), nil, runtime.ErrGraph, "no output"},
		{"open size", paramOf("Input data 0 1 data", "ReLU r 1 1 data o"), nil, runtime.ErrShape, `size of its input "data"`},
		{"two inputs", paramOf(data, "Input e 0 1 e 0=3", "ReLU r 2 1 data e o"), nil, runtime.ErrShape, "2 inputs, want 1"},
		{"unknown layers", paramOf(data, "Fancy f 1 1 data a", "Yolov3DetectionOutput y 1 1 data b", "ReLU r 1 1 a c 7=1"),
			nil, nil, "Fancy"},
		{"the head", one("DetectionOutput y 1 1 data b"), nil, nil, "WithOutputs"},
		{"unknown parameter", one("ReLU r 1 1 data o 7=1 5=2"), nil, nil, "parameters [5 7]"},
		{"old softmax", one("Softmax r 1 1 data o 0=1"), nil, nil, "1=1"},
		{"old reduction", one("Reduction r 1 1 data o 1=0 -23303=1,1"), nil, nil, "old"},
		{"cut weights", conv, bin{}.floats(1, 2, 3), runtime.ErrCorrupt, "cut short"},
		{"no weights", conv, nil, runtime.ErrCorrupt, "cut short"},
		{"too many weights", conv, bin{}.floats(ramp(9)...), runtime.ErrCorrupt, "4 bytes more"},
		{"weights of another size", one("Convolution c 1 1 data o 0=2 1=3 6=8"), bin{}.floats(ramp(8)...), runtime.ErrShape,
			`node "c" (Convolution)`},
		{"negative size", one("Convolution c 1 1 data o 0=2 1=1 6=-8"), nil, runtime.ErrLimit, "-8"},
		{"huge size", one("Convolution c 1 1 data o 0=2 1=1 6=2147483647"), nil, runtime.ErrLimit, "2147483647"},
		{"bytes without scales", conv, bin{}.bytes(1, 2, 3, 4, 5, 6, 7, 8), runtime.ErrCorrupt, "without scales"},
		{"huge window", one("Pooling p 1 1 data o 0=0 1=2000000000"), nil, runtime.ErrShape, `node "p"`},
		{"mixed padding", one("Pooling p 1 1 data o 0=0 1=2 3=-1"), nil, runtime.ErrShape, `node "p"`},
		{"slices that are too large", one("Slice r 1 1 data o -23300=1,9"), nil, runtime.ErrShape, "[9] of 4"},
		{"activation without bounds", one("Convolution c 1 1 data o 0=2 1=1 6=8 9=3"), bin{}.floats(ramp(8)...),
			runtime.ErrCorrupt, "0 parameters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.text, c.bin)
			var fe *runtime.FileError
			var ue *runtime.UnsupportedError
			is := errors.Is(err, c.is)
			if c.is == nil {
				is = errors.As(err, &ue)
			}
			if !errors.As(err, &fe) || !is || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a FileError of %v that says %q", err, c.is, c.says)
			}
		})
	}
}

// TestAllAtOnce: every layer and parameter that is not known is in one error.
func TestAllAtOnce(t *testing.T) {
	_, err := Load(paramOf(inputLine("data", []int{4}), "Fancy f 1 1 data a", "ReLU r 1 1 data b 9=1",
		"Convolution c 1 1 data d 0=2 1=1 6=8 17=1", "Other o 1 1 d e"), nil)
	var ue *runtime.UnsupportedError
	if !errors.As(err, &ue) || len(ue.Ops) != 4 {
		t.Fatal(err)
	}
}

// TestNeeded: a layer that is not known is no error where the outputs do not need it, though its weights hide others.
func TestNeeded(t *testing.T) {
	text := paramOf(inputLine("data", []int{4, 1, 1}), "Convolution c 1 1 data d 0=2 1=1 6=8", "DetectionOutput y 1 1 d e")
	weights := bin{}.floats(ramp(8)...)
	if _, err := Load(text, weights); err == nil {
		t.Error("a head is imported")
	}
	for _, name := range []string{"d", "c"} {
		if got, _ := run(t, text, weights, [][]float32{{1, 0, 0, 0}}, WithOutputs(name)); len(got) != 1 || len(got[0]) != 2 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := Load(text, weights, WithOutputs("dd")); !errors.Is(err, runtime.ErrGraph) {
		t.Error(err)
	}
}

// TestInputSizes: a size is given where the file has none, with the number of images or without.
func TestInputSizes(t *testing.T) {
	text := paramOf("Input data 0 1 data 0=-1 1=-1 2=3", "ReLU r 1 1 data o")
	for _, opts := range [][]Option{{WithInputDims("", 3, 4, 5)}, {WithInputDims("data", 2, 3, 4, 5)},
		{WithInputShape(3, 4, 5), WithBatch(2)}} {
		g, err := Load(text, nil, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if s := g.Inputs[0].Shape; s.H != 4 || s.W != 5 || s.C != 3 {
			t.Errorf("an input of %v", s)
		}
	}
	for _, o := range [][]Option{{WithInputDims("other", 3, 4, 5)}, {WithInputDims("", 3, 4, 5, 6, 7)},
		{WithInputDims("", 2, 3, 4, 5), WithBatch(3)}, {WithInputShape(3, 4, 5), WithBatch(0)}} {
		if _, err := Load(text, nil, o...); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%v", err)
		}
	}
}

// TestOpenFiles: each of the two files finds the other.
func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	param, weights := filepath.Join(dir, "net.ncnn.param"), filepath.Join(dir, "net.ncnn.bin")
	if err := os.WriteFile(param, paramOf(inputLine("data", []int{4, 1, 1}), "Bias b 1 1 data o 0=4"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(param, ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "net.ncnn.bin") {
		t.Errorf("without weights: %v", err)
	}
	if err := os.WriteFile(weights, bin{}.raw(1, 2, 3, 4), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range [][2]string{{param, ""}, {"", weights}, {param, weights}} {
		if g, err := Open(p[0], p[1]); err != nil || g.Name != "net.ncnn" {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := Open(weights, ""); !errors.Is(err, runtime.ErrCorrupt) {
		t.Errorf("a .bin for a .param: %v", err)
	}
}
