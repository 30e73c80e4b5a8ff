package preprocess

import (
	"image"
	"image/color"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// A quantised input's levels say what is wanted of a picture: −1 to 1, 0 to 1, 0 to 255, or what torchvision makes.
func TestSpecForQuantised(t *testing.T) {
	for _, c := range []struct {
		from  Spec
		q     runtime.Quant
		mean  float32
		scale float32
	}{
		{ImageNet, runtime.Quant{Scale: 1. / 128, Zero: 128}, 128, 1. / 128},
		{ImageNet, runtime.Quant{Scale: 1. / 255}, 0, 1. / 255},
		{ImageNet, runtime.Quant{Scale: 1}, 0, 1},
		{ImageNet, runtime.Quant{Scale: 0.0187, Zero: 114}, ImageNet.Mean[0], ImageNet.Scale[0]},
		{GoogLeNet, runtime.Quant{Scale: 2. / 255, Zero: 127}, 127, 2. / 255},
		{GoogLeNet, runtime.Quant{Scale: 1.08, Zero: 115}, 104, 0},
	} {
		s := c.from.For(c.q)
		if s.Mean[0] != c.mean || s.Scale[0] != c.scale {
			t.Errorf("%v of %v: %v", c.q, c.from, s)
		}
		if (s.Order == BGR) != (c.mean == 104) || s.Mode != c.from.Mode || s.Width != c.from.Width {
			t.Errorf("%v of %v: %v", c.q, c.from, s)
		}
	}
}

// By such a spec the levels of an input are the picture's pixels.
func TestFillOfLevels(t *testing.T) {
	g := runtime.NewGraph("g")
	q := runtime.Quant{Scale: 1. / 128, Zero: 128}
	x, err := g.QuantisedInput("x", runtime.Shape{N: 1, H: 2, W: 2, C: 3}, q)
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
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	img := image.NewRGBA(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.RGBA{255, 0, 7, 255})
	img.Set(1, 1, color.RGBA{1, 254, 128, 255})
	spec := ImageNet.For(q)
	spec.Width, spec.Height, spec.Mode = 2, 2, Squash
	if err := spec.Preparer().Fill(s.Input(0), img); err != nil {
		t.Fatal(err)
	}
	got := s.Input(0).Uint8()
	for i, want := range []uint8{255, 0, 7, 0, 0, 0, 0, 0, 0, 1, 254, 128} {
		if got[i] != want {
			t.Fatalf("%v", got)
		}
	}
}
