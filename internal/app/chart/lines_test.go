package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestWriteLines: the drawing is well-formed whatever the names, and points lie where their numbers say.
func TestWriteLines(t *testing.T) {
	var b strings.Builder
	err := WriteLines(&b, "a <b>", "c & d", "recall", "precision",
		Line{"<x>", Green, [][2]float64{{0, 1}, {0.5, 0.25}, {2, -1}}}, Line{Name: "none", Colour: -1})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "path" && e.Attr[1].Value == "thick l2" {
			paths = append(paths, e.Attr[0].Value)
		}
	}
	if len(paths) != 1 || paths[0] != "M64.0 72.0L274.0 387.0L484.0 492.0" {
		t.Errorf("lines %q", paths)
	}
	if s := b.String(); !strings.Contains(s, "&lt;x&gt;") || !strings.Contains(s, "c &amp; d") {
		t.Error(s)
	}
}
