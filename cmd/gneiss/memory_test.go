package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The picture is well-formed, and has a box for each buffer and a bar for each step.
func TestInspectMemory(t *testing.T) {
	var in inspection
	path := filepath.Join(t.TempDir(), "arena.svg")
	mustJSON(t, &in, "inspect", "--json", "--plan", "--small", "--memory", path, "googlenet")
	if in.Plan.ArenaBytes >= 3<<20 {
		t.Errorf("--small: an arena of %d bytes", in.Plan.ArenaBytes)
	}
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	boxes := 0
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "rect" {
			boxes++
		}
	}
	if want := 1 + len(in.Plan.Storage) + len(in.Plan.Steps); boxes != want {
		t.Errorf("%d rectangles, want %d", boxes, want)
	}
	if code, _, stderr := try(nil, "inspect", "--memory",
		filepath.Join(t.TempDir(), "none", "x.svg")); code != exitFailure || !strings.Contains(stderr, "no such file") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
