package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/draw"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/runtime"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// zoo opens a model of the data, or skips the test.
func zoo(t testing.TB, name string) (*runtime.Plan, card.Card) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(os.Getenv("GNEISS_DATA"), "zoo", name, name+".*"))
	if os.Getenv("GNEISS_DATA") == "" || len(files) == 0 {
		t.Skip("NOT TESTED: there is no GNEISS_DATA with zoo/" + name)
	}
	g, err := models.Open(files[0])
	must(t, err)
	m, err := models.FromGraph(g)
	must(t, err)
	return m.Plan, m.Card
}

func photo(t testing.TB, name string) image.Image {
	t.Helper()
	img, err := imagefile.Open(filepath.Join(os.Getenv("GNEISS_DATA"), "detection", name))
	must(t, err)
	return img
}

// keep writes a picture with the answer to the folder GNEISS_SCREENSHOTS, if that is set.
func keep(t testing.TB, name string, img image.Image, s *draw.Scene) *image.RGBA {
	t.Helper()
	m := draw.Copy(img, img.Bounds().Dx(), img.Bounds().Dy())
	draw.On(m, s)
	if dir := os.Getenv("GNEISS_SCREENSHOTS"); dir != "" {
		var b bytes.Buffer
		must(t, png.Encode(&b, m))
		must(t, os.WriteFile(filepath.Join(dir, "answer-"+name+".png"), b.Bytes(), 0o644))
	}
	return m
}

// TestTasks: networks of the zoo, of each task, find what is in the photographs; what is drawn changes them.
func TestTasks(t *testing.T) {
	for _, c := range []struct {
		model, head, photo string
		names              []string
		task               card.Task
		boxes              map[string]int // at least so many of a name
		region             string         // that has more than a twenty-fifth of the picture
	}{
		{"yolox_nano_416", "yolox-first", "dog.jpg", labels.COCO, card.Detect, map[string]int{"dog": 1, "bicycle": 1}, ""},
		{"ssd_mobilenet_v1_coco_quant", "", "dog.jpg", labels.COCO90, card.Detect, map[string]int{"dog": 1}, ""},
		{"fastestdet_352", "", "bus.jpg", labels.COCO, card.Detect, map[string]int{"person": 2, "bus": 1}, ""},
		{"yolov8n_192", "", "person.jpg", []string{"person"}, card.Detect, map[string]int{"person": 1}, ""},
		{"ultraface_rfb_320", "", "faces.jpg", []string{"face"}, card.Detect, map[string]int{"face": 3}, ""},
		{"yunet_n_320", "", "portrait.jpg", nil, card.Detect, map[string]int{"face": 1}, ""},
		{"blazeface_front_128", "", "portrait.jpg", []string{"face"}, card.Detect, map[string]int{"face": 1}, ""},
		{"movenet_singlepose_192", "", "person.jpg", nil, card.Keypoints, map[string]int{"": 1}, ""},
		{"palm_detection_full_192", "", "portrait.jpg", nil, card.Detect, nil, ""},
		{"selfie_segmentation_256", "", "portrait.jpg", nil, card.Segment, nil, "foreground"},
		{"deeplabv3_257_gpu", "", "person.jpg", voc, card.Segment, nil, "person"},
	} {
		t.Run(c.model, func(t *testing.T) {
			plan, about := zoo(t, c.model)
			if c.names != nil {
				about.Labels = c.names
			}
			r, err := New(plan, about, Options{Head: c.head})
			must(t, err)
			defer r.Close()
			if r.Task() != c.task || !r.Images() {
				t.Fatalf("it is for %s, of a head %q", r.Task(), r.About().Kind)
			}
			var a Answer
			img := photo(t, c.photo)
			_, err = r.Image(context.Background(), img, Settings{}, &a)
			must(t, err)
			drawn := keep(t, c.model, img, r.Scene(&a))
			if plain := draw.Copy(img, a.Width, a.Height); len(a.Boxes)+len(a.Regions) > 0 && bytes.Equal(plain.Pix, drawn.Pix) {
				t.Error("nothing is drawn")
			}
			text, err := json.Marshal(&a)
			must(t, err)
			seen := map[string]int{}
			for _, b := range a.Boxes {
				seen[b.Label]++
			}
			for name, n := range c.boxes {
				if seen[name] < n {
					t.Errorf("%d of %s, want %d: %s", seen[name], name, n, text)
				}
			}
			if c.region != "" && (len(a.Regions) == 0 || !has(a.Regions, c.region)) {
				t.Errorf("no %s: %s", c.region, text)
			}
			var few Answer
			must(t, r.Read(a.Width, a.Height, Settings{Threshold: 0.999, MaskPixels: 1000}, &few))
			if len(a.Boxes) > 0 && len(few.Boxes) >= len(a.Boxes) {
				t.Errorf("%d boxes of scores above 0.999, %d of all", len(few.Boxes), len(a.Boxes))
			}
			if m := few.Mask(); c.task == card.Segment && (m == nil || m.Bounds().Dx()*m.Bounds().Dy() > 1000) {
				t.Errorf("a mask of at most 1000 pixels is %v", m.Bounds())
			}
		})
	}
}

// voc are the classes of PASCAL VOC that DeepLab knows.
var voc = []string{"background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
	"dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv"}

func has(regions []Region, name string) bool {
	for _, r := range regions {
		if r.Label == name && r.Share > 0.04 {
			return true
		}
	}
	return false
}

// TestRefuses: what the card or the options say and is not so is an error; what nobody says anything of is tensors.
func TestRefuses(t *testing.T) {
	g := runtime.NewGraph("map")
	in, err := g.Input("in", runtime.Shape{N: 1, H: 7, W: 5, C: 9})
	must(t, err)
	out, err := g.Add("relu", &runtime.Activation{Act: runtime.ReLU}, in)
	must(t, err)
	must(t, g.Output(out))
	plan, err := runtime.Compile(g)
	must(t, err)
	for _, task := range []card.Task{card.Classify, card.Detect, card.Segment, "bake"} {
		if _, err := New(plan, card.Card{Task: task}, Options{}); err == nil {
			t.Errorf("it is for %s", task)
		}
	}
	if _, err := New(plan, card.Card{}, Options{Head: "no such"}); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("a head that is not known: %v", err)
	}
	if _, err := New(plan, card.Card{}, Options{Head: "yolov8"}); err == nil {
		t.Error("it has a head of yolov8")
	}
	r, err := New(plan, card.Card{}, Options{})
	must(t, err)
	defer r.Close()
	if r.Images() || r.Task() != card.Other {
		t.Errorf("images %v, task %s", r.Images(), r.Task())
	}
	var a Answer
	if _, err := r.Image(context.Background(), image.NewGray(image.Rect(0, 0, 2, 2)), Settings{}, &a); err == nil {
		t.Error("it answers what an image shows")
	}
}
