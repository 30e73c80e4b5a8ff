package segment

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// draw writes a picture with its mask to the folder GNEISS_DRAW, for who wants to look at it.
func draw(t *testing.T, name string, img image.Image, m *Mask) {
	dir := os.Getenv("GNEISS_DRAW")
	if dir == "" {
		return
	}
	out := image.NewRGBA(image.Rect(0, 0, m.W, m.H))
	b := img.Bounds()
	for y := range m.H {
		for x := range m.W {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			k := uint32(m.At(x, y))
			mix := func(v, step uint32) uint8 { return uint8((v>>8 + k*step%256) / 2) }
			out.Set(x, y, color.RGBA{mix(r, 67), mix(g, 151), mix(bl, 211), 255})
		}
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err == nil {
		err = errors.Join(png.Encode(f, out), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mirror is a network whose answer is its input, of three channels; op makes another answer of it.
func mirror(t *testing.T, size int, q runtime.Quant, ops ...runtime.Op) *runtime.Plan {
	t.Helper()
	g := runtime.NewGraph("mirror")
	shape := runtime.Shape{N: 1, H: size, W: size, C: 3}
	input := func() (*runtime.Value, error) { return g.Input("x", shape) }
	if q.Scale != 0 {
		input = func() (*runtime.Value, error) { return g.QuantisedInput("x", shape, q) }
	}
	x, err := input()
	for i, op := range append(ops, &runtime.Identity{}) {
		if err == nil {
			x, err = g.Add(string(rune('a'+i)), op, x)
		}
	}
	if err == nil {
		err = g.Output(x)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// thirds is a picture of three upright stripes, red, green and blue.
func thirds(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(5, 7, 5+w, 7+h))
	for y := range h {
		for x := range w {
			c := color.RGBA{A: 255}
			switch 3 * x / w {
			case 0:
				c.R = 255
			case 1:
				c.G = 255
			default:
				c.B = 255
			}
			m.Set(5+x, 7+y, c)
		}
	}
	return m
}

// TestThirds: a network that tells the strongest colour finds stripes where they are, by every way of fitting, of
// reading and of numbers.
func TestThirds(t *testing.T) {
	type network struct {
		name string
		plan *runtime.Plan
	}
	for _, net := range []network{
		{"floats", mirror(t, 48, runtime.Quant{})},
		{"levels", mirror(t, 48, runtime.Quant{Scale: 1})},
		{"labels", mirror(t, 48, runtime.Quant{}, &runtime.Arg{})},
	} {
		for _, mode := range []preprocess.Mode{preprocess.Squash, preprocess.Crop, preprocess.Letterbox} {
			for _, opts := range [][]Option{nil, {WithNearest()}} {
				for _, size := range [][2]int{{48, 48}, {480, 120}, {90, 240}, {300, 299}, {30, 20}} {
					w, h := size[0], size[1]
					spec := preprocess.Spec{Width: 48, Height: 48, Mode: mode}
					s, err := FromPlan(net.plan, card.Card{}, append(opts, WithSpec(spec))...)
					if err != nil {
						t.Fatal(err)
					}
					var m Mask
					if err := s.Image(thirds(w, h), &m); err != nil {
						t.Fatal(err)
					}
					g, _ := spec.Geometry(w, h)
					outside := 0
					for y := range h {
						for x := range w {
							k := m.At(x, y)
							if k == Outside {
								outside++
								continue
							}
							edge := math.Abs(math.Mod(float64(x)+0.5, float64(w)/3) - float64(w)/6) // from a stripe's middle
							if want := 3 * x / w; int(k) != want && edge < float64(w)/6-float64(g.ScaleX)-1 {
								t.Fatalf("%s %v %v: pixel (%d, %d) is %d, want %d", net.name, mode, size, x, y, k, want)
							}
						}
					}
					part := float64(outside) / float64(w*h)
					if mode != preprocess.Crop && part != 0 || mode == preprocess.Crop && math.Abs(part-cut(spec, w, h)) > 0.03 {
						t.Errorf("%s %v %v: %.3f is outside", net.name, mode, size, part)
					}
					s.Close()
				}
			}
		}
	}
}

// cut is the part of a picture that is cut off when its short side becomes 55, of which the middle 48 are seen.
func cut(s preprocess.Spec, w, h int) float64 {
	side := float64(min(w, h)) * 48 / 55
	return 1 - side*side/float64(w*h)
}

// TestMasks: the kinds that give probabilities.
func TestMasks(t *testing.T) {
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	for _, c := range []struct {
		kind string
		n    int // channels
		want func(a, b float64) float64
	}{
		{"", 1, func(a, _ float64) float64 { return a }},
		{Probability, 1, func(a, _ float64) float64 { return a }},
		{Sigmoid, 1, func(a, _ float64) float64 { return sigmoid(a) }},
		{"", 2, func(a, b float64) float64 { return sigmoid(b - a) }},
		{Softmax, 2, func(a, b float64) float64 { return sigmoid(b - a) }},
		{Pair, 2, func(_, b float64) float64 { return b }},
	} {
		plan := mirror(t, 16, runtime.Quant{}, &runtime.Take{Channels: []int32{0, 1}[:c.n]})
		s, err := FromPlan(plan, card.Card{Head: headOfKind(c.kind)}, WithThreshold(0.6))
		if err != nil {
			t.Fatal(err)
		}
		in := s.Session().Input(0).Float32()
		for i := range in {
			if in[i] = float32(i%13+1) / 14; c.kind == Pair && i%3 == 1 {
				in[i] = 1 - in[i-1]
			}
		}
		if err := s.Session().Run(); err != nil {
			t.Fatal(err)
		}
		var m Mask
		if err := s.Read(16, 16, &m); err != nil {
			t.Fatal(err)
		}
		for i, got := range m.Scores {
			want := c.want(float64(in[3*i]), float64(in[3*i+1]))
			if math.Abs(float64(got)-want) > 1e-6 || (m.Classes[i] == 1) != (got >= 0.6) {
				t.Fatalf("%q of %d: pixel %d is %v, class %d, want %v", c.kind, c.n, i, got, m.Classes[i], want)
			}
		}
		if c.kind == Pair || c.kind == Probability || c.kind == "" && c.n == 1 {
			for _, bad := range []float32{-3, 5, float32(math.NaN()), float32(math.Inf(1))} {
				in[7*3] = bad
				if err := s.Session().Run(); err != nil {
					t.Fatal(err)
				}
				if err := s.Read(16, 16, &m); !errors.Is(err, runtime.ErrShape) {
					t.Errorf("%q: a probability of %v: %v", c.kind, bad, err)
				}
			}
		}
		s.Close()
	}
}

func headOfKind(kind string) *card.Head {
	if kind == "" {
		return nil
	}
	return &card.Head{Kind: kind}
}

// TestRefused: what is no mask, or may be another one, is refused and told.
func TestRefused(t *testing.T) {
	plan := mirror(t, 16, runtime.Quant{})
	spec := preprocess.Spec{Width: 16, Height: 16}
	grey := preprocess.Spec{Width: 16, Height: 16, Order: preprocess.Gray}
	for _, c := range []struct {
		name string
		plan *runtime.Plan
		card card.Card
		opts []Option
	}{
		{"another task", plan, card.Card{Task: card.Detect}, nil},
		{"an unknown kind", plan, card.Card{Head: headOfKind("yolov8")}, nil},
		{"three channels of one", plan, card.Card{Head: headOfKind(Sigmoid)}, nil},
		{"three channels of two", plan, card.Card{Head: headOfKind(Softmax)}, nil},
		{"floats of labels", plan, card.Card{Head: headOfKind(Labels)}, nil},
		{"labels as scores", mirror(t, 16, runtime.Quant{}, &runtime.Arg{}), card.Card{Head: headOfKind(Scores)}, nil},
		{"no such output", plan, card.Card{}, []Option{WithOutput("z")}},
		{"a spec of another size", plan, card.Card{Input: &preprocess.Spec{Width: 17, Height: 16}}, nil},
		{"a spec of one colour", plan, card.Card{}, []Option{WithSpec(grey)}},
		{"a bad spec", plan, card.Card{}, []Option{WithSpec(preprocess.Spec{Width: 16, Height: 16, Pad: -1})}},
		{"a class", mirror(t, 16, runtime.Quant{}, &runtime.GlobalPool{}), card.Card{}, nil},
	} {
		if s, err := FromPlan(c.plan, c.card, c.opts...); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%s: %v, %v", c.name, s, err)
		}
	}
	s, err := FromPlan(plan, card.Card{}, WithSpec(spec))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var m Mask
	for _, size := range [][2]int{{0, 5}, {-1, 5}, {1 << 20, 1 << 20}, {math.MaxInt, 2}} {
		if err := s.Read(size[0], size[1], &m); !errors.Is(err, runtime.ErrShape) && !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

// TestNoInput: a network without an input is refused.
func TestNoInput(t *testing.T) {
	g := runtime.NewGraph("constant")
	c := &runtime.Constant{Shape: runtime.Shape{N: 1, H: 4, W: 4, C: 3}, Floats: make([]float32, 48)}
	x, err := g.Add("x", c)
	if err == nil {
		err = g.Output(x)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := FromPlan(plan, card.Card{}); !errors.Is(err, runtime.ErrShape) {
		t.Error(s, err)
	}
}

// TestNaN: a score that is no number is less than any, and a pixel of nothing else is the first class.
func TestNaN(t *testing.T) {
	s, err := FromPlan(mirror(t, 4, runtime.Quant{}), card.Card{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := s.Session().Input(0).Float32()
	for i := range in {
		if in[i] = float32(math.NaN()); i%3 == 2 && i != 47 {
			in[i] = -1
		}
	}
	if err := s.Session().Run(); err != nil {
		t.Fatal(err)
	}
	var m Mask
	if err := s.Read(4, 4, &m); err != nil {
		t.Fatal(err)
	}
	for i, k := range m.Classes {
		if want := uint8(2 - 2*(i/15)); k != want {
			t.Errorf("pixel %d is %d, want %d", i, k, want)
		}
	}
}
