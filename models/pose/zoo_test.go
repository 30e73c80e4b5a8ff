package pose

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// moveNet opens the zoo's.
func moveNet(t *testing.T, opts ...Option) (p *Estimator, dir string) {
	t.Helper()
	dir = testdata.Path(t, "zoo", "movenet_singlepose_192")
	g, err := models.Open(filepath.Join(dir, "movenet_singlepose_192.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := models.FromGraph(g)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = New(m, opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, dir
}

// TestZoo: points are those of plain loops in float64 over what TensorFlow Lite answers, within half a pixel and 1e-3,
// in pictures that were squashed or set between bars.
func TestZoo(t *testing.T) {
	for _, c := range []struct {
		w, h int
		mode preprocess.Mode
	}{{192, 192, preprocess.Squash}, {1280, 720, preprocess.Squash}, {384, 192, preprocess.Letterbox},
		{96, 192, preprocess.Letterbox}} {
		p, dir := moveNet(t, WithSpec(preprocess.Spec{Width: 192, Height: 192, Mode: c.mode}))
		for _, which := range []string{"photo", "noise"} {
			in, err := npy.Open(filepath.Join(dir, which+".in0.npy"))
			if err == nil {
				err = in.Fill(p.Session().Input(0))
			}
			if err == nil {
				err = p.Session().Run()
			}
			if err != nil {
				t.Fatal(err)
			}
			p.SetThreshold(1e-6)
			got, err := p.Read(c.w, c.h, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, err := npy.Open(filepath.Join(dir, which+".out0.npy"))
			if err != nil {
				t.Fatal(err)
			}
			maps := a.Data.([]float32)
			for k, point := range got[0].Points {
				bx, by, best := 0, 0, -1.0
				for y := range 48 {
					for x := range 48 {
						if v := float64(maps[(y*48+x)*17+k]); v > best {
							bx, by, best = x, y, v
						}
					}
				}
				x, y := (float64(bx)+0.5)/48, (float64(by)+0.5)/48
				if c.mode == preprocess.Letterbox {
					side := float64(max(c.w, c.h))
					x, y = (x-0.5)*side+float64(c.w)/2, (y-0.5)*side+float64(c.h)/2
				} else {
					x, y = x*float64(c.w), y*float64(c.h)
				}
				if math.Abs(float64(point.X)-x) > 0.5 || math.Abs(float64(point.Y)-y) > 0.5 ||
					math.Abs(float64(point.Score)-best) > 1e-3 {
					t.Errorf("%s %v: %s is %+v, want %v, %v of %v", which, c, Names(p.Kind())[k], point, x, y, best)
				}
			}
		}
	}
}

// TestPhotograph: a body stands where it does in the photograph, its parts in their order.
func TestPhotograph(t *testing.T) {
	p, _ := moveNet(t)
	img, err := imagefile.Open(testdata.Path(t, "detection", "person.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Image(img, nil)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	g := got[0]
	draw(t, "person.png", img, p, &g)
	t.Logf("%+v in %v", g, img.Bounds())
	nose, hip, ankle := g.Points[0], g.Points[11], g.Points[15]
	if !(nose.Y < hip.Y && hip.Y < ankle.Y) || nose.Score < 0.3 || hip.Score < 0.3 || ankle.Score < 0.3 || g.Score < 0.3 {
		t.Errorf("nose %+v, hip %+v, ankle %+v", nose, hip, ankle)
	}
}

// TestNoGarbage: a frame's pose is found without allocating.
func TestNoGarbage(t *testing.T) {
	p, _ := moveNet(t)
	p.SetThreshold(1e-6)
	f := preprocess.FrameFormat{Pixels: preprocess.NV12, Width: 320, Height: 240}
	frame := make([]byte, f.Size())
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	var all []Pose
	n := testing.AllocsPerRun(3, func() {
		var err, err2 error
		all, err = p.Frame(f, frame, all[:0])
		all, err2 = p.Image(img, all[:0])
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
	})
	if n != 0 || len(all) != 1 {
		t.Errorf("%v allocations, %d poses", n, len(all))
	}
}

// draw writes a picture with a skeleton to the folder GNEISS_DRAW, for who wants to look at it.
func draw(t *testing.T, name string, img image.Image, e *Estimator, p *Pose) {
	dir := os.Getenv("GNEISS_DRAW")
	if dir == "" {
		return
	}
	b := img.Bounds()
	out := image.NewRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.Set(x, y, img.At(x, y))
		}
	}
	dot := func(x, y float32, r int, c color.Color) {
		for dy := -r; dy <= r; dy++ {
			for dx := -r; dx <= r; dx++ {
				out.Set(b.Min.X+int(x)+dx, b.Min.Y+int(y)+dy, c)
			}
		}
	}
	for _, edge := range e.Edges() {
		a, b := p.Points[edge[0]], p.Points[edge[1]]
		for i := range 200 {
			if s := float32(i) / 200; a.Score >= e.Threshold() && b.Score >= e.Threshold() {
				dot(a.X+s*(b.X-a.X), a.Y+s*(b.Y-a.Y), 1, color.RGBA{255, 0, 255, 255})
			}
		}
	}
	for _, k := range p.Points {
		if k.Score >= e.Threshold() {
			dot(k.X, k.Y, 4, color.RGBA{0, 255, 0, 255})
		}
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err == nil {
		err = errors.Join(png.Encode(f, out), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}
