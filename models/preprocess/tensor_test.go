package preprocess

import (
	"errors"
	"image"
	"image/color"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// inputOf is the input of a session that does nothing, float if q is nil.
func inputOf(t *testing.T, s runtime.Shape, q *runtime.Quant) *runtime.Tensor {
	t.Helper()
	g := runtime.NewGraph("input")
	var x *runtime.Value
	var err error
	if q == nil {
		x, err = g.Input("x", s)
	} else {
		x, err = g.QuantisedInput("x", s, *q)
	}
	if err == nil {
		x, err = g.Add("y", &runtime.Identity{}, x)
	}
	if err == nil {
		err = g.Output(x)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sess.Close() })
	return sess.Input(0)
}

// A quantised input gets the bytes that stand for what a float input gets.
func TestFill(t *testing.T) {
	spec := Spec{Width: 5, Height: 4, Mean: [3]float32{100, 110, 120}, Scale: [3]float32{0.01, 0.02, 0.03}}
	img := image.NewNRGBA(image.Rect(0, 0, 9, 7))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 37)
	}
	img.SetNRGBA(0, 0, color.NRGBA{255, 255, 255, 255})
	shape := runtime.Shape{N: 1, H: 4, W: 5, C: 3}
	q := runtime.Quant{Scale: 1. / 50, Zero: 120}
	floats, bytes := inputOf(t, shape, nil), inputOf(t, shape, &q)
	p := spec.Preparer()
	for _, in := range []*runtime.Tensor{floats, bytes} {
		if err := p.Fill(in, img); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range floats.Float32() {
		if got, want := bytes.Uint8()[i], q.Level(v); got != want {
			t.Errorf("element %d, %v: byte %d, want %d", i, v, got, want)
		}
	}
	other := inputOf(t, runtime.Shape{N: 1, H: 4, W: 4, C: 3}, &q)
	if err := p.Fill(other, img); !errors.Is(err, runtime.ErrShape) {
		t.Errorf("an input of another size: %v", err)
	}
}
