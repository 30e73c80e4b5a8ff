package models

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestOpenNCNN: a .param and a .bin open each other, under a name that tells nothing too; options reach the importer or
// are errors.
func TestOpenNCNN(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const text = "7767517\n3 3\nInput data 0 1 data\nBias b 1 1 data b 0=1\nReLU r 1 1 b out\n"
	const one = "\x00\x00\x80\x3f"
	param, weights := write("net.param", text), write("net.bin", one)
	plain := write("plain", text)
	write("plain.bin", one)
	size := WithInputShape(1, 2, 3)
	for _, path := range []string{param, weights, plain} {
		g, err := Open(path, size, WithNodes("b"))
		if err != nil || len(g.Nodes) != 2 || len(g.Outputs) != 2 || g.Outputs[0].Name != "out" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if g, err := Open(param, WithInputDims("data", 1, 4, 4), WithOutputs("b"), WithBatch(3)); err != nil ||
		g.Inputs[0].Shape.N != 3 || g.Outputs[0].Name != "b" {
		t.Errorf("with options: %v", err)
	}
	var open *OpenSizeError
	if _, err := Open(param); !errors.As(err, &open) || open.Input != "data" {
		t.Errorf("of an open size: %v", err)
	}
	for path, says := range map[string]string{
		write("lone.bin", "\xfe\xfe\xfe\xfe"):                            "neither",
		write("x.param.bin", "\xdd\x85\x76\x00\x01\x00\x00\x00"):         "give the .param of text",
		write("lfs.param", "version https://git-lfs.github.com/spec/v1"): "a Git LFS pointer",
		write("net.onnx", text):                                          "an ncnn .param",
		write("empty.param", ""):                                         "empty",
	} {
		if _, err := Open(path); !errors.Is(err, runtime.ErrCorrupt) || !strings.HasPrefix(err.Error(), path) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(param, size, WithPrototxt("x")); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("with a prototxt: %v", err)
	}
}
