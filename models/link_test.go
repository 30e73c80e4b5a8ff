package models_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// loads is a program that loads a model and imports none.
const loads = `package main

import (
	"os"

	"github.com/gneiss-go/gneiss/models"
)

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	m, err := models.Load(data)
	if err != nil {
		panic(err)
	}
	top, err := m.Classify(nil)
	println(len(top), err)
}
`

// importing is a function of an importer with its size.
var importing = regexp.MustCompile(
	`^\s*[0-9a-f]+\s+(\d+) [Tt] \S*gneiss/models/(?:onnx|tflite|caffe|ncnn|internal/axes)\.(\S*)`)

// mostImporting is how many bytes of them may be there, beside what fills tables of names when the program starts: the
// functions of a few lines that tables have.
const mostImporting = 16 << 10

// TestLoadLinksNoImporter: the linker leaves importers out of programs that only load. Package-level variables that
// call functions, and init functions, keep what they refer to, so handlers are registered when the first model is
// imported.
func TestLoadLinksNoImporter(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "loads")
	if err := os.WriteFile(source, []byte(loads), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := gotool.Command("build", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("go", "tool", "nm", "-size", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen, linked, names := false, 0, []string{}
	for line := range strings.Lines(string(out)) {
		seen = seen || strings.Contains(line, "gneiss/models.Load")
		if m := importing.FindStringSubmatch(line); m != nil && m[2] != "init" {
			n, _ := strconv.Atoi(m[1])
			linked += n
			names = append(names, m[2])
		}
	}
	if !seen {
		t.Error("no symbols in the program")
	}
	if t.Logf("%d bytes of importers", linked); linked > mostImporting {
		t.Errorf("%d bytes of importers are linked: %v", linked, names)
	}
}
