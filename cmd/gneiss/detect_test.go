package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/detect/score"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

// zooFile is a model of the data, or skips the test.
func zooFile(t *testing.T, name string) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(os.Getenv("GNEISS_DATA"), "zoo", name, name+".*"))
	if os.Getenv("GNEISS_DATA") == "" || len(files) == 0 {
		t.Skip("NOT TESTED: there is no GNEISS_DATA with zoo/" + name)
	}
	return files[0]
}

func photograph(name string) string {
	return filepath.Join(os.Getenv("GNEISS_DATA"), "detection", name)
}

// differ counts the pixels in which two pictures of one size clearly differ.
func differ(t *testing.T, a, b string) (n int) {
	t.Helper()
	var m [2]image.Image
	for i, path := range []string{a, b} {
		var err error
		if m[i], err = imagefile.Open(path); err != nil {
			t.Fatal(err)
		}
	}
	r := m[0].Bounds()
	if r != m[1].Bounds() {
		t.Fatalf("%s is %v, %s is %v", a, r, b, m[1].Bounds())
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			r0, g0, b0, _ := m[0].At(x, y).RGBA()
			r1, g1, b1, _ := m[1].At(x, y).RGBA()
			if max(r0, r1)-min(r0, r1)+max(g0, g1)-min(g0, g1)+max(b0, b1)-min(b0, b1) > 40<<8 {
				n++
			}
		}
	}
	return n
}

// TestDetect: a table and JSON lines of a detector, and pictures of what it finds.
func TestDetect(t *testing.T) {
	model, dir := zooFile(t, "yunet_n_320"), t.TempDir()
	faces, portrait := photograph("faces.jpg"), photograph("portrait.jpg")
	one := filepath.Join(dir, "one.png")
	table := must(t, "detect", "-m", model, portrait, "-o", one)
	for _, words := range []string{"yunet_n_320 (", "detect by yunet", "input 320×320", "681×445", " %  face  ",
		"5 points", one} {
		if !strings.Contains(table, words) {
			t.Errorf("no %q in\n%s", words, table)
		}
	}
	if n := differ(t, portrait, one); n < 1000 || n > 681*445/2 {
		t.Errorf("%d pixels are drawn", n)
	}
	both := filepath.Join(dir, "both")
	lines := must(t, "detect", "-m", model, "--json", "--threshold", "0.72", faces, portrait, portrait, "-o", both)
	var all []found
	for in := json.NewDecoder(strings.NewReader(lines)); in.More(); {
		var f found
		if err := in.Decode(&f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if len(all) != 3 || strings.Count(lines, "\n") != 3 || all[0].Task != "detect" || len(all[0].Boxes) < 2 ||
		len(all[0].Boxes) > 5 || all[1].Boxes[0].Label != "face" || all[1].Ms.Run <= 0 {
		t.Errorf("%s", lines)
	}
	for i, name := range []string{"faces.png", "portrait.png", "portrait-2.png"} {
		if path := filepath.Join(both, name); all[i].Drawn != path {
			t.Errorf("%s instead of %s", all[i].Drawn, path)
		} else if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if none := must(t, "detect", "-m", model, "--threshold", "0.99", faces); !strings.Contains(none, "nothing found") {
		t.Error(none)
	}
	if got := must(t, "detect", "-m", model, "--max", "2", faces); strings.Count(got, " face ") != 2 {
		t.Error(got)
	}
	if got := must(t, "detect", "-m", model, "--classes", "3,4", faces); !strings.Contains(got, "nothing found") {
		t.Error(got)
	}
}

// TestDetectTasks: the command does what the model is for.
func TestDetectTasks(t *testing.T) {
	t.Run("segment", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "mask.jpg")
		got := must(t, "segment", "-m", zooFile(t, "selfie_segmentation_256"), photograph("portrait.jpg"), "-o", out)
		if !strings.Contains(got, "segment by probability") || !strings.Contains(got, "foreground") {
			t.Error(got)
		}
		if n := differ(t, photograph("portrait.jpg"), out); n < 681*445/3 {
			t.Errorf("%d pixels are drawn", n)
		}
	})
	t.Run("pose", func(t *testing.T) {
		got := must(t, "pose", "-m", zooFile(t, "movenet_singlepose_192"), photograph("person.jpg"))
		if !strings.Contains(got, "keypoints by ") || !strings.Contains(got, "17 points") {
			t.Error(got)
		}
	})
	t.Run("labels", func(t *testing.T) {
		got := must(t, "detect", "-m", zooFile(t, "ssd_mobilenet_v1_coco_quant"), "-l", "coco90", photograph("dog.jpg"))
		if !strings.Contains(got, " dog ") || !strings.Contains(got, "ssd-postprocess") {
			t.Error(got)
		}
	})
	t.Run("classify", func(t *testing.T) { // the built-in network
		got := must(t, "detect", "--task", "classify", filepath.Join(pictures(t), "frog.png"), "-k", "2")
		if !strings.Contains(got, "classify") || !strings.Contains(got, "frog") || strings.Count(got, "\n") != 6 {
			t.Error(got)
		}
	})
}

// TestDetectSample: without arguments the built-in detector finds what the drawn scene shows, and nothing else.
func TestDetectSample(t *testing.T) {
	var got struct {
		Image string
		Task  string
		Boxes []struct {
			Label string
			Box   [4]float64
		}
	}
	mustJSON(t, &got, "detect", "--json")
	things := map[string]score.Box{ // where draw.Road has them
		"airplane": {X0: 236, Y0: 81, X1: 397, Y1: 185}, "truck": {X0: 84, Y0: 200, X1: 280, Y1: 334},
		"automobile": {X0: 348, Y0: 249, X1: 542, Y1: 349}}
	if got.Image != "road.png" || got.Task != "detect" || len(got.Boxes) != len(things) {
		t.Fatalf("%+v", got)
	}
	for i, b := range got.Boxes {
		thing, ok := things[b.Label]
		if !ok {
			t.Fatalf("a second or unknown %s: %+v", b.Label, got)
		}
		delete(things, b.Label)
		r, err := score.Measure([]score.Truth{{Box: thing}}, []score.Found{{Score: 1,
			Box: score.Box{X0: b.Box[0], Y0: b.Box[1], X1: b.Box[2], Y1: b.Box[3]}}})
		if err != nil || r.AP50 < 0.99 {
			t.Errorf("box %d, %s: %v, want %v, %v", i, b.Label, b.Box, thing, err)
		}
	}
	drawn, card := filepath.Join(t.TempDir(), "road.png"), filepath.Join("..", "..", "models", "scenes", "scenes.png")
	must(t, "detect", "-o", drawn)
	if n := differ(t, drawn, card); n > 200 {
		t.Errorf("%d pixels differ from %s: gneiss detect -o %s", n, card, card)
	}
}

// TestDetectFrames: each frame of raw video is answered as its picture is, and drawn into a folder.
func TestDetectFrames(t *testing.T) {
	img, err := imagefile.Open(filepath.Join(pictures(t), "frog.png"))
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	var y4m strings.Builder
	fmt.Fprintf(&y4m, "YUV4MPEG2 W%d H%d F30:1 Cmono XCOLORRANGE=FULL\n", size.X, size.Y)
	for range 3 {
		y4m.WriteString("FRAME\n")
		for y := range size.Y {
			for x := range size.X {
				y4m.WriteByte(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			}
		}
	}
	path, out := filepath.Join(t.TempDir(), "frog.y4m"), filepath.Join(t.TempDir(), "frames")
	write(t, path, y4m.String())
	lines := must(t, "detect", "--task", "classify", "--y4m", path, "--json", "--frames", "2", "-o", out)
	var all []found
	for in := json.NewDecoder(strings.NewReader(lines)); in.More(); {
		var f found
		if err := in.Decode(&f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if len(all) != 2 || all[1].Image != "frame 2" || len(all[0].Top) != 5 || all[0].Top[0] != all[1].Top[0] ||
		all[0].Width != size.X {
		t.Errorf("%s", lines)
	}
	drawn, err := imagefile.Open(filepath.Join(out, "frame-000001.png"))
	if err != nil {
		t.Fatal(err)
	}
	grey := func(m image.Image, x, y int) uint8 { return color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y }
	if a, b := grey(drawn, 2, size.Y-3), grey(img, 2, size.Y-3); a+15 > b { // under the lines of classes
		t.Errorf("a pixel of %d is %d", b, a)
	}
	if a, b := grey(drawn, size.X-3, 2), grey(img, size.X-3, 2); a != b {
		t.Errorf("another pixel of %d is %d", b, a)
	}
	if n := differ(t, filepath.Join(out, "frame-000001.png"), filepath.Join(out, "frame-000002.png")); n != 0 {
		t.Errorf("the same frame is drawn otherwise, %d pixels", n)
	}
	if text := must(t, "detect", "--y4m", path); strings.Count(text, "frame ") != 3 {
		t.Error(text)
	}
}

// TestDetectErrors: what makes no sense is said in a line, before anything is computed or made.
func TestDetectErrors(t *testing.T) {
	dir := pictures(t)
	frog, ship := filepath.Join(dir, "frog.png"), filepath.Join(dir, "ship.png")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"detect " + frog + " -o x.gif", exitUsage, ".png or .jpg"},
		{"detect " + frog + " " + ship + " -o x.png", exitUsage, "several images go into a folder"},
		{"detect --y4m x.y4m " + frog, exitUsage, "exclude each other"},
		{"detect --y4m x.y4m --device /dev/video0", exitUsage, "exclude each other"},
		{"detect --y4m x.y4m -o x.png", exitUsage, "go into a folder"},
		{"detect --y4m x.y4m --frames -1", exitUsage, "--frames -1"},
		{"detect --device x --size big", exitUsage, "--size"},
		{"detect --y4m " + frog, exitFailure, "not a y4m stream"},
		{"detect --y4m none.y4m", exitFailure, "none.y4m"},
		{"detect --device " + frog, exitFailure, "frog.png"},
		{"detect --threshold 2 " + frog, exitUsage, "threshold 2"},
		{"detect --overlap -1 " + frog, exitUsage, "overlap -1"},
		{"detect --max 100000 " + frog, exitUsage, "at most 1000"},
		{"detect --classes -3 " + frog, exitUsage, "negative"},
		{"detect --head nothing " + frog, exitFailure, `no head is called "nothing"`},
		{"detect --task segment " + frog, exitFailure, "segment:"},
		{"detect --task bake " + frog, exitFailure, "no task"},
		{"detect " + filepath.Join(dir, "none.png"), exitFailure, "none.png"},
	} {
		code, out, stderr := try(strings.NewReader(""), strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.says) || c.code == exitUsage && out != "" {
			t.Errorf("%s: exit %d, %q, %q; want %d, %q", c.args, code, out, stderr, c.code, c.says)
		}
	}
	code, out, stderr := try(strings.NewReader(""), "detect", "--json", filepath.Join(dir, "none.png"), frog)
	if code != exitFailure || strings.Count(out, "\n") != 2 || !strings.Contains(out, `"error":`) || stderr == "" {
		t.Errorf("exit %d, %q, %q", code, out, stderr)
	}
	// to standard output goes the picture alone
	code, out, stderr = try(strings.NewReader(""), "detect", frog, "-o", "-")
	if code != exitOK || !strings.HasPrefix(out, "\x89PNG") || !strings.Contains(stderr, "frog") {
		t.Errorf("exit %d, %.20q, %q", code, out, stderr)
	}
}
