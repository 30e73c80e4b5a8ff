package models

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestOpen opens each real model by its name alone, and under a name that tells nothing.
func TestOpen(t *testing.T) {
	for _, f := range [][]string{
		{"models", "bvlc_googlenet", "bvlc_googlenet.caffemodel"},
		{"models", "bvlc_googlenet", "bvlc_googlenet-opset11.onnx"},
		{"models", "cifar10_nin", "cifar10_nin.caffemodel"},
	} {
		path := testdata.Path(t, f...)
		g, err := Open(path, WithBatch(1))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(g.Outputs) != 1 || len(g.Nodes) == 0 {
			t.Errorf("%s: %d nodes, outputs %v", f[2], len(g.Nodes), g.Outputs)
		}
		plain := filepath.Join(t.TempDir(), "model")
		if err := os.Symlink(path, plain); err != nil {
			t.Skip(err)
		}
		opts := []OpenOption{}
		if filepath.Ext(path) == ".caffemodel" {
			opts = append(opts, WithPrototxt(filepath.Join(filepath.Dir(path), "deploy.prototxt")))
		}
		if h, err := Open(plain, opts...); err != nil || len(h.Nodes) != len(g.Nodes) {
			t.Errorf("%s without its extension: %v", f[2], err)
		}
	}
}

// TestOpenErrors: whatever is opened, the error names the file and says what is wrong.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
	for _, c := range []struct {
		name, content string
		is            error
		says          string
	}{
		{"photo.jpg", "\xff\xd8\xff\xe0", runtime.ErrCorrupt, "a JPEG image"},
		{"photo.onnx", "\x89PNG\r\n\x1a\n", runtime.ErrCorrupt, "not an ONNX model but a PNG image"},
		{"empty", "", runtime.ErrCorrupt, "empty"},
		{"empty.onnx", "", runtime.ErrCorrupt, "empty"},
		{"empty.caffemodel", "", runtime.ErrCorrupt, "empty"},
		{"empty.tflite", "", runtime.ErrCorrupt, "empty"},
		{"empty.gneiss", "", runtime.ErrCorrupt, "empty"},
		{"lfs.tflite", lfs, runtime.ErrCorrupt, "not a TFLite model but a Git LFS pointer"},
		{"lfs.onnx", lfs, runtime.ErrCorrupt, "not an ONNX model but a Git LFS pointer"},
		{"lfs.gneiss", lfs, runtime.ErrCorrupt, "not a gneiss model but a Git LFS pointer"},
		{"lfs.caffemodel", lfs, runtime.ErrCorrupt, "a Git LFS pointer"},
		{"lfs.prototxt", lfs, runtime.ErrCorrupt, "a Git LFS pointer"},
		{"page.tflite", "<!DOCTYPE html>\n<title>404</title>", runtime.ErrCorrupt, "an HTML page"},
		{"page.onnx", "<!DOCTYPE html>\n<title>404</title>", runtime.ErrCorrupt, "an HTML page"},
		{"page.prototxt", "<html><title>404</title></html>", runtime.ErrCorrupt, "an HTML page"},
		{"weights.tflite", "\x89HDF\r\n\x1a\n", runtime.ErrCorrupt, "an HDF5 file"},
		{"noise.tflite", "\xfe\xfe\xfe\xfe", runtime.ErrCorrupt, "not a TFLite model"},
		{"noise", "\xfe\xfe\xfe\xfe", runtime.ErrCorrupt, "neither"},
		{"net.prototxt", "layer {", runtime.ErrCorrupt, "line 1"},
		{"text", "hello\nworld", runtime.ErrCorrupt, "prototxt"},
		{"missing.onnx", "-", os.ErrNotExist, "missing.onnx"},
		{"missing.caffemodel", "-", os.ErrNotExist, "missing.caffemodel"},
		{"missing", "-", os.ErrNotExist, "missing"},
	} {
		path := filepath.Join(dir, c.name)
		if c.content != "-" {
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(path)
		var fe *runtime.FileError
		if !errors.As(err, &fe) || !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), path) ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %v that says %q", c.name, err, c.is, c.says)
		}
	}
}
