// Package examples_test tests the examples that are modules of their own, so that what they need is not in the list of
// what a firmware needs. "go test ./..." does not enter other modules by itself.
package examples_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
)

// TestModules: their tests pass.
func TestModules(t *testing.T) {
	modules, err := filepath.Glob("*/go.mod")
	if err != nil || len(modules) == 0 {
		t.Fatal(modules, err)
	}
	for _, m := range modules {
		dir := filepath.Dir(m)
		t.Run(dir, func(t *testing.T) {
			args := []string{"./..."}
			if testing.Short() {
				args = append(args, "-short")
			}
			if out, err := command(dir, "test", args...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// command is a go command within a module.
func command(dir, verb string, args ...string) *exec.Cmd {
	c := gotool.Command(verb, args...)
	c.Dir = dir
	return c
}

// TestPipe: mqtt understands what camera writes.
func TestPipe(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs two programs")
	}
	model := testdata.Path(t, "zoo", "yolov8n_192", "yolov8n_192.tflite")
	photo, err := os.ReadFile(testdata.Path(t, "detection", "person.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	bin, pictures := t.TempDir(), t.TempDir()
	for _, name := range []string{"1.jpg", "2.jpg", "3.jpg"} {
		if err := os.WriteFile(filepath.Join(pictures, name), photo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"camera", "mqtt"} {
		if out, err := command(name, "build", "-o", filepath.Join(bin, name+".exe"), ".").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	c := exec.Command(filepath.Join(bin, "mqtt.exe"), "--dry-run", "--stays", "0s", "--name", "door", "--",
		filepath.Join(bin, "camera.exe"), "--model", model, "--pictures", pictures, "--fps", "2", "--frames")
	var out, fault bytes.Buffer
	c.Stdout, c.Stderr = &out, &fault
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &fault)
	}
	topic, payload, _ := strings.Cut(out.String(), " ")
	payload, _, _ = strings.Cut(payload, "\n")
	var e struct {
		Type  string `json:"event_type"`
		ID    int
		Score float32
		Box   [4]float32
	}
	if err := json.Unmarshal([]byte(payload), &e); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	if topic != "gneiss/door/event" || e.Type != "appears" || e.ID != 1 || e.Score < 0.5 || e.Box[2]-e.Box[0] < 20 {
		t.Errorf("%s", &out)
	}
	if !strings.Contains(out.String(), "gneiss/door/count/class_0 1\n") || !strings.Contains(out.String(), `"leaves"`) {
		t.Errorf("%s", &out)
	}
}
