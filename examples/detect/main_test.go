package main

import (
	"encoding/json"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

// program is what is built and what README.md shows.
func program(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// TestReadme: README.md has the program as it is, in at most 30 lines, and no number of a network is in it.
func TestReadme(t *testing.T) {
	_, text, _ := strings.Cut(program(t), "\npackage main\n")
	text = "package main\n" + text
	if n := strings.Count(text, "\n"); n > 30 {
		t.Errorf("%d lines", n)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ReplaceAll(string(readme), "\r\n", "\n"), "```go\n"+text+"```\n") {
		t.Error("README.md has another program")
	}
	_, code, _ := strings.Cut(text, "func main")
	if numbers := regexp.MustCompile(`\b\d+\b`).FindAllString(strings.ReplaceAll(code, "%.0f", ""), -1); len(numbers) > 2 {
		t.Errorf("numbers %v", numbers) // 1 of os.Args, 100 for per cent
	}
}

// TestDetect: the program with a network of the zoo inside, compiled for it with the names of its classes, prints what
// photographs show.
func TestDetect(t *testing.T) {
	if testing.Short() {
		t.Skip("short: builds programs")
	}
	dir := t.TempDir()
	names := filepath.Join(dir, "names.txt")
	if err := os.WriteFile(names, []byte("person\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gneiss := filepath.Join(dir, "gneiss")
	run(t, gotool.Command("build", "-o", gneiss, "../../cmd/gneiss"))
	for _, c := range []struct{ model, labels, photo, want string }{
		{"yolov8n_192.tflite", names, "person.jpg", `(?m)^person \d\d % at 19\d, \d+$`},
		{"fastestdet_352.onnx", "coco", "bus.jpg", `(?m)^bus \d\d % `},
		{"ssd_mobilenet_v1_coco_quant.tflite", "coco90", "", `(?s)^airplane \d\d % at .*car \d\d % at .*truck \d\d % at `},
	} {
		t.Run(c.model, func(t *testing.T) {
			dir := t.TempDir()
			model, bin := filepath.Join(dir, "model.gneiss"), filepath.Join(dir, "detect")
			network := testdata.Path(t, "zoo", strings.TrimSuffix(c.model, filepath.Ext(c.model)), c.model)
			args := []string{"compile", network, "--labels", c.labels, "-o", model}
			photo := "street.png"
			if c.photo != "" {
				photo = testdata.Path(t, "detection", c.photo)
			} else {
				args = append(args, "--head", "ssd-postprocess", "--threshold", "0.5")
			}
			run(t, exec.Command(gneiss, args...))
			here, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			overlay := filepath.Join(dir, "overlay.json") // the program's folder, with the file in it
			text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "model.gneiss"): model}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(overlay, text, 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, gotool.Command("build", "-tags", "model", "-overlay", overlay, "-o", bin, "."))
			got := run(t, exec.Command(bin, photo))
			if !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("it prints %q, want %s", got, c.want)
			}
			t.Log(got)
			if c.photo == "" {
				drawn := filepath.Join(dir, "found.png")
				run(t, exec.Command(gneiss, "detect", "--model", model, photo, "-o", drawn))
				samePicture(t, drawn, "../../docs/detect.png")
			}
		})
	}
}

// samePicture: README.md's picture is what comes out here. The network is int8, so the boxes are the same everywhere.
func samePicture(t *testing.T, got, want string) {
	t.Helper()
	var pictures [2]image.Image
	for i, name := range []string{got, want} {
		var err error
		if pictures[i], err = imagefile.Open(name); err != nil {
			t.Fatal(err)
		}
	}
	if pictures[0].Bounds() != pictures[1].Bounds() {
		t.Fatalf("%v, %s is %v", pictures[0].Bounds(), want, pictures[1].Bounds())
	}
	off, b := 0, pictures[0].Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if pictures[0].At(x, y) != pictures[1].At(x, y) {
				off++
			}
		}
	}
	if off > 50 {
		t.Errorf("%d pixels differ from %s: gneiss detect --model … examples/detect/street.png -o docs/detect.png",
			off, want)
	}
}

// run runs a command and returns what it prints.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}
