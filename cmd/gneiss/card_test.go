package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// cardIn is the card of a model file, as programs that load it have it.
func cardIn(t *testing.T, path string) card.Card {
	t.Helper()
	m, err := models.LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return m.Card
}

func encoded(t *testing.T, c card.Card) string {
	t.Helper()
	b, err := card.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCardSurvives makes one file of another by every command that does, and wants one card in all.
func TestCardSurvives(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name+".gneiss") }
	names := "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"
	labels := write(t, filepath.Join(dir, "names.txt"), names)
	must(t, "compile", "-o", file("float"), "--labels", labels, "--mean", "1,2,3", "--resize", "letterbox", "--pad", "7",
		"--task", "classify", "--licence", "MIT", "--author", "A", "--source", "S", "--note", "N", "--head", "top",
		"--threshold", "0.25", "--overlap", "0.5", "--target", "host")
	want := cardIn(t, file("float"))
	spec := cifar10.Preprocess
	spec.Mode, spec.Pad, spec.Mean = preprocess.Letterbox, 7, [3]float32{1, 2, 3}
	by := card.Card{Task: card.Classify, Labels: strings.Fields(names), Input: &spec,
		Head:   &card.Head{Kind: "top", Threshold: 0.25, Overlap: 0.5},
		Origin: card.Origin{Author: "A", Licence: "MIT", Source: "S"}, Note: "N"}
	if got := encoded(t, want); got != encoded(t, by) {
		t.Fatalf("compile wrote %s, want %s", got, encoded(t, by))
	}
	must(t, "keygen", filepath.Join(dir, "k"))
	key := filepath.Join(dir, "k.key")
	images := pictures(t)
	for _, c := range []struct{ from, to, args string }{
		{"float", "again", "compile -m FROM -o TO"},
		{"float", "int8", "quantize -m FROM -o TO --limit 2 " + images},
		{"int8", "packed", "compile -m FROM -o TO --target host --golden=false"},
		{"packed", "tuned", "tune -m FROM -o TO -n 1"},
		{"tuned", "signed", "sign --key " + key + " -o TO FROM"},
		{"signed", "set", "card FROM -o TO --card " + filepath.Join(dir, "card.json")},
	} {
		if c.to == "set" {
			write(t, filepath.Join(dir, "card.json"), must(t, "card", "--json", file(c.from)))
		}
		args := strings.Fields(strings.NewReplacer("FROM", file(c.from), "TO", file(c.to)).Replace(c.args))
		if code, _, stderr := try(strings.NewReader(""), args...); code != exitOK {
			t.Fatalf("%v: %s", args, stderr)
		}
		if got := encoded(t, cardIn(t, file(c.to))); got != encoded(t, want) {
			t.Errorf("%s: %s, want %s", c.args, got, encoded(t, want))
		}
	}
	tuned, err := os.ReadFile(file("tuned"))
	if err != nil {
		t.Fatal(err)
	}
	if set, err := os.ReadFile(file("set")); err != nil || string(set) != string(tuned) {
		t.Errorf("setting the same card changed the file (%v)", err)
	}

	var in struct{ Card card.Card }
	if mustJSON(t, &in, "inspect", "--json", file("int8")); encoded(t, in.Card) != encoded(t, want) {
		t.Errorf("inspect: %s", encoded(t, in.Card))
	}
	var all struct {
		Model  modelInfo
		Images []reply
	}
	mustJSON(t, &all, "classify", "--json", "-m", file("int8"), images)
	if all.Model.Input != spec.String() || all.Model.Guessed || !strings.Contains(names, all.Images[0].Top[0].Label) {
		t.Errorf("classify: %+v", all)
	}
}

// TestCardShown prints a card for people and for machines.
func TestCardShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "net.gneiss")
	must(t, "compile", "-o", file)
	out := must(t, "card", file)
	for _, s := range []string{"task      classify", "input     32×32 squash", "labels    10: airplane; automobile"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is not in %s", s, out)
		}
	}
	var c card.Card
	if err := json.Unmarshal([]byte(must(t, "card", "--json", file)), &c); err != nil || len(c.Labels) != 10 {
		t.Errorf("%+v, %v", c, err)
	}
	must(t, "card", file, "-o", file, "--head", "x", "--threshold", "0.5")
	must(t, "card", file, "-o", file, "--overlap", "0.25")
	if h := cardIn(t, file).Head; h == nil || h.Kind != "x" || h.Threshold != 0.5 || h.Overlap != 0.25 {
		t.Errorf("%+v", h)
	}
	must(t, "card", file, "-o", file, "--head", "")
	if c := cardIn(t, file); c.Head != nil || c.Note == "" {
		t.Errorf("%+v", c)
	}
}

// TestCardSigned: whoever changes the card of a signed file is told that the signature is gone.
func TestCardSigned(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "net.gneiss")
	must(t, "compile", "-o", file)
	must(t, "keygen", filepath.Join(dir, "k"))
	must(t, "sign", "--key", filepath.Join(dir, "k.key"), file)
	code, _, stderr := try(strings.NewReader(""), "card", file, "-o", file, "--note", "another")
	if code != exitOK || !strings.Contains(stderr, "sign the file again") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if code, _, _ := try(strings.NewReader(""), "verify", "--key", filepath.Join(dir, "k.pub"), file); code == exitOK {
		t.Error("the signature of another card is taken for that of this one")
	}
}

// TestCardGuessed: a file whose card does not say how its input is made says so wherever it is shown.
func TestCardGuessed(t *testing.T) {
	g, err := cifar10.Int8()
	if err != nil {
		t.Fatal(err)
	}
	g.Name, g.Card = "nobody knows it", nil
	file := filepath.Join(t.TempDir(), "net.gneiss")
	if err := models.Save(file, g); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"card", file}, {"classify", "-m", file}, {"inspect", file}} {
		if out := must(t, args...); !strings.Contains(out, "a guess") {
			t.Errorf("%v: %.300s", args, out)
		}
	}
	if out := must(t, "compile", "-m", file, "-o", filepath.Join(t.TempDir(), "new.gneiss")); !strings.Contains(out,
		"a guess") {
		t.Error(out)
	}
	said := filepath.Join(t.TempDir(), "said.gneiss")
	for flag, want := range map[string]string{"--mean": "mean=3 scale=1", "--scale": "mean=0 scale=3"} {
		must(t, "card", file, "-o", said, flag, "3")
		if out := must(t, "card", said); !strings.Contains(out, want) {
			t.Errorf("%s alone, where the other was guessed: %s", flag, out)
		}
	}
	must(t, "card", file, "-o", said, "--mean", "1", "--scale", "2")
	if out := must(t, "card", said); strings.Contains(out, "guess") || !strings.Contains(out, "mean=1 scale=2") {
		t.Error(out)
	}
}

// TestGuessByHead: a detector that says nothing of itself is calibrated as its head's kind is published, not as
// classifiers are, and what is written still says that it is a guess.
func TestGuessByHead(t *testing.T) {
	net := testdata.Path(t, "zoo", "fastestdet_352", "fastestdet_352.onnx")
	file := filepath.Join(t.TempDir(), "net.gneiss")
	if out := must(t, "quantize", "-m", net, "-o", file, "--limit", "1", pictures(t)); !strings.Contains(out, "a guess") {
		t.Error(out)
	}
	c := cardIn(t, file)
	if !c.Guessed || c.Input.Mode != preprocess.Squash || c.Input.Order != preprocess.BGR ||
		c.Input.Scale != [3]float32{1. / 255, 1. / 255, 1. / 255} || len(c.Origin.SHA256) != 64 {
		t.Errorf("%+v %+v", c.Input, c.Origin)
	}
}

func TestCardErrors(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "net.gneiss"), filepath.Join(dir, "out.gneiss")
	must(t, "compile", "-o", file)
	few := write(t, filepath.Join(dir, "few.txt"), "a\nb\n")
	later := write(t, filepath.Join(dir, "later.json"), `{"later": 1}`)
	wide := write(t, filepath.Join(dir, "wide.json"),
		`{"input": {"width": 33, "height": 32, "fit": "crop", "filter": "bilinear", "order": "rgb"}}`)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"card", exitUsage, "want a model"},
		{"card " + file + " --note x", exitUsage, "--output is missing"},
		{"card " + file + " --labels " + few, exitUsage, "--output is missing"},
		{"card " + file + " -o out.onnx --note x", exitUsage, "what is written is .gneiss"},
		{"card " + file + " -o " + out + " --labels " + few, exitFailure, "2 labels for 10 classes"},
		{"card " + file + " -o " + out + " --task x", exitUsage, "is none of"},
		{"card " + file + " -o " + out + " --threshold 0.5", exitUsage, "need --head"},
		{"card " + file + " -o " + out + " --head x --threshold 2", exitUsage, "head.threshold: 2, want 0 to 1"},
		{"card " + file + " -o " + out + " --pad 300", exitUsage, "want 0 to 255"},
		{"card " + file + " -o " + out + " --card " + later, exitFailure, `unknown field "later"`},
		{"card " + file + " -o " + out + " --card " + wide, exitUsage, "the model takes 1×32×32×3"},
		{"card " + file + " -o " + out + " --card " + dir + "/none", exitFailure, "none: no such file"},
		{"card googlenet -o " + out + " --note x", exitUsage, "only .gneiss files"},
	} {
		code, stdout, stderr := try(strings.NewReader(""), strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.says) || stdout != "" {
			t.Errorf("gneiss %s: exit %d, %s%s", c.args, code, stdout, stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("gneiss %s: wrote a file", c.args)
		}
	}
}

// TestThresholdOfRecognised: a head that the outputs tell needs no flag for its threshold.
func TestThresholdOfRecognised(t *testing.T) {
	out := filepath.Join(t.TempDir(), "faces.gneiss")
	must(t, "compile", zooFile(t, "yunet_n_320"), "-o", out, "--threshold", "0.75")
	if text := must(t, "card", out); !strings.Contains(text, `"kind":"yunet"`) || !strings.Contains(text, `"threshold":0.75`) {
		t.Errorf("the card says\n%s", text)
	}
}

// TestExampleDims: sizes that are open are likely ones.
func TestExampleDims(t *testing.T) {
	for want, dims := range map[string][]int{
		"1x3x320x320": {0, 0, 0, 0},
		"1x2x320x320": {0, 2, 0, 0},
		"2x1x128":     {2, 0, 128}, // a state: layers, batch, width
		"1x320":       {0, 0},
		"320":         {-1},
	} {
		if got := exampleDims(dims); got != want {
			t.Errorf("%v: %s, want %s", dims, got, want)
		}
	}
}
