package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every step is there with its costs, and every step that multiplies is a dot of the picture.
func TestProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roof.svg")
	var p profile
	mustJSON(t, &p, "profile", "--json", "--runs", "1", "--warmup", "0", "--roofline", path)
	multiply := 0
	for _, s := range p.Steps {
		if s.Bytes <= 0 {
			t.Errorf("%s moves %d bytes", s.Name, s.Bytes)
		}
		if s.MACs > 0 {
			multiply++
			if s.Intensity <= 0 || s.Peak <= 0 {
				t.Errorf("%s: %v MAC/byte, %v of the peak", s.Name, s.Intensity, s.Peak)
			}
		}
	}
	if len(p.Steps) == 0 || multiply == 0 {
		t.Fatalf("%d steps, %d of them multiply", len(p.Steps), multiply)
	}
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dots := 0
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "circle" {
			dots++
		}
	}
	if dots != multiply {
		t.Errorf("%d dots, want %d", dots, multiply)
	}
	if out := must(t, "profile", "--runs", "1", "--top", "3"); !strings.Contains(out, "faster steps") ||
		!strings.Contains(out, "of peak") {
		t.Errorf("%s", out)
	}
	if code, _, stderr := try(nil, "profile", "--runs", "0"); code != exitUsage || !strings.Contains(stderr, "--runs") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
