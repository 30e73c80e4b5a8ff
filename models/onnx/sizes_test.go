package onnx

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// openPort encodes a ValueInfoProto of floats; a word that is no number names an open dimension, "?" leaves it unnamed.
func openPort(name string, dims ...string) wire.Msg {
	shape := wire.Msg{}
	for _, d := range dims {
		var n int64
		switch _, err := fmt.Sscan(d, &n); {
		case err == nil:
			shape = shape.Sub(1, wire.Msg{}.Int(1, n))
		case d == "?":
			shape = shape.Sub(1, wire.Msg{})
		default:
			shape = shape.Sub(1, wire.Msg{}.Str(2, d))
		}
	}
	return wire.Msg{}.Str(1, name).Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, int64(elemFloat)).Sub(2, shape)))
}

// TestOpenSizes: sizes that a model leaves open are given by the name of an input or of a dimension; what is still open
// is said of all inputs at once.
func TestOpenSizes(t *testing.T) {
	g := wire.Msg{}.Sub(1, nodeOf("Relu", "img", "a")).Sub(1, nodeOf("Relu", "mask", "b")).
		Sub(1, nodeOf("Relu", "list", "c")).Sub(1, nodeOf("Add", "a b", "y")).
		Sub(11, openPort("img", "N", "3", "H", "W")).Sub(11, openPort("mask", "N", "1", "H", "W")).
		Sub(11, openPort("list", "?", "L", "?")).Sub(12, portOf("y")).Sub(12, portOf("c"))
	model := wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, g)
	for _, c := range []struct {
		opts []Option
		says []string // of the error
		want string   // dimensions
	}{
		{nil, []string{`"img" open, [N 3 H W]`, `of "mask", [N 1 H W]`, `of "list", [? L ?]`}, ""},
		{[]Option{WithInputDims("list", 2, 4, 5)}, []string{`"img" open, [N 3 H W]; of "mask", [N 1 H W];`}, ""},
		{[]Option{WithInputDims("list", 2, 4, 5), WithInputDims("img", 2, 3, 6, 7)}, nil, "[2 3 6 7] [2 1 6 7] [2 4 5]"},
		{[]Option{WithInputDims("H", 6), WithInputDims("W", 7), WithInputDims("list", 2, 4, 5)}, nil,
			"[1 3 6 7] [1 1 6 7] [2 4 5]"},
		{[]Option{WithInputDims("H", 6), WithInputDims("list", 2, 4, 5)}, []string{`[N 3 6 W]`}, ""},
		{[]Option{WithInputDims("list", 2, 4, 5), WithInputDims("img", 2, 4, 6, 7)}, []string{"the model fixes"}, ""},
		{[]Option{WithInputDims("Q", 6), WithInputDims("list", 2, 4, 5), WithInputDims("img", 2, 3, 6, 7)},
			[]string{`no input "Q"`}, ""},
	} {
		g, err := Load(model, c.opts...)
		if c.want == "" {
			var open *axes.OpenSizeError
			if !errors.Is(err, runtime.ErrShape) || len(c.says) > 2 && !errors.As(err, &open) {
				t.Errorf("%v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(fmt.Sprint(err), s) {
					t.Errorf("%v does not say %q", err, s)
				}
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for _, v := range g.Inputs {
			d, _ := v.Dims()
			got = append(got, fmt.Sprint(d))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s, want %s", s, c.want)
		}
	}
}

// A shape that is given twice is the second one, names included.
func TestShapeTwice(t *testing.T) {
	shape := func(dims ...string) wire.Msg { return openPort("x", dims...) }
	twice := append(shape("N", "T", "F"), shape("2", "3")[len(wire.Msg{}.Str(1, "x")):]...)
	g := wire.Msg{}.Sub(1, nodeOf("Relu", "x", "y")).Sub(11, twice).Sub(12, portOf("y"))
	got, err := Load(wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, g))
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := got.Inputs[0].Dims(); fmt.Sprint(d) != "[2 3]" {
		t.Errorf("%v", d)
	}
}
