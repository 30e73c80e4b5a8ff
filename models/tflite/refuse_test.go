package tflite

import (
	"errors"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// All that is refused is in one error: operations that are not known, by name and number, custom ones, forms of known
// ones, types of inputs; and nothing else for that.
func TestRefusesAllAtOnce(t *testing.T) {
	var f file
	real := func(name string, shape ...int) int { return f.tensor(tensorSpec{name: name, shape: shape}) }
	x := real("x", 1, 4, 4, 2)
	y := f.op(10, nil, real("odd1", 1, 4, 4, 2), x)
	y = f.op(opReLU, options(), real("fine", 1, 4, 4, 2), y)
	y = f.op(10, nil, real("odd2", 1, 4, 4, 2), y)
	f.ops = append(f.ops, opSpec{code: opCustom, custom: "MaxUnpooling2D", inputs: []int{y},
		outputs: []int{real("custom", 1, 4, 4, 2)}})
	y = len(f.tensors) - 1
	y = f.op(opReLU, options(), real("fine2", 1, 4, 4, 2), y)
	for _, name := range []string{"bad1", "bad2"} { // a form of pooling that there is not
		y = f.op(opMaxPool2D, options(opt{0, int8(7)}, opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(1)},
			opt{4, int32(1)}), real(name, 1, 4, 4, 2), y)
	}
	wide := f.tensor(tensorSpec{name: "wide", shape: []int{1, 4, 4, 2}, dtype: 7, scale: []float32{1}, zero: []int64{0}})
	z := f.op(opReLU, options(), f.tensor(tensorSpec{name: "wide too", shape: []int{1, 4, 4, 2}, dtype: 7}), wide)
	f.inputs, f.outputs = []int{x, wide}, []int{y, z}
	_, err := Load(f.bytes())
	var u *runtime.UnsupportedError
	if !errors.As(err, &u) || !errors.Is(err, runtime.ErrGraph) {
		t.Fatal(err)
	}
	for _, want := range []string{`HASHTABLE_LOOKUP ×2 (first at node "odd1")`, "custom operation MaxUnpooling2D",
		`MAX_POOL_2D ×2 (first at node "bad1"): padding 7`, `tensor "wide" is int16; activations may be`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if len(u.Ops) != 6 {
		t.Errorf("%d refusals, want 6:\n%v", len(u.Ops), err)
	}
}

// A single form that is refused is the error of its node; a broken file ends the import at once.
func TestRefusesOne(t *testing.T) {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 4, 4, 2}})
	pool := func(y int, name string, padding int8) int {
		return f.op(opMaxPool2D, options(opt{0, padding}, opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(1)},
			opt{4, int32(1)}), f.tensor(tensorSpec{name: name, shape: []int{1, 4, 4, 2}}), y)
	}
	y := pool(pool(x, "good", 1), "bad", 9)
	f.inputs, f.outputs = []int{x}, []int{y}
	_, err := Load(f.bytes())
	var ne *runtime.NodeError
	if !errors.As(err, &ne) || ne.Node != "bad" || ne.Op != "MAX_POOL_2D" {
		t.Errorf("%v", err)
	}
	f.op(opAdd, options(), f.tensor(tensorSpec{name: "sum", shape: []int{1, 4, 4, 2}}), y,
		f.tensor(tensorSpec{name: "c", shape: []int{1, 4, 4, 2}, data: []byte{1, 2, 3}}))
	if _, err := Load(f.bytes()); !errors.Is(err, runtime.ErrCorrupt) {
		t.Errorf("%v", err)
	}
}
