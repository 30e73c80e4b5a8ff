package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/googlenet"
)

// TestInspectGraph: the picture is well-formed, has a box for each operation, input and output, and tells their detail.
func TestInspectGraph(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.svg")
	var in inspection
	mustJSON(t, &in, "inspect", "--json", "--graph", path, "googlenet")
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	boxes, texts := 0, 0
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			if e.Name.Local == "rect" {
				boxes++
			}
			if e.Name.Local == "text" {
				texts++
			}
		}
	}
	things := len(in.Nodes) + len(in.Inputs) + len(in.Outputs)
	if boxes != 1+things || texts != 2+2*things {
		t.Errorf("%d boxes and %d texts for %d things", boxes, texts, things)
	}
	for _, want := range []string{"inception_3a", "MMAC", "1×28×28×256", "reads "} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
}

// TestLayers: what is read stands above what reads it, boxes of a rank do not overlap, and Inception's branches stand
// side by side.
func TestLayers(t *testing.T) {
	g, err := googlenet.Graph(googlenet.Random(1))
	if err != nil {
		t.Fatal(err)
	}
	l := newLayered(g)
	l.passBy()
	l.arrange()
	wide, high := l.set()
	for i := range l.places {
		for _, from := range l.places[i].from {
			if l.places[from].rank != l.places[i].rank-1 {
				t.Errorf("place %d of rank %d reads one of rank %d", i, l.places[i].rank, l.places[from].rank)
			}
		}
		if x := l.places[i].x; x < 0 || x > wide || l.top(i)+boxHeight > high {
			t.Errorf("place %d is outside", i)
		}
	}
	side := 0
	for _, rank := range l.ranks {
		var at []float64
		for _, i := range rank {
			if i < l.lines {
				at = append(at, l.places[i].x)
			}
		}
		if !slices.IsSorted(at) {
			t.Errorf("a rank is not in order: %v", at)
		}
		for k := 1; k < len(at); k++ {
			if at[k]-at[k-1] < boxWidth {
				t.Errorf("boxes at %v overlap", at)
			}
		}
		if len(at) >= 4 {
			side++
		}
	}
	if side < 9 {
		t.Errorf("branches stand side by side in %d ranks, want one in each of 9 modules", side)
	}
}
