package segment

import (
	"errors"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// zoo opens a model of the zoo and the outputs that its framework gives for a photograph.
func zoo(t testing.TB, file string, opts ...Option) (s *Segmenter, want []float32) {
	t.Helper()
	dir := testdata.Path(t, "zoo", file[:len(file)-len(filepath.Ext(file))])
	g, err := models.Open(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	model, err := models.FromGraph(g)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = New(model, opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	in, err := npy.Open(filepath.Join(dir, "photo.in0.npy"))
	if err == nil {
		err = in.Fill(s.Session().Input(0))
	}
	if err == nil {
		err = s.Session().Run()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := npy.Open(filepath.Join(dir, "photo.out0.npy"))
	if err != nil {
		t.Fatal(err)
	}
	return s, out.Data.([]float32)
}

// plain interpolates a channel of [y][x][channel], size×size, at a pixel of a picture of w×h that was squashed, cropped
// to its middle square or set between bars: in float64, each from the beginning. seen is false outside the network's
// picture.
func plain(scores []float32, size, channels, c, w, h, x, y int, mode preprocess.Mode) (v float64, seen bool) {
	u, v := (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)
	side := 0.0 // of the square, in pixels of the picture
	switch mode {
	case preprocess.Crop:
		side = float64(min(w, h))
	case preprocess.Letterbox:
		side = float64(max(w, h))
	}
	if side > 0 {
		u = (float64(x)+0.5-float64(w)/2)/side + 0.5
		v = (float64(y)+0.5-float64(h)/2)/side + 0.5
	}
	if u < 0 || u > 1 || v < 0 || v > 1 {
		return 0, false
	}
	at := func(u float64) (int, int, float64) {
		p := math.Min(math.Max(u*float64(size)-0.5, 0), float64(size-1))
		i := int(math.Floor(p))
		return i, min(i+1, size-1), p - float64(i)
	}
	x0, x1, fx := at(u)
	y0, y1, fy := at(v)
	s := func(y, x int) float64 { return float64(scores[(y*size+x)*channels+c]) }
	return (s(y0, x0)*(1-fx)+s(y0, x1)*fx)*(1-fy) + (s(y1, x0)*(1-fx)+s(y1, x1)*fx)*fy, true
}

// picture is a size and a way of fitting.
type picture struct {
	w, h int
	mode preprocess.Mode
}

// pictures are some for a network that takes squares of that size. Those that are not squashed are resized by
// whole factors, for the size of the whole picture is rounded.
func pictures(size int) []picture {
	return []picture{{size, size, preprocess.Squash}, {640, 361, preprocess.Squash}, {100, 75, preprocess.Squash},
		{3 * size, size, preprocess.Crop}, {2 * size, 6 * size, preprocess.Crop}, {size, size - 56, preprocess.Letterbox},
		{size - 100, size, preprocess.Letterbox}}
}

// TestDeepLab: classes are those of plain loops over what TensorFlow Lite answers.
func TestDeepLab(t *testing.T) {
	const size, classes = 257, 21
	for _, p := range pictures(size) {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			w, h := p.w, p.h
			spec := preprocess.Spec{Width: size, Height: size, Mode: p.mode, Short: size}
			s, want := zoo(t, "deeplabv3_257_gpu.tflite", WithSpec(spec))
			var m Mask
			if err := s.Read(w, h, &m); err != nil {
				t.Fatal(err)
			}
			counts := make([]int, 256)
			differ := 0
			for y := range h {
				for x := range w {
					k, best, second := Outside, math.Inf(-1), math.Inf(-1)
					for c := range classes {
						v, seen := plain(want, size, classes, c, w, h, x, y, p.mode)
						if !seen {
							break
						}
						if v > best {
							k, best, second = c, v, best
						} else if v > second {
							second = v
						}
					}
					counts[k]++
					if int(m.At(x, y)) == k {
						continue
					}
					if differ++; best-second > 5e-3 || k == Outside {
						t.Fatalf("pixel (%d, %d) is %d, want %d by %v", x, y, m.At(x, y), k, best-second)
					}
				}
			}
			if differ*1000 > w*h {
				t.Errorf("%d of %d pixels differ, where two classes are near each other", differ, w*h)
			}
			if got := m.Counts(make([]int, 256)); got[0] == 0 || got[6] == 0 || got[15] == 0 { // a bus and people
				t.Errorf("classes %v, want %v", got, counts)
			}
			if (counts[Outside] > 0) != (p.mode == preprocess.Crop) {
				t.Errorf("%d pixels outside", counts[Outside])
			}
		})
	}
}

// TestSelfie: probabilities are those of plain loops over what ONNX Runtime answers, within 1e-3.
func TestSelfie(t *testing.T) {
	const size = 256
	for _, p := range pictures(size) {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			s, want := zoo(t, "selfie_segmentation_256.onnx",
				WithSpec(preprocess.Spec{Width: size, Height: size, Mode: p.mode, Short: size}))
			var m Mask
			if err := s.Read(p.w, p.h, &m); err != nil {
				t.Fatal(err)
			}
			outside := 0
			for y := range p.h {
				for x := range p.w {
					v, seen := plain(want, size, 1, 0, p.w, p.h, x, y, p.mode)
					got, class := float64(m.Scores[y*p.w+x]), m.At(x, y)
					if !seen {
						outside++
					}
					if math.Abs(got-v) > 1e-3 || (class == Outside) == seen ||
						seen && math.Abs(v-0.5) > 1e-3 && (class == 1) != (v >= 0.5) {
						t.Fatalf("pixel (%d, %d) is %v of class %d, want %v", x, y, got, class, v)
					}
				}
			}
			if (outside > 0) != (p.mode == preprocess.Crop) {
				t.Errorf("%d pixels outside", outside)
			}
		})
	}
}

// TestPhotographs: a photograph is prepared as the networks want it by what their files say, and parts of it are found.
func TestPhotographs(t *testing.T) {
	for _, c := range []struct {
		model, photo string
		class        uint8
		least, most  float64 // of the picture's pixels
	}{
		{"deeplabv3_257_gpu.tflite", "bus.jpg", 6, 0.2, 0.6},
		{"deeplabv3_257_gpu.tflite", "dog.jpg", 12, 0.05, 0.6},
		{"selfie_segmentation_256.onnx", "portrait.jpg", 1, 0.2, 0.8},
	} {
		s, _ := zoo(t, c.model)
		img, err := imagefile.Open(testdata.Path(t, "detection", c.photo))
		if err != nil {
			t.Fatal(err)
		}
		var m Mask
		if err := s.Image(img, &m); err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); m.W != b.Dx() || m.H != b.Dy() {
			t.Errorf("%s: a mask of %d×%d", c.photo, m.W, m.H)
		}
		share := float64(m.Counts(make([]int, 256))[c.class]) / float64(m.W*m.H)
		if !(share > c.least && share < c.most) {
			t.Errorf("%s: %.3f of it is class %d", c.photo, share, c.class)
		}
		draw(t, c.model+"-"+c.photo, img, &m)
	}
}

// TestNoGarbage: a frame is segmented without allocating.
func TestNoGarbage(t *testing.T) {
	s, _ := zoo(t, "selfie_segmentation_256.onnx")
	f := preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 320, Height: 240}
	frame := make([]byte, f.Size())
	var m Mask
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	n := testing.AllocsPerRun(3, func() {
		if err := errors.Join(s.Frame(f, frame, &m), s.Image(img, &m)); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRead makes masks of frames of 1280×720 of an answer.
func BenchmarkRead(b *testing.B) {
	for _, file := range []string{"deeplabv3_257_gpu.tflite", "selfie_segmentation_256.onnx"} {
		b.Run("model="+file, func(b *testing.B) {
			s, _ := zoo(b, file)
			var m Mask
			for b.Loop() {
				if err := s.Read(1280, 720, &m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
