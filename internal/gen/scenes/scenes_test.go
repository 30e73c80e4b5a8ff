package scenes

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
)

// pictures are plain ones with a ramp, one of each of ten classes.
func pictures() []Picture {
	out := make([]Picture, 10)
	for class := range out {
		out[class] = Picture{Class: class, Pix: make([]byte, 3*Tile*Tile)}
		for i := range out[class].Pix {
			out[class].Pix[i] = byte(class*25 + i/(3*Tile))
		}
	}
	return out
}

// TestCompose: a scene is the same for the same numbers whatever was composed before, and another for others; its boxes
// lie on it.
func TestCompose(t *testing.T) {
	a, b := NewComposer(pictures()), NewComposer(pictures())
	seen, classes := map[string]bool{}, map[int]int{}
	for n := range uint64(100) {
		a.Compose(1, n)
		boxes := slices.Clone(a.Boxes)
		pix := slices.Clone(a.Pix)
		b.Compose(1, 100-n)
		b.Compose(1, n)
		if !slices.Equal(b.Boxes, boxes) || !slices.Equal(b.Pix, pix) {
			t.Fatalf("scene %d depends on what was composed before", n)
		}
		if seen[string(pix)] {
			t.Fatalf("scene %d repeats another", n)
		}
		seen[string(pix)] = true
		if len(boxes) < 1 || len(boxes) > Most {
			t.Errorf("scene %d has %d things", n, len(boxes))
		}
		for _, x := range boxes {
			classes[x.Class]++
			if !(x.X0 >= 0 && x.Y0 >= 0 && x.X1 <= Side && x.Y1 <= Side && x.X1-x.X0 > 12 && x.Y1-x.Y0 > 10) {
				t.Errorf("scene %d: %+v", n, x)
			}
		}
	}
	if len(classes) != 10 {
		t.Errorf("things of classes %v", classes)
	}
}

// TestSame: scenes are those that the model was trained with, on every machine.
func TestSame(t *testing.T) {
	c := NewComposer(pictures())
	sum := sha256.New()
	for n := range uint64(50) {
		c.Compose(7, n)
		sum.Write(c.Pix)
	}
	const want = "b56ee94a13aa9c858faa5c8b13e1e044d053b54d828dfa50d259bfb21c4fb0c9"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestWeight: a picture's weight is nothing at its edge, all in the middle, and a half at the box's sides.
func TestWeight(t *testing.T) {
	m := mask{w: 40, h: 30, feather: 8, round: 6}
	if w := m.at(20, 15); w != 1 {
		t.Errorf("middle %v", w)
	}
	if w := m.at(0, 15); w > 0.02 {
		t.Errorf("edge %v", w)
	}
	if w := m.at(0, 0); w != 0 {
		t.Errorf("corner %v", w)
	}
	if out, in := m.at(3, 15), m.at(4, 15); !(out < 0.5 && in > 0.5) {
		t.Errorf("around the side %v and %v", out, in)
	}
}

// TestRead refuses what is no archive.
func TestRead(t *testing.T) {
	if _, err := Read("scenes.go", "test", nil); err == nil {
		t.Error("a Go file is read as an archive")
	}
	if _, err := Read("none.tar.gz", "test", nil); err == nil {
		t.Error("no file is read as an archive")
	}
}
