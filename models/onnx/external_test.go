package onnx

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// outside is a constant w of 1×1×1×1 whose one float is in another file.
func outside(location string, offset, length int) wire.Msg {
	pair := func(key, value string) wire.Msg { return wire.Msg{}.Str(1, key).Str(2, value) }
	return wire.Msg{}.Ints(1, 1, 1, 1, 1).Int(2, 1).Str(8, "w").Sub(13, pair("location", location)).
		Sub(13, pair("offset", strconv.Itoa(offset))).Sub(13, pair("length", strconv.Itoa(length))).Int(14, 1)
}

// TestExternalData: weights in a file beside the model are read; none is read from elsewhere, or beyond its end.
func TestExternalData(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "model")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	data := []byte{9, 9, 9, 9, 0, 0, 64, 64} // 3 at 4
	for _, path := range []string{filepath.Join(top, "secret"), filepath.Join(dir, "w.bin"),
		filepath.Join(dir, "sub", "w.bin")} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	linked := os.Symlink(filepath.Join(top, "secret"), filepath.Join(dir, "link")) == nil
	x := []int64{1, 1, 1, 2}
	open := func(w ...wire.Msg) (*runtime.Graph, error) {
		path := filepath.Join(dir, "net.onnx")
		if err := os.WriteFile(path, modelOf(11, x, w, nodeOf("Conv", "x w", "y")), 0o644); err != nil {
			t.Fatal(err)
		}
		return Open(path)
	}
	for _, place := range []string{"w.bin", "sub/w.bin"} {
		g, err := open(outside(place, 4, 4))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := interp.Run(g, []float32{1, 2}); err != nil || out[0][0] != 3 || out[0][1] != 6 {
			t.Errorf("%s: %v, %v", place, out, err)
		}
	}
	for _, bad := range []struct {
		place          string
		offset, length int
		says           string
	}{
		{"../secret", 4, 4, "not beside the model"}, {filepath.Join(top, "secret"), 4, 4, "not beside the model"},
		{"sub/../../secret", 4, 4, "not beside"},
		{"w.bin", 5, 4, "4 bytes at 5"}, {"w.bin", 1 << 30, 4, "unexpected EOF"}, {"w.bin", 4, 8, "said to have 8"},
		{"w.bin", -4, 4, "-4"},
		{"none", 0, 4, "no such file"}, {"sub", 0, 4, "no file"}, {"", 0, 4, "save_as_external_data"},
	} {
		_, err := open(outside(bad.place, bad.offset, bad.length))
		var fe *runtime.FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%q, %d bytes at %d: %v", bad.place, bad.length, bad.offset, err)
		}
	}
	if _, err := open(outside("link", 4, 4)); linked && err == nil {
		t.Error("a link leads out of the model's folder")
	}
	if _, err := Load(modelOf(11, x, []wire.Msg{outside("w.bin", 4, 4)}, nodeOf("Conv", "x w", "y"))); !errors.Is(err,
		runtime.ErrCorrupt) {
		t.Errorf("without a folder: %v", err)
	}
	// A file may not be read over and over: that would take more memory than there is data.
	again := func(name string) wire.Msg { return append(outside("w.bin", 4, 4), wire.Msg{}.Str(8, name)...) }
	if _, err := open(again("w"), again("v"), again("u")); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("three tensors of one place: %v", err)
	}
}
