package detect

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// finished are networks' boxes of [N, 6], not suppressed.
func finished(t testing.TB, opts []Option, rows ...[6]float32) *Decoder {
	t.Helper()
	f := tensor("output", 0, 1, 300, 6)
	for i, r := range rows {
		f.set(i, 0, r[:]...)
	}
	f.set(299, 0, 0, 0, 100, 100, 0, 0) // pixels, not shares
	d := fakes(t, card.Head{}, 128, 128, []fake{f}, runtime.AsWritten, false, opts...)
	k := *d.kind
	k.final = false
	d.kind = &k
	return d
}

// scores lists class and score of boxes.
func listed(boxes []Box) (out [][2]float64) {
	for _, b := range boxes {
		out = append(out, [2]float64{float64(b.Class), math.Round(1000*float64(b.Score)) / 1000})
	}
	return out
}

// TestSuppression: which boxes stay, and in which order.
func TestSuppression(t *testing.T) {
	rows := [][6]float32{
		{10, 10, 50, 50, 0.6, 0}, {10, 10, 50, 40, 0.9, 0}, // IoU 0.75
		{12, 10, 50, 50, 0.8, 1}, // another class, IoU 0.95 with the first
		{90, 90, 120, 120, 0.5, 0}, {90, 90, 120, 120, 0.5, 0}, {60, 60, 70, 70, 0.5, 0},
	}
	type list = [][2]float64
	for _, c := range []struct {
		how     Suppression
		overlap float32
		want    list
	}{
		{BestOfClass, 0.5, list{{0, 0.9}, {1, 0.8}, {0, 0.5}, {0, 0.5}}},
		{BestOfClass, 0.75, list{{0, 0.9}, {1, 0.8}, {0, 0.6}, {0, 0.5}, {0, 0.5}}}, // not more than the overlap
		{BestOfAll, 0.5, list{{0, 0.9}, {0, 0.5}, {0, 0.5}}},
		{Everything, 0.5, list{{0, 0.9}, {1, 0.8}, {0, 0.6}, {0, 0.5}, {0, 0.5}, {0, 0.5}}},
		{SoftLinear, 0.5, list{{0, 0.9}, {1, 0.8}, {0, 0.5}, {0, 0.5}, {0, 0.15}}},                // 0.6·0.25; 0.5·0
		{SoftGaussian, 0.5, list{{0, 0.9}, {1, 0.8}, {0, 0.5}, {0, 0.5}, {0, 0.195}, {0, 0.068}}}, // ·e^(−0.75²/0.5), ·e^−2
	} {
		d := finished(t, []Option{WithSuppression(c.how), WithOverlap(c.overlap), WithThreshold(0.05)}, rows...)
		if got := listed(d.decode(itself(128, 128), nil)); !slices.Equal(got, c.want) {
			t.Errorf("%v at %v: %v, want %v", c.how, c.overlap, got, c.want)
		}
		d.SetMost(2)
		if got := listed(d.decode(itself(128, 128), nil)); !slices.Equal(got, c.want[:2]) {
			t.Errorf("%v, two at most: %v", c.how, got)
		}
	}
	// Equal scores: the lesser class first, then what the network gives first.
	d := finished(t, nil, [6]float32{0, 0, 10, 10, 0.5, 3}, [6]float32{20, 0, 30, 10, 0.5, 1},
		[6]float32{40, 0, 50, 10, 0.5, 1})
	got := d.decode(itself(128, 128), nil)
	if len(got) != 3 || got[0].X0 != 20 || got[1].X0 != 40 || got[2].X0 != 0 {
		t.Error("order of equal scores:", got)
	}
	d.SetClasses(3, 7)
	if got := listed(d.decode(itself(128, 128), nil)); !slices.Equal(got, list{{3, 0.5}}) {
		t.Error("classes wanted:", got)
	}
	d.SetClasses()
	d.SetThreshold(0.51)
	if got := d.decode(itself(128, 128), nil); len(got) != 0 {
		t.Error("threshold:", got)
	}
}

// TestDefined: what numbers that are none, or too large, become.
func TestDefined(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	d := finished(t, []Option{WithThreshold(0.3)}, [6]float32{1, 1, 5, 5, nan, 0}, [6]float32{nan, 1, 5, 5, 0.9, 0},
		[6]float32{1, 1, inf, 5, 0.9, 0}, [6]float32{1, -inf, 5, 5, 0.9, 0}, [6]float32{1, 1, 5, 5, 0.9, nan},
		[6]float32{1, 1, 5, 5, 0.9, -3}, [6]float32{1, 1, 5, 5, 0.9, 1e30}, [6]float32{5, 5, 1, 1, 0.9, 0},
		[6]float32{3, 3, 3, 9, 0.9, 0}, [6]float32{-30, -30, -2, -2, 0.9, 0}, [6]float32{-5, 100, 500, 3e38, inf, 2})
	got := d.decode(itself(128, 128), nil)
	want := Box{X0: 0, Y0: 100, X1: 128, Y1: 128, Score: 1, Class: 2}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	d.unclipped = true
	if got = d.decode(itself(128, 128), nil); len(got) != 2 || got[0].X1 != 500 || got[1].X0 != -30 {
		t.Errorf("not clipped: %+v", got)
	}
	if got := finished(t, nil).decode(itself(128, 128), nil); got != nil {
		t.Error("of nothing:", got)
	}
}

// TestGeometries: a box that a network sees comes back to where it is in the picture, whatever the fit.
func TestGeometries(t *testing.T) {
	for _, mode := range []preprocess.Mode{preprocess.Squash, preprocess.Crop, preprocess.Letterbox} {
		for _, size := range [][2]int{{640, 480}, {479, 641}, {128, 128}, {37, 1000}, {1001, 333}} {
			s := preprocess.Spec{Width: 128, Height: 128, Mode: mode}
			g, err := s.Geometry(size[0], size[1])
			if err != nil {
				t.Fatal(err)
			}
			// The middle half of the picture, as the input has it.
			w, h := float32(size[0]), float32(size[1])
			in := func(x, scale, offset float32) float32 { return (x - offset) / scale }
			d := finished(t, nil, [6]float32{in(w/4, g.ScaleX, g.OffsetX), in(h/4, g.ScaleY, g.OffsetY),
				in(3*w/4, g.ScaleX, g.OffsetX), in(3*h/4, g.ScaleY, g.OffsetY), 0.9, 0},
				[6]float32{-1e5, -1e5, 1e5, 1e5, 0.8, 1})
			got := d.decode(&g, nil)
			if len(got) != 2 {
				t.Fatal(mode, size, got)
			}
			for i, v := range []float32{got[0].X0 - w/4, got[0].Y0 - h/4, got[0].X1 - 3*w/4, got[0].Y1 - 3*h/4, got[1].X0,
				got[1].Y0, got[1].X1 - w, got[1].Y1 - h} {
				if math.Abs(float64(v)) > 0.01 {
					t.Errorf("%v %v: corner %d is off by %v", mode, size, i, v)
				}
			}
		}
	}
}

// TestUnknown: what fits no kind, or several, is refused with a list of them.
func TestUnknown(t *testing.T) {
	info := func(fs ...fake) (out []runtime.TensorInfo) {
		for i := range fs {
			out = append(out, fs[i].info(runtime.AsWritten))
		}
		return out
	}
	for _, c := range []struct {
		name string
		head card.Head
		outs []runtime.TensorInfo
		want error
		says string
	}{
		{"a classifier", card.Head{}, info(tensor("prob", 0, 1, 1000)), runtime.ErrGraph, "yolov8"},
		{"rows of unknown classes", card.Head{}, info(tensor("o", 0, 1, cells128, 9)), runtime.ErrGraph, "name one of"},
		{"a kind there is not", card.Head{Kind: "yolov99"}, info(tensor("o", 0, 1, 7, cells128)), runtime.ErrGraph, "yolov5"},
		{"another kind", card.Head{Kind: "yunet"}, info(tensor("o", 0, 1, 7, cells128)), runtime.ErrShape, "12"},
		{"no outputs", card.Head{}, nil, runtime.ErrGraph, "name one of"},
		{"other labels", card.Head{Kind: "yolov8", Classes: 4}, info(tensor("o", 0, 1, 7, cells128)), runtime.ErrShape,
			"4 classes"},
		{"too many points", card.Head{Kind: "yolov8", Points: 18}, info(tensor("o", 0, 1, 7, cells128)), runtime.ErrLimit,
			"18"},
		{"a hostile stride", card.Head{Kind: "yolov8", Strides: []int{0}}, info(tensor("o", 0, 1, 7, cells128)),
			card.ErrInvalid, "strides"},
		{"anchors without end", card.Head{Kind: "ssd", Strides: []int{1}, Anchors: [][]card.Anchor{make([]card.Anchor, 65)}},
			info(tensor("a", 0, 1, 5, 4), tensor("b", 0, 1, 5, 4)), runtime.ErrLimit, "65"},
		{"anchors of another number", ssdCard("ssd"), info(tensor("a", 0, 1, 5, 4), tensor("b", 0, 1, 5, 4)),
			runtime.ErrShape, "144 anchors"},
	} {
		_, err := NewDecoder(c.head, 0, input(128, 128), c.outs)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	good := tensor("o", 0, 1, 7, cells128)
	for name, o := range map[string]Option{"threshold": WithThreshold(1.5), "NaN": WithThreshold(float32(math.NaN())),
		"overlap": WithOverlap(-1), "most": WithMost(0), "suppression": WithSuppression(99)} {
		if _, err := NewDecoder(card.Head{}, 0, input(128, 128), info(good), o); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewDecoder(card.Head{}, 0, nil, info(good)); !errors.Is(err, runtime.ErrShape) {
		t.Error("no input:", err)
	}
}

// TestDetectorAllocates: a frame costs no memory once buffers have grown.
func TestDetectorAllocates(t *testing.T) {
	for _, n := range []int{3, 5} { // YOLOv8, YuNet
		z := &zoo[n]
		d, err := FromPlan(z.plan(t), card.Card{}, WithThreshold(0.05))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		img, err := imagefile.Open(testdata.Path(t, "detection", z.photo+".jpg"))
		if err != nil {
			t.Fatal(err)
		}
		f := preprocess.FrameFormat{Pixels: preprocess.RGB24, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
		frame := make([]byte, f.Size())
		for y := range f.Height {
			for x := range f.Width {
				r, g, b, _ := img.At(x, y).RGBA()
				copy(frame[3*(y*f.Width+x):], []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
			}
		}
		boxes, err := d.Image(img, nil)
		if err != nil || len(boxes) == 0 {
			t.Fatal(len(boxes), err)
		}
		again, err := d.Frame(f, frame, nil)
		if err != nil || len(again) != len(boxes) {
			t.Errorf("%s: a frame has %d boxes, the picture %d (%v)", z.folder, len(again), len(boxes), err)
		}
		for name, run := range map[string]func() ([]Box, error){
			"frame":   func() ([]Box, error) { return d.Frame(f, frame, boxes[:0]) },
			"picture": func() ([]Box, error) { return d.Image(img, boxes[:0]) },
			"soft": func() ([]Box, error) {
				d.SetSuppression(SoftGaussian)
				defer d.SetSuppression(BestOfClass)
				return d.Read(f.Width, f.Height, boxes[:0])
			},
		} {
			if n := testing.AllocsPerRun(5, func() {
				if _, err := run(); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s: a %s makes %v allocations", z.folder, name, n)
			}
		}
		if _, err := d.Frame(f, frame[:100], nil); !errors.Is(err, runtime.ErrShape) {
			t.Error("half a frame:", err)
		}
		if _, err := d.Image(image.NewGray(image.Rect(0, 0, 0, 0)), nil); !errors.Is(err, runtime.ErrShape) {
			t.Error("an empty picture:", err)
		}
	}
}

// FuzzDecode: whatever numbers networks answer, boxes are in order, inside the picture, and at most as many as wanted.
func FuzzDecode(f *testing.F) {
	for i := range families {
		f.Add(uint8(i), uint64(i), uint8(0), false)
		f.Add(uint8(i), uint64(i), uint8(4), true)
	}
	f.Fuzz(func(t *testing.T, family uint8, seed uint64, how uint8, levels bool) {
		fam := families[int(family)%len(families)]
		outs := fam.outs()
		d := fakes(t, fam.head, 128, 128, outs, runtime.ChannelsLast, levels, WithMost(20),
			WithSuppression(Suppression(how%5)), WithThreshold(float32(how)/512))
		r := rand.New(rand.NewPCG(seed, 1))
		odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e38, -3e38, 1e-40, 0, 1, -1, 100}
		for _, v := range d.views {
			for i := range v.f {
				v.f[i] = float32(r.NormFloat64() * 3)
				if r.IntN(4) == 0 {
					v.f[i] = odd[r.IntN(len(odd))]
				}
			}
			for i := range v.u {
				v.u[i] = uint8(r.Uint32())
			}
		}
		got := d.decode(itself(128, 128), nil)
		if len(got) > 20 {
			t.Fatalf("%s: %d boxes", fam.name, len(got))
		}
		for i, b := range got {
			if !(b.X0 >= 0 && b.Y0 >= 0 && b.X0 < b.X1 && b.Y0 < b.Y1 && b.X1 <= 128 && b.Y1 <= 128) ||
				!(b.Score >= d.threshold && b.Score <= 1) || b.Class < 0 || i > 0 && b.Score > got[i-1].Score {
				t.Fatalf("%s: box %d is %+v", fam.name, i, b)
			}
			for _, p := range b.Points[:b.Count] {
				if !finite(p.X) || !finite(p.Y) || !(p.Score >= 0 && p.Score <= 1) {
					t.Fatalf("%s: point %+v", fam.name, p)
				}
			}
		}
	})
}
