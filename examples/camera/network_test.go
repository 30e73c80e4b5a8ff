package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/app/frames"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// zoo is the path of a network with real weights.
func zoo(t *testing.T, file string) string {
	t.Helper()
	return testdata.Path(t, "zoo", strings.TrimSuffix(file, filepath.Ext(file)), file)
}

// yuyv is a photograph as a camera of 1280×720 sees it that has turned so many pixels to the left: the middle of it.
func yuyv(t *testing.T, photo string, shift int) (preprocess.FrameFormat, []byte) {
	t.Helper()
	img, err := imagefile.Open(testdata.Path(t, "detection", photo))
	if err != nil {
		t.Fatal(err)
	}
	f := preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 1280, Height: 720, FullRange: true}
	b := img.Bounds()
	at := func(x, y int) color.YCbCr {
		return color.YCbCrModel.Convert(img.At(b.Min.X+(x+b.Dx()+shift-(1280-b.Dx())/2)%b.Dx(),
			b.Min.Y+(y*b.Dy()/720))).(color.YCbCr)
	}
	var frame []byte
	for y := range 720 {
		for x := 0; x < 1280; x += 2 {
			p, q := at(x, y), at(x+1, y)
			frame = append(frame, p.Y, p.Cb, q.Y, p.Cr)
		}
	}
	return f, frame
}

// TestFollow: a person that moves through a camera's frames keeps an identity, and nothing is allocated for a frame.
func TestFollow(t *testing.T) {
	o := &options{model: zoo(t, "yolov8n_192.tflite")}
	var film [][]byte
	var f preprocess.FrameFormat
	for i := range 8 {
		var frame []byte
		f, frame = yuyv(t, "person.jpg", 6*i)
		film = append(film, frame)
	}
	v, err := newViewer(o, frames.Format{FrameFormat: f})
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	id, left := 0, float32(0)
	for i, frame := range film {
		if err := v.look(frame); err != nil {
			t.Fatal(err)
		}
		var r report
		v.say(&r)
		if len(r.Things) == 0 || r.Class != "class 0" { // the file has no names
			t.Fatalf("frame %d: %+v", i, r)
		}
		best := r.Things[0]
		for _, k := range r.Things {
			if k.Score > best.Score {
				best = k
			}
		}
		if i > 0 && (best.ID != id || best.Box[0] >= left) {
			t.Errorf("frame %d: %+v, before %d at %v", i, best, id, left)
		}
		id, left = best.ID, best.Box[0]
	}
	i := 0
	n := testing.AllocsPerRun(2*len(film), func() {
		if err := v.look(film[i%len(film)]); err != nil {
			t.Fatal(err)
		}
		i++
	})
	if n != 0 {
		t.Errorf("%v allocations for a frame", n)
	}
}

// TestTasks: whatever a network is for, a camera's frame and a picture show the same.
func TestTasks(t *testing.T) {
	for _, c := range []struct {
		model, photo, class string
		least               float32
		things              int // at least; -1: none, for the network says but one thing
	}{
		{"mobilenet_v2_224_quant.tflite", "dog.jpg", "standard schnauzer", 0.1, -1}, // its file has the names
		{"yolov8n_192.tflite", "person.jpg", "class 0", 0.3, 1},
		{"movenet_singlepose_192.tflite", "person.jpg", "heatmaps", 0.3, 1},
		{"deeplabv3_257_gpu.tflite", "bus.jpg", "class 6", 0.1, -1},
		{"selfie_segmentation_256.onnx", "portrait.jpg", "class 1", 0.1, -1},
	} {
		for _, alone := range []bool{false, true} {
			o := &options{model: zoo(t, c.model), alone: alone}
			f, frame := yuyv(t, c.photo, 0)
			raw, err := newViewer(o, frames.Format{FrameFormat: f})
			if err != nil {
				t.Fatalf("%s: %v", c.model, err)
			}
			defer raw.close()
			var r report
			if err := raw.look(frame); err != nil {
				t.Fatal(err)
			}
			raw.say(&r)
			if r.Class != c.class || r.Score < c.least || len(r.Things) < c.things || c.things < 0 && r.Things != nil {
				t.Errorf("%s: %+v", c.model, r)
			}
			for _, k := range r.Things {
				if (k.ID != 0) != (c.model == "yolov8n_192.tflite" && !alone) {
					t.Errorf("%s: %+v", c.model, k)
				}
			}
			same, err := newViewer(o, frames.Format{Coded: true})
			if err != nil {
				t.Fatal(err)
			}
			defer same.close()
			var p report
			if err := same.picture(rgb(f, frame)); err != nil {
				t.Fatal(err)
			}
			if same.say(&p); p.Class != r.Class || p.Score-r.Score > 0.15 || r.Score-p.Score > 0.15 {
				t.Errorf("%s: of the frame %s of %v, of the picture %s of %v", c.model, r.Class, r.Score, p.Class, p.Score)
			}
		}
	}
}

// rgb is a frame as a picture.
func rgb(f preprocess.FrameFormat, frame []byte) image.Image {
	m := image.NewYCbCr(image.Rect(0, 0, f.Width, f.Height), image.YCbCrSubsampleRatio422)
	for i := 0; i < len(frame); i += 4 {
		m.Y[i/2], m.Y[i/2+1], m.Cb[i/4], m.Cr[i/4] = frame[i], frame[i+2], frame[i+1], frame[i+3]
	}
	return m
}

// TestFrames: a line for each frame, of what is in it.
func TestFrames(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"--model", zoo(t, "yolov8n_192.tflite"), "--pictures", testdata.Path(t, "detection"),
		"--fps", "2", "--frames"}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	people := 0
	n := 0
	for d := json.NewDecoder(&out); ; n++ {
		var s sight
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if s.Things == nil || s.Time.IsZero() {
			t.Errorf("%+v", s)
		}
		people += len(s.Things)
	}
	if n < 3 || n > 5 || people == 0 {
		t.Errorf("%d lines, %d people", n, people)
	}
}

// TestModels: what is no model, or for nothing that is known, is an error that says so.
func TestModels(t *testing.T) {
	pattern := []string{"--test-pattern", "--size", "64x48", "--seconds", "0.1"}
	for _, args := range [][]string{
		{"--model", "none.onnx"}, {"--model", "main.go"}, {"--labels", "none"}, {"--head", "yolov8"},
		{"--model", zoo(t, "yolov8n_192.tflite"), "--head", "yunet"},
	} {
		if err := run(t.Context(), append(args, pattern...), io.Discard, io.Discard); err == nil {
			t.Error(args)
		} else {
			t.Log(err)
		}
	}
}

// TestWhat: things are counted by name.
func TestWhat(t *testing.T) {
	var r report
	for i, name := range []string{"person", "dog", "person", "cat", "person"} {
		r.add(thing{Label: name, Score: float32(i) / 10})
	}
	if got := r.what(); got != "cat, dog, 3 person" || r.Class != "person" || r.Score != 0.4 {
		t.Error(got, fmt.Sprint(r))
	}
}
