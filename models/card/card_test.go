package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// full is a card with something in every field.
func full() Card {
	spec := preprocess.Spec{Width: 320, Height: 240, Mode: preprocess.Letterbox, Short: 256, Pad: 114,
		Filter: preprocess.Antialias, Order: preprocess.BGR, Mean: [3]float32{127, 0.1, 1e-7}, Scale: [3]float32{1. / 128}}
	return Card{Task: Detect, Labels: []string{"person", "", "<b>&\u2028 \"ä\" 人"}, Input: &spec, Guessed: true,
		Head: &Head{Kind: "ssd", Strides: []int{8, 16}, Anchors: [][]Anchor{{{10, 13}, {16.5, 30}}, {{1, 2}}},
			Variances: []float32{0.1, 0.1, 0.2, 0.2}, Threshold: 0.3, Overlap: 0.45, Points: 5, Classes: 3},
		Origin: Origin{File: "net.onnx", SHA256: strings.Repeat("0a", 32), Author: "A", Licence: "MIT", Source: "S"},
		Note:   "two\nlines"}
}

// TestEveryFieldIsSet keeps full from missing a field that is added.
func TestEveryFieldIsSet(t *testing.T) {
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		if v.IsZero() {
			t.Errorf("%s is not set", name)
		}
		switch v.Kind() {
		case reflect.Pointer:
			walk(name, v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("Card", reflect.ValueOf(full()))
}

func TestRoundTrip(t *testing.T) {
	for what, c := range map[string]Card{"full": full(), "task": {Task: Other}, "labels": {Labels: []string{""}},
		"empty": {}} {
		data, err := Encode(c)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !reflect.DeepEqual(back, c) {
			t.Errorf("%s: %+v, want %+v", what, back, c)
		}
		again, err := Encode(back)
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: %s, before %s (%v)", what, again, data, err)
		}
	}
	if data, err := Encode(Card{}); err != nil || data != nil {
		t.Errorf("a card that says nothing is %q (%v)", data, err)
	}
}

// TestForm pins the bytes of a card: files have them.
func TestForm(t *testing.T) {
	spec := preprocess.ImageNet
	data, err := Encode(Card{Task: Classify, Labels: []string{"a & b", "c"}, Input: &spec})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"task":"classify","labels":["a & b","c"],"input":{"width":224,"height":224,"fit":"crop",` +
		`"filter":"antialias","order":"rgb","mean":[123.675,116.28,103.53],"scale":[0.017124753,0.017507004,0.017429193]}}`
	if string(data) != want {
		t.Errorf("%s\nwant %s", data, want)
	}
}

// TestFields changes one field at a time to what it may not be.
func TestFields(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	many := make([]string, MaxLabels+1)
	for _, c := range []struct {
		field  string
		kind   error
		change func(c *Card)
	}{
		{"task", ErrInvalid, func(c *Card) { c.Task = "classification" }},
		{"labels", runtime.ErrLimit, func(c *Card) { c.Labels = many }},
		{"labels[1]", runtime.ErrLimit, func(c *Card) { c.Labels[1] = strings.Repeat("x", MaxString+1) }},
		{"labels[2]", ErrInvalid, func(c *Card) { c.Labels[2] = "\xff" }},
		{"labels[0]", ErrInvalid, func(c *Card) { c.Labels[0] = "\x1b[2J" }},
		{"labels[0]", ErrInvalid, func(c *Card) { c.Labels[0] = "a\nb" }},
		{"labels[0]", ErrInvalid, func(c *Card) { c.Labels[0] = "\u202eab" }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Width = 0 }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Height = 1 << 30 }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Mode = 3 }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Mean[2] = nan }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Scale[2] = inf }},
		{"input", ErrInvalid, func(c *Card) { c.Input.Pad = -1 }},
		{"guessed", ErrInvalid, func(c *Card) { c.Input = nil }},
		{"head.kind", ErrInvalid, func(c *Card) { c.Head.Kind = "" }},
		{"head.kind", ErrInvalid, func(c *Card) { c.Head.Kind = "SSD" }},
		{"head.strides", runtime.ErrLimit, func(c *Card) { c.Head.Strides = make([]int, MaxMaps+1) }},
		{"head.strides[1]", ErrInvalid, func(c *Card) { c.Head.Strides[1] = 0 }},
		{"head.anchors", ErrInvalid, func(c *Card) { c.Head.Anchors = c.Head.Anchors[:1] }},
		{"head.anchors", runtime.ErrLimit, func(c *Card) { c.Head.Anchors = make([][]Anchor, MaxMaps+1) }},
		{"head.anchors[1]", ErrInvalid, func(c *Card) { c.Head.Anchors[1] = nil }},
		{"head.anchors[0]", runtime.ErrLimit, func(c *Card) { c.Head.Anchors[0] = make([]Anchor, MaxAnchors+1) }},
		{"head.anchors[0][1].height", ErrInvalid, func(c *Card) { c.Head.Anchors[0][1].Height = nan }},
		{"head.anchors[1][0].width", ErrInvalid, func(c *Card) { c.Head.Anchors[1][0].Width = 0 }},
		{"head.variances", ErrInvalid, func(c *Card) { c.Head.Variances = c.Head.Variances[1:] }},
		{"head.variances[3]", ErrInvalid, func(c *Card) { c.Head.Variances[3] = inf }},
		{"head.threshold", ErrInvalid, func(c *Card) { c.Head.Threshold = nan }},
		{"head.overlap", ErrInvalid, func(c *Card) { c.Head.Overlap = 1.5 }},
		{"head.points", ErrInvalid, func(c *Card) { c.Head.Points = -1 }},
		{"head.classes", ErrInvalid, func(c *Card) { c.Head.Classes = 4 }},
		{"head.classes", ErrInvalid, func(c *Card) { c.Head.Classes = math.MaxInt }},
		{"origin.file", ErrInvalid, func(c *Card) { c.Origin.File = "../net.onnx" }},
		{"origin.sha256", ErrInvalid, func(c *Card) { c.Origin.SHA256 = c.Origin.SHA256[2:] }},
		{"origin.sha256", ErrInvalid, func(c *Card) { c.Origin.SHA256 = strings.ToUpper(c.Origin.SHA256) }},
		{"origin.author", runtime.ErrLimit, func(c *Card) { c.Origin.Author = strings.Repeat("x", MaxString+1) }},
		{"origin.licence", ErrInvalid, func(c *Card) { c.Origin.Licence = "\x00" }},
		{"origin.source", ErrInvalid, func(c *Card) { c.Origin.Source = "\u0085" }},
		{"note", runtime.ErrLimit, func(c *Card) { c.Note = strings.Repeat("x", MaxNote+1) }},
		{"note", ErrInvalid, func(c *Card) { c.Note = "a\rb" }},
	} {
		bad := full()
		c.change(&bad)
		_, err := Encode(bad)
		var fe *FieldError
		if !errors.As(err, &fe) || fe.Field != c.field || !errors.Is(err, c.kind) {
			t.Errorf("Encode: %v, want field %s and %v", err, c.field, c.kind)
		}
		raw, jerr := json.Marshal(bad)
		if jerr != nil { // which has no form for NaN
			continue
		}
		_, err = Decode(raw)
		if want := runtime.ErrCorrupt; c.kind == runtime.ErrLimit && !errors.Is(err, runtime.ErrLimit) ||
			c.kind == ErrInvalid && !errors.Is(err, want) {
			t.Errorf("Decode of a bad %s: %v", c.field, err)
		}
	}
}

// TestForms refuses what is no card, or not written as cards are.
func TestForms(t *testing.T) {
	for _, text := range []string{
		"{}", "null", "[]", "1", `"x"`, "{", `{"task":"other"`, `{"task":"other"} `, ` {"task":"other"}`,
		`{"task":"other"}{}`, `{"Task":"other"}`, `{"task":"other","task":"other"}`, `{"task": "other"}`,
		`{"task":"other","note":""}`, `{"note":"x","task":"other"}`, `{"task":"\u006fther"}`, `{"task":1}`,
		`{"later":1}`, `{"task":"other","head":{"kind":"x","later":[]}}`, `{"labels":[]}`, `{"labels":[1]}`,
		`{"labels":"a"}`, `{"head":null,"task":"other"}`, `{"head":{}}`, `{"head":{"kind":"x","threshold":3e-1}}`,
		`{"head":{"kind":"x","strides":[8.5]}}`, `{"head":{"kind":"x","points":99999999999999999999}}`,
		`{"head":{"kind":"x","threshold":1e999}}`, `{"input":{"width":1,"height":1,"fit":"stretch"}}`,
		`{"input":{"width":1,"height":1,"fit":0,"filter":0,"order":0}}`, `{"input":{"width":1,"height":1}}`,
		`{"input":{"width":1,"height":1,"fit":"crop","filter":"bilinear","order":"rgb","mean":[1,2,3,4]}}`,
		`{"input":{"width":1,"height":1,"fit":"crop","filter":"bilinear","order":"rgb","mean":[1]}}`,
		`{"origin":{}}`, `{"note":"` + "\xff" + `"}`, strings.Repeat("[", 20000), `{"labels":` + strings.Repeat("[", 9999),
	} {
		if c, err := Decode([]byte(text)); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%.60s: %+v, %v", text, c, err)
		}
	}
	if _, err := Decode(bytes.Repeat([]byte(" "), MaxBytes+1)); !errors.Is(err, runtime.ErrLimit) {
		t.Errorf("a card beyond the limit: %v", err)
	}
	long := Card{Labels: make([]string, 1100)}
	for i := range long.Labels {
		long.Labels[i] = strings.Repeat("x", MaxString)
	}
	if _, err := Encode(long); !errors.Is(err, runtime.ErrLimit) {
		t.Errorf("a card beyond the limit is encoded: %v", err)
	}
}

// TestParse takes what people write.
func TestParse(t *testing.T) {
	c, err := Parse([]byte("\n{ \"note\": \"x\",\n \"task\": \"embed\" }\n"))
	if err != nil || c.Task != Embed || c.Note != "x" {
		t.Errorf("%+v, %v", c, err)
	}
	var fe *FieldError
	if _, err := Parse([]byte(`{"head": {"kind": "x", "points": "5"}}`)); !errors.As(err, &fe) || fe.Field != "head.points" {
		t.Errorf("%v names no field", err)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{" a\tb\x1b[2J\r\n", 100, "a b [2J"}, {"a\xff\u202e", 100, "a"}, {"ääää", 7, "ää…"}, {"人人人", 8, "人…"},
		{"", 5, ""},
	} {
		got := Clean(c.in, c.most, false)
		if got != c.want {
			t.Errorf("Clean(%q, %d) = %q, want %q", c.in, c.most, got, c.want)
		}
	}
	if got := Clean("one\r\ntwo\tthree", 100, true); got != "one\ntwo\tthree" {
		t.Errorf("lines: %q", got)
	}
}

// FuzzDecode: what is taken has one form, and is what Encode makes of it.
func FuzzDecode(f *testing.F) {
	for _, c := range []Card{full(), {Task: Classify, Labels: []string{"a"}}, {Head: &Head{Kind: "yolox"}}} {
		data, err := Encode(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Decode(data)
		if err != nil {
			if !errors.Is(err, runtime.ErrCorrupt) && !errors.Is(err, runtime.ErrLimit) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		again, err := Encode(c)
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q became %q (%v)", data, again, err)
		}
	})
}
