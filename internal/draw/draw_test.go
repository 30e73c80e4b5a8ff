package draw

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plain is a picture of one colour.
func plain(w, h int, ink color.Color) *image.RGBA {
	return Copy(&image.Uniform{ink}, w, h)
}

// noisy is a picture of random pixels.
func noisy(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.Uint32()) | uint8(255*(i&3/3))
	}
	return m
}

func crowd(w, h float32) *Scene {
	person := detect.Box{X0: 0.1 * w, Y0: 0.2 * h, X1: 0.4 * w, Y1: 0.95 * h, Score: 0.91, Class: 0, Count: 5}
	for i := range person.Count {
		person.Points[i] = detect.Point{X: (0.15 + 0.05*float32(i)) * w, Y: (0.3 + 0.1*float32(i%3)) * h, Score: 0.9}
	}
	mask := &Mask{Width: 16, Height: 12, Classes: make([]uint8, 16*12)}
	for i := range mask.Classes {
		if x, y := i%16, i/16; x > 9 && y > 3 {
			mask.Classes[i] = uint8(3 + x/13)
		}
	}
	return &Scene{Boxes: []detect.Box{
		person,
		{X0: 0.12 * w, Y0: 0.22 * h, X1: 0.42 * w, Y1: 0.9 * h, Score: 0.55, Class: 1},
		{X0: 0.7 * w, Y0: -9, X1: 1.2 * w, Y1: 0.3 * h, Score: 0.7, Class: 4},
		{X0: 0.5 * w, Y0: 0.5 * h, X1: 0.55 * w, Y1: 0.52 * h, Score: 0.3, Class: 5},
	}, Edges: [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}}, Mask: mask,
		Name: func(i int) string { return []string{"person", "dog with a long name", "", "floor", "sky"}[min(i, 4)] }}
}

// TestOnlyInside: on a picture that is a part of another, nothing beside the part changes, and the same bytes come of
// the same scene, wherever the part lies.
func TestOnlyInside(t *testing.T) {
	whole := noisy(400, 300)
	before := bytes.Clone(whole.Pix)
	part := image.Rect(37, 21, 37+320, 21+240)
	own := Copy(whole.SubImage(part), 320, 240)
	On(whole.SubImage(part).(*image.RGBA), crowd(320, 240))
	On(own, crowd(320, 240))
	changed := 0
	for y := range 300 {
		for x := range 400 {
			i := whole.PixOffset(x, y)
			same := bytes.Equal(whole.Pix[i:i+4], before[i:i+4])
			if !image.Pt(x, y).In(part) {
				if !same {
					t.Fatalf("%d, %d lies outside and changed", x, y)
				}
				continue
			}
			if !same {
				changed++
			}
			if j := own.PixOffset(x-part.Min.X, y-part.Min.Y); !bytes.Equal(whole.Pix[i:i+4], own.Pix[j:j+4]) {
				t.Fatalf("%d, %d depends on where the picture lies", x, y)
			}
		}
	}
	if changed < 3000 {
		t.Errorf("%d pixels drawn", changed)
	}
}

// TestBox: the line of a box lies in it, its outline beside that, and what is further inside or outside is left.
func TestBox(t *testing.T) {
	m := plain(200, 200, color.White)
	On(m, &Scene{Boxes: []detect.Box{{X0: 50, Y0: 60, X1: 150, Y1: 140, Class: 2}}, Name: func(int) string { return " " }})
	white, ink := color.RGBA{255, 255, 255, 255}, Colour(2)
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{50, 100, ink}, {149, 100, ink}, {100, 139, ink}, {49, 100, contrast(ink)}, {51, 100, contrast(ink)},
		{100, 140, contrast(ink)}, {48, 100, white}, {52, 100, white}, {100, 100, white}, {100, 142, white}} {
		if got := m.RGBAAt(c.x, c.y); got != c.want {
			t.Errorf("%d, %d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

// TestLabels: names lie inside the picture and, while there is room, beside each other.
func TestLabels(t *testing.T) {
	c := &canvas{RGBA: plain(640, 480, color.Black), w: 640, h: 480, line: 2, hair: 1, text: newWriter(18)}
	var taken []image.Rectangle
	for i := range 5 {
		x, y := float32(300+3*i), float32(200+2*i)
		b := &detect.Box{X0: x, Y0: y, X1: x + 200, Y1: y + 150, Score: 0.5, Class: i}
		r := c.label(b, "potted plant", taken)
		if r.Empty() || !r.Inset(1).In(c.Rect) {
			t.Errorf("label %d lies at %v", i, r)
		}
		for j, o := range taken {
			if r.Overlaps(o) {
				t.Errorf("labels %d and %d lie on each other: %v, %v", i, j, r, o)
			}
		}
		taken = append(taken, r)
	}
	long := strings.Repeat("a name that is longer than the picture is wide ", 3)
	for _, b := range []detect.Box{{X0: -50, Y0: -50, X1: 10, Y1: 5}, {X0: 630, Y0: 470, X1: 900, Y1: 900},
		{X1: 640, Y1: 480}} {
		if r := c.label(&b, long, nil); r.Empty() || !r.Inset(1).In(c.Rect) {
			t.Errorf("the label of %v lies at %v", b, r)
		}
	}
}

// TestHostile: whatever numbers there are, drawing ends soon and stays inside.
func TestHostile(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	odd := []float32{nan, inf, -inf, math.MaxFloat32, -math.MaxFloat32, 1e9, -1e9, 0, -0.5, 31, 33, 1e-40}
	r := rand.New(rand.NewPCG(3, 4))
	any := func() float32 { return odd[r.IntN(len(odd))] }
	for _, size := range []image.Point{{1, 1}, {1, 300}, {300, 1}, {32, 32}, {200, 100}} {
		s := &Scene{Edges: [][2]int{{0, 1}, {-1, 3}, {2, 99}, {4, 5}}, Least: nan,
			Name: func(int) string { return "\x00\xff\n" }}
		for range 3000 {
			b := detect.Box{X0: any(), Y0: any(), X1: any(), Y1: any(), Score: any(), Class: int(r.Int64()),
				Count: r.IntN(99) - 9}
			f := Figure{Class: b.Class}
			for i := range b.Points {
				b.Points[i] = detect.Point{X: any(), Y: any(), Score: any()}
				f.Points = append(f.Points, b.Points[i])
			}
			s.Figures = append(s.Figures, f)
			s.Boxes = append(s.Boxes, b)
		}
		for _, least := range []float32{nan, -inf, 0} {
			s.Least = least
			On(noisy(size.X, size.Y), s)
		}
		for _, m := range []Mask{{}, {-1, -1, nil, 0}, {math.MaxInt, math.MaxInt, make([]uint8, 9), 0}, {3, 3, make([]uint8, 8), -1},
			{3, 3, []uint8{255, 254, 0, 1, 2, 3, 4, 5, 6}, 0}} {
			On(noisy(size.X, size.Y), &Scene{Mask: &m})
		}
	}
	On(image.NewRGBA(image.Rectangle{}), crowd(1, 1))
}

// TestLines: lines are written in the lower left corner, and no more than half of the height takes.
func TestLines(t *testing.T) {
	var texts []string
	for range 1000 {
		texts = append(texts, "frog 92 %")
	}
	few, many := plain(300, 200, color.White), plain(300, 200, color.White)
	On(few, &Scene{Lines: texts[:1]})
	On(many, &Scene{Lines: texts})
	if few.RGBAAt(3, 195).R == 255 || few.RGBAAt(3, 170).R != 255 || many.RGBAAt(3, 120).R == 255 ||
		many.RGBAAt(3, 90).R != 255 || many.RGBAAt(290, 195).R != 255 {
		t.Error("the lines are elsewhere")
	}
}

// TestMask: a mask is stretched over the picture, its clear class is left as it was.
func TestMask(t *testing.T) {
	m := plain(400, 400, color.Black)
	On(m, &Scene{Mask: &Mask{Width: 2, Height: 2, Classes: []uint8{0, 1, 2, 0}}})
	if m.RGBAAt(100, 100) != (color.RGBA{A: 255}) || m.RGBAAt(300, 300) != (color.RGBA{A: 255}) {
		t.Error("the clear class is drawn")
	}
	for class, at := range map[int]image.Point{1: {300, 100}, 2: {100, 260}} {
		ink := Colour(class)
		if got := m.RGBAAt(at.X, at.Y); got.R != mix(0, ink.R, maskPart) || got.G != mix(0, ink.G, maskPart) {
			t.Errorf("class %d is %v", class, got)
		}
	}
}

// TestColours: the colours differ, and letters on them are read: a contrast of 4.5 by WCAG 2.2.
func TestColours(t *testing.T) {
	light := func(c color.RGBA) float64 {
		lin := func(v uint8) float64 {
			f := float64(v) / 255
			if f <= 0.04045 {
				return f / 12.92
			}
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
	}
	seen := map[color.RGBA]bool{}
	for i := range Colours {
		c := Colour(i)
		a, b := light(c)+0.05, light(contrast(c))+0.05
		if ratio := max(a/b, b/a); seen[c] || ratio < 4.5 {
			t.Errorf("colour %d, %v: seen before %v, contrast %.1f", i, c, seen[c], ratio)
		}
		seen[c] = true
	}
	if Colour(-1) != Colour(Colours-1) || Colour(math.MinInt) == (color.RGBA{}) {
		t.Error("colours of classes below zero")
	}
}

// TestKeep writes pictures to the folder GNEISS_SCREENSHOTS, to be looked at.
func TestKeep(t *testing.T) {
	dir, data := os.Getenv("GNEISS_SCREENSHOTS"), os.Getenv("GNEISS_DATA")
	if dir == "" {
		t.Skip("no GNEISS_SCREENSHOTS")
	}
	pictures := map[string]*image.RGBA{"dark": plain(640, 480, color.Black), "bright": plain(640, 480, color.White),
		"noise": noisy(640, 480), "tiny": noisy(96, 96)}
	for _, name := range []string{"bus", "dog", "faces"} {
		if img, err := imagefile.Open(filepath.Join(data, "detection", name+".jpg")); err == nil {
			pictures[name] = Copy(img, img.Bounds().Dx(), img.Bounds().Dy())
		}
	}
	for name, m := range pictures {
		b := m.Bounds()
		On(m, crowd(float32(b.Dx()), float32(b.Dy())))
		var out bytes.Buffer
		must(t, png.Encode(&out, m))
		must(t, os.WriteFile(filepath.Join(dir, "draw-"+name+".png"), out.Bytes(), 0o644))
	}
}

func BenchmarkOn(b *testing.B) {
	m := noisy(1280, 720)
	s := crowd(1280, 720)
	for b.Loop() {
		On(m, s)
	}
}
