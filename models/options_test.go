package models

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// fixedONNX is a Relu over a batch of two images of 3×4×4.
func fixedONNX() []byte {
	port := func(name string) wire.Msg {
		shape := wire.Msg{}
		for _, d := range []int64{2, 3, 4, 4} {
			shape = shape.Sub(1, wire.Msg{}.Int(1, d))
		}
		return wire.Msg{}.Str(1, name).Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, 1).Sub(2, shape)))
	}
	node := wire.Msg{}.Str(1, "x").Str(2, "y").Str(4, "Relu")
	g := wire.Msg{}.Sub(1, node).Str(2, "g").Sub(11, port("x")).Sub(12, port("y"))
	return wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, g)
}

// elements is a limit on the elements of a value.
func elements(n int) OpenOption {
	l := runtime.DefaultLimits
	l.MaxElements = n
	return WithLimits(l)
}

// An option that cannot be followed is an error, not passed over.
func TestOptionsAreHeeded(t *testing.T) {
	dir := t.TempDir()
	own, onnx := filepath.Join(dir, "m"+runtime.Ext), filepath.Join(dir, "m.onnx")
	if err := os.WriteFile(onnx, fixedONNX(), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := Open(onnx)
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(own, g); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path string
		opt  OpenOption
		want error
	}{
		{onnx, WithBatch(2), nil}, {onnx, WithBatch(1), runtime.ErrShape}, {onnx, WithInputShape(3, 4, 4), nil},
		{onnx, WithInputShape(3, 8, 8), runtime.ErrShape}, {onnx, WithRandomWeights(1), runtime.ErrGraph},
		{onnx, WithPrototxt("x"), runtime.ErrGraph},
		{own, WithBatch(2), nil}, {own, WithBatch(3), runtime.ErrShape}, {own, WithOutputs("y"), runtime.ErrGraph},
		{own, WithInputShape(3, 4, 4), runtime.ErrGraph},
		{own, elements(95), runtime.ErrLimit}, {own, elements(96), nil},
		{onnx, elements(95), runtime.ErrLimit}, {onnx, elements(96), nil},
	} {
		var fe *runtime.FileError
		if _, err := Open(tc.path, tc.opt); !errors.Is(err, tc.want) || err != nil && !errors.As(err, &fe) {
			t.Errorf("%s: %v, want %v", filepath.Base(tc.path), err, tc.want)
		}
	}
}
