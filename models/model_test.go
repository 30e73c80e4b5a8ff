package models_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// picture is an image with something everywhere.
func picture(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(3 * x), uint8(5 * y), uint8(x * y), 255})
		}
	}
	return img
}

// carded is the built-in network as a file with a card.
func carded(t testing.TB, change func(c *card.Card)) []byte {
	t.Helper()
	g, err := cifar10.Int8()
	if err != nil {
		t.Fatal(err)
	}
	spec := cifar10.Preprocess
	c := card.Card{Task: card.Classify, Labels: slices.Clone(cifar10.Classes), Input: &spec}
	if change != nil {
		change(&c)
	}
	if g.Card, err = card.Encode(c); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := runtime.Write(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestClassify compares a model with what is done by hand.
func TestClassify(t *testing.T) {
	m, err := models.Load(carded(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	img := picture(50, 40)
	got, err := m.Classify(img)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := m.Plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	if err := cifar10.Preprocess.Preparer().Fill(sess.Input(0), img); err != nil {
		t.Fatal(err)
	}
	if err := sess.Run(); err != nil {
		t.Fatal(err)
	}
	want := sess.Output(0).TopK(5, nil)
	if len(got) != 5 {
		t.Fatalf("%d classes, want 5", len(got))
	}
	for i, w := range want {
		if got[i] != (models.Class{Index: w.Index, Label: cifar10.Classes[w.Index], Score: w.Score}) {
			t.Errorf("class %d is %+v, want %+v", i, got[i], w)
		}
	}
	if m.Label(3) != "cat" || m.Label(10) != "class 10" {
		t.Errorf("labels %q, %q", m.Label(3), m.Label(10))
	}

	buf := make([]models.Class, 0, 3)
	allocs := testing.AllocsPerRun(20, func() {
		top, err := m.AppendClassify(buf, img)
		if err != nil || len(top) != 3 || top[0] != got[0] {
			t.Errorf("%+v, %v", top, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations an image", allocs)
	}
	m.Close()
	if _, err := m.Classify(img); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("a closed model says %v", err)
	}
}

// TestCardOfAnotherModel refuses cards that are right in themselves but not for the graph.
func TestCardOfAnotherModel(t *testing.T) {
	for field, change := range map[string]func(c *card.Card){
		"input":  func(c *card.Card) { c.Input.Width++ },
		"labels": func(c *card.Card) { c.Labels = c.Labels[1:] },
	} {
		var fe *card.FieldError
		if m, err := models.Load(carded(t, change)); !errors.As(err, &fe) || fe.Field != field ||
			!errors.Is(err, runtime.ErrShape) || m != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	for what, bytes := range map[string]string{"not JSON": "x", "another version's": `{"later":1}`} {
		data, err := runtime.SetCard(carded(t, nil), []byte(bytes))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models.Load(data); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		path := filepath.Join(t.TempDir(), "net.gneiss")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var fe *runtime.FileError
		if _, err := models.LoadFile(path); !errors.As(err, &fe) || !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("LoadFile, %s: %v", what, err)
		}
		if _, err := models.Open(path); !errors.As(err, &fe) || !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("Open, %s: %v", what, err)
		}
	}
}

// TestGuess: a file without a card loads, and its card says that it is a guess.
func TestGuess(t *testing.T) {
	data, err := runtime.SetCard(carded(t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := models.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	want := preprocess.ImageNet
	want.Width, want.Height = cifar10.Size, cifar10.Size
	if c := &m.Card; !c.Guessed || *c.Input != want || c.Labels != nil {
		t.Errorf("%+v", m.Card)
	}
	if top, err := m.Classify(picture(9, 9)); err != nil || len(top) != 5 || top[0].Label != "" {
		t.Errorf("%+v, %v", top, err)
	}
	old, err := models.LoadFile(filepath.Join("..", "quant", "testdata", "golden.gneiss")) // made before there were cards
	if err != nil || !old.Card.Guessed {
		t.Errorf("%+v, %v", old, err)
	}
	g, err := cifar10.Int8()
	if err != nil {
		t.Fatal(err)
	}
	g.Card = nil
	if m, err = models.FromGraph(g); err != nil || !m.Card.Guessed {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestDescribe: what Open adds to a card, and what it leaves alone.
func TestDescribe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.gneiss")
	if err := os.WriteFile(filepath.Join(dir, "labels.txt"), []byte(strings.Repeat("x\ty\n", 10)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change  func(c *card.Card)
		label   string
		guessed bool
	}{
		{nil, "airplane", false},
		{func(c *card.Card) { c.Labels = nil }, "x y", false},
		{func(c *card.Card) { *c = card.Card{} }, "x y", true},
	} {
		if err := os.WriteFile(path, carded(t, c.change), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := models.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := card.Decode(g.Card)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Labels) != 10 || got.Labels[0] != c.label || got.Guessed != c.guessed || got.Input == nil ||
			got.Origin != (card.Origin{}) {
			t.Errorf("%+v", got)
		}
	}
}

// TestBeside: what Ultralytics' exporter writes beside ncnn's files is in the card, and no guess.
func TestBeside(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"net.param":     "7767517\n2 2\nInput in0 0 1 in0 0=6 1=4 2=3\nReLU r 1 1 in0 out0\n",
		"net.bin":       "",
		"metadata.yaml": "author: Ultralytics\nstride: 32\ntask: detect\nnames:\n  0: person\n  1: dog\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g, err := models.Open(filepath.Join(dir, "net.param"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := card.Decode(g.Card)
	if err != nil {
		t.Fatal(err)
	}
	if c.Task != card.Detect || c.Label(1) != "dog" || c.Guessed || c.Input.Mode != preprocess.Letterbox ||
		c.Input.Width != 6 || c.Input.Height != 4 || c.Origin != (card.Origin{File: "net.param", Author: "Ultralytics"}) {
		t.Errorf("%+v", c)
	}
}
