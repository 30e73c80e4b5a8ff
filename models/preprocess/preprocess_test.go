package preprocess

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// noise is an image of seeded random pixels whose bounds do not start at zero.
func noise(w, h int) *image.NRGBA {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	m := image.NewNRGBA(image.Rect(3, -5, 3+w, -5+h))
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.Uint32())
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

// naive is squashed bilinear resizing straight from its definition.
func naive(m image.Image, w, h int) []float64 {
	b := m.Bounds()
	at := func(x, y, c int) float64 {
		x, y = min(max(x, 0), b.Dx()-1), min(max(y, 0), b.Dy()-1)
		n := color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
		return float64([3]uint8{n.R, n.G, n.B}[c])
	}
	out := make([]float64, 0, w*h*3)
	for y := range h {
		for x := range w {
			fx, fy := (float64(x)+0.5)*float64(b.Dx())/float64(w)-0.5, (float64(y)+0.5)*float64(b.Dy())/float64(h)-0.5
			x0, y0 := int(math.Floor(fx)), int(math.Floor(fy))
			ax, ay := fx-math.Floor(fx), fy-math.Floor(fy)
			for c := range 3 {
				out = append(out, (1-ay)*((1-ax)*at(x0, y0, c)+ax*at(x0+1, y0, c))+ay*((1-ax)*at(x0, y0+1, c)+ax*at(x0+1, y0+1, c)))
			}
		}
	}
	return out
}

func TestBilinear(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 3}, {7, 5}, {16, 16}, {31, 64}, {100, 3}} {
		m := noise(size[0], size[1])
		for _, to := range [][2]int{{1, 1}, {4, 4}, {16, 16}, {13, 29}} {
			p := Spec{Width: to[0], Height: to[1]}.Preparer()
			got := make([]float32, to[0]*to[1]*3)
			if err := p.Into(got, m); err != nil {
				t.Fatal(err)
			}
			for i, want := range naive(m, to[0], to[1]) {
				if math.Abs(float64(got[i])-want) > 1e-3 {
					t.Fatalf("%v → %v: element %d is %v, want %v", size, to, i, got[i], want)
				}
			}
		}
	}
}

// TestConstant: whatever the filter, mode and size, a plain image stays plain.
func TestConstant(t *testing.T) {
	for _, f := range []Filter{Bilinear, Antialias} {
		for _, mode := range []Mode{Squash, Crop} {
			for _, size := range [][2]int{{1, 1}, {300, 7}, {64, 64}, {5, 900}} {
				m := image.NewNRGBA(image.Rect(0, 0, size[0], size[1]))
				for i := 0; i < len(m.Pix); i += 4 {
					copy(m.Pix[i:], []uint8{10, 20, 30, 255})
				}
				s := Spec{Width: 20, Height: 12, Mode: mode, Filter: f, Order: BGR, Mean: [3]float32{1, 2, 3},
					Scale: [3]float32{1, 0.5, 2}}
				dst := make([]float32, s.Elements())
				if err := s.Preparer().Into(dst, m); err != nil {
					t.Fatal(err)
				}
				for i, v := range dst {
					if want := [3]float32{29, 9, 14}[i%3]; math.Abs(float64(v-want)) > 1e-3 {
						t.Fatalf("%v %v %v: element %d is %v, want %v", f, mode, size, i, v, want)
					}
				}
			}
		}
	}
}

// TestCrop: the centre of a wide image fills the input.
func TestCrop(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 300, 100))
	for y := range 100 {
		for x := 100; x < 200; x++ {
			m.SetGray(x, y, color.Gray{200})
		}
	}
	s := Spec{Width: 50, Height: 50, Mode: Crop, Short: 50, Order: Gray}
	dst := make([]float32, s.Elements())
	if err := s.Preparer().Into(dst, m); err != nil {
		t.Fatal(err)
	}
	for i, v := range dst {
		if v != 200 {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

// TestModels: the same picture in every pixel format gives the same input.
func TestModels(t *testing.T) {
	src := noise(9, 7)
	b := src.Bounds()
	rgba, paletted, deep := image.NewRGBA(b), image.NewPaletted(b, nil), image.NewNRGBA64(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := src.At(x, y)
			rgba.Set(x, y, c)
			deep.Set(x, y, c)
			paletted.Palette = append(paletted.Palette, c)
			paletted.SetColorIndex(x, y, uint8(len(paletted.Palette)-1))
		}
	}
	want := make([]float32, 5*5*3)
	s := Spec{Width: 5, Height: 5}
	if err := s.Preparer().Into(want, src); err != nil {
		t.Fatal(err)
	}
	for _, m := range []image.Image{rgba, paletted, deep} {
		got := make([]float32, len(want))
		if err := s.Preparer().Into(got, m); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-3 {
				t.Fatalf("%T: element %d is %v, want %v", m, i, got[i], want[i])
			}
		}
	}
}

// TestPreparer: the tables follow the image's size, and nothing is allocated while it stays.
func TestPreparer(t *testing.T) {
	s := Spec{Width: 24, Height: 24, Order: BGR}
	p := s.Preparer()
	dst, again := make([]float32, s.Elements()), make([]float32, s.Elements())
	big, small := noise(60, 50), noise(11, 80)
	jpeg := image.NewYCbCr(image.Rect(0, 0, 60, 50), image.YCbCrSubsampleRatio420)
	for _, m := range []image.Image{big, small, jpeg, big} {
		if err := p.Into(dst, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Preparer().Into(again, big); err != nil {
		t.Fatal(err)
	}
	for i := range dst {
		if dst[i] != again[i] {
			t.Fatal("a used preparer differs from a new one")
		}
	}
	for _, m := range []image.Image{big, jpeg} {
		p.Into(dst, m)
		if n := testing.AllocsPerRun(5, func() { p.Into(dst, m) }); n != 0 {
			t.Errorf("%T: %v allocations", m, n)
		}
	}
}

func TestErrors(t *testing.T) {
	ok := Spec{Width: 4, Height: 4}
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		s   Spec
		n   int
		img image.Image
	}{
		"short input":  {ok, 47, noise(4, 4)},
		"empty image":  {ok, 48, image.NewGray(image.Rect(0, 0, 0, 4))},
		"empty spec":   {Spec{}, 0, noise(4, 4)},
		"large spec":   {Spec{Width: 1 << 30, Height: 4}, 48, noise(4, 4)},
		"mean":         {Spec{Width: 4, Height: 4, Mean: [3]float32{nan}}, 48, noise(4, 4)},
		"unknown mode": {Spec{Width: 4, Height: 4, Order: 9}, 48, noise(4, 4)},
	} {
		if err := c.s.Preparer().Into(make([]float32, c.n), c.img); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestString(t *testing.T) {
	for want, s := range map[string]Spec{
		"224×224 squash bilinear bgr mean=104,117,123 scale=1": GoogLeNet,
		"28×28 crop antialias gray mean=0 scale=0.5": {Width: 28, Height: 28, Mode: Crop, Filter: Antialias,
			Order: Gray, Scale: [3]float32{0.5}},
		"32×32 squash bilinear rgb mean=128 scale=0.0078125": {Width: 32, Height: 32, Mean: [3]float32{128, 128, 128},
			Scale: [3]float32{1. / 128, 1. / 128, 1. / 128}},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func BenchmarkInto(b *testing.B) {
	p := GoogLeNet.Preparer()
	dst := make([]float32, GoogLeNet.Elements())
	for _, c := range []struct {
		name string
		img  image.Image
	}{{"NRGBA", noise(640, 480)}, {"YCbCr", image.NewYCbCr(image.Rect(0, 0, 640, 480), image.YCbCrSubsampleRatio420)}} {
		b.Run("image="+c.name+"/size=640x480", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Into(dst, c.img); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestLetterbox: the whole image in proportion, bars of the given value on both sides.
func TestLetterbox(t *testing.T) {
	for _, f := range []Filter{Bilinear, Antialias} {
		for _, c := range []struct{ w, h, x0, x1, y0, y1 int }{
			{40, 20, 0, 16, 4, 12},
			{20, 40, 4, 12, 0, 16},
			{3, 2, 0, 16, 2, 13},
			{16, 16, 0, 16, 0, 16},
			{5000, 1, 0, 16, 7, 8},
		} {
			m := image.NewGray(image.Rect(0, 0, c.w, c.h))
			for i := range m.Pix {
				m.Pix[i] = 200
			}
			s := Spec{Width: 16, Height: 16, Mode: Letterbox, Filter: f, Pad: 114, Mean: [3]float32{14, 4, 0},
				Scale: [3]float32{1, 2, 3}}
			dst := make([]float32, s.Elements())
			if err := s.Preparer().Into(dst, m); err != nil {
				t.Fatal(err)
			}
			for i, v := range dst {
				x, y := i/3%16, i/48
				want := [3]float32{100, 220, 342}[i%3]
				if x >= c.x0 && x < c.x1 && y >= c.y0 && y < c.y1 {
					want = [3]float32{186, 392, 600}[i%3]
				}
				if math.Abs(float64(v-want)) > 1e-2 {
					t.Fatalf("%v %+v: %d, %d is %v, want %v", f, c, x, y, v, want)
				}
			}
		}
	}
	if err := (Spec{Width: 4, Height: 4, Pad: float32(math.NaN())}).Check(); !errors.Is(err, runtime.ErrShape) {
		t.Error(err)
	}
}

// TestTransparent: the colour under transparency counts, whatever the type of the image.
func TestTransparent(t *testing.T) {
	r := image.Rect(3, 5, 5, 6) // white under full and half transparency
	alphas := []uint8{0, 128}
	nrgba, nrgba64, mixed, mixed64 := image.NewNRGBA(r), image.NewNRGBA64(r), image.NewRGBA(r), image.NewRGBA64(r)
	planes := image.NewNYCbCrA(r, image.YCbCrSubsampleRatio420)
	var colours [3]color.Palette
	for i, a := range alphas {
		c := color.NRGBA{255, 255, 255, a}
		c64 := color.NRGBA64{65535, 65535, 65535, uint16(a) * 257}
		nrgba.SetNRGBA(3+i, 5, c)
		nrgba64.SetNRGBA64(3+i, 5, c64)
		mixed.Set(3+i, 5, c)
		mixed64.Set(3+i, 5, c64)
		planes.Y[planes.YOffset(3+i, 5)], planes.A[planes.AOffset(3+i, 5)] = 255, a
		for p, c := range []color.Color{c, c64, color.NYCbCrA{YCbCr: color.YCbCr{Y: 255, Cb: 128, Cr: 128}, A: a}} {
			colours[p] = append(colours[p], c)
		}
	}
	for i := range planes.Cb {
		planes.Cb[i], planes.Cr[i] = 128, 128
	}
	images := map[string]image.Image{"nrgba": nrgba, "nrgba64": nrgba64, "ycbcr": planes}
	for i, p := range colours {
		m := image.NewPaletted(r, p)
		m.Pix[1] = 1
		images[fmt.Sprint("palette", i)] = m
	}
	for name, m := range images {
		check(t, name, m, 255, 255)
	}
	check(t, "rgba", mixed, 0, 255) // multiplied by 0, nothing is left of the first
	check(t, "rgba64", mixed64, 0, 255)
}

// check prepares an image of two grey pixels.
func check(t *testing.T, name string, m image.Image, want ...float32) {
	t.Helper()
	dst := make([]float32, 6)
	if err := (Spec{Width: 2, Height: 1}).Preparer().Into(dst, m); err != nil {
		t.Fatal(err)
	}
	for i, got := range dst {
		if want := want[i/3]; got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: channel %d of pixel %d is %v, want %v", name, i%3, i/3, got, want)
		}
	}
}
