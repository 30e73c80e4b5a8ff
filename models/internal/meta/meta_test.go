package meta

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestParse: what Python's repr and JSON write.
func TestParse(t *testing.T) {
	for text, want := range map[string]any{
		`{0: 'person', 1: "it's", -2: 'x'}`:      Dict{"0": "person", "1": "it's", "-2": "x"},
		`{"0": "person", "n": null, "t": true}`:  Dict{"0": "person", "n": nil, "t": true},
		`[640, 6.5e2, -1, True, None, (1,), ()]`: []any{640., 650., -1., true, nil, []any{1.}, []any{}},
		" { } ":                                  Dict{},
		"{'a': [1, 2,],\n 'b': {},}":             Dict{"a": []any{1., 2.}, "b": Dict{}},
		`'\x41\u00e4\U0001f600\n\\\''`:           "Aä😀\n\\'",
		`"\ud83d\ude00\/"`:                       "😀/",
		`"\ud83d"`:                               "\ufffd",
		`'ä 人'`:                                  "ä 人",
		"32":                                     32.,
		"False":                                  false,
	} {
		if got, err := Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v, want %#v", text, got, err, want)
		}
	}
}

// TestParseRefuses: expressions, names, and what does not end.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "{", "[", "(", "'", `"a`, "{0}", "{0: }", "{0: 1", "{0: 1 1: 2}", "[1 2]", "[,]", "{,}",
		"{0: 1, 0: 2}", "{'0': 1, 0: 2}", "{1.5: 1}", "{None: 1}", "{[]: 1}", "1 2", "1+1", "2**9", "f()", "__import__('os')",
		"nan", "inf", "0x10", "1_000", "1e999", "b'x'", "'a' 'b'", `'\q'`, `'\x4'`, `'\uzzzz'`, `'\U11223344'x`, "'a\nb'",
		`'a\`, "{1, 2}", "-", "true1", "[1)", strings.Repeat("[", 100)} {
		v, err := Parse(text)
		if !errors.Is(err, runtime.ErrCorrupt) && !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%.40s: %#v, %v", text, v, err)
		}
	}
	for _, text := range []string{"[" + strings.Repeat("1,", maxValues) + "]", strings.Repeat(" ", maxLiteral+1),
		strings.Repeat("[", maxDepth+2)} {
		if _, err := Parse(text); !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%.10s…: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{0: 'person', "x": [1.5, None, (True,)]}`)
	f.Add(`{"names": {"0": "\ud83d\ude00"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		for _, name := range Names(v) {
			c := card.Card{Labels: []string{name}}
			if err := c.Check(); err != nil {
				t.Errorf("a name that is no label: %v", err)
			}
		}
	})
}

func TestYAML(t *testing.T) {
	got := YAML("# what\ndescription: Ultralytics YOLO11n: a model\r\ntask: detect\nstride: 32\nimgsz:\n- 640\n- 640\n" +
		"names:\n  0: person\n  1: 'd''or'\n  2: \"a\\u00e4\"\n  - x\nargs:\n  batch: 1\nurl:http\n: x\n  3: late\n")
	want := Dict{"description": "Ultralytics YOLO11n: a model", "task": "detect", "stride": "32", "imgsz": Dict{},
		"names": Dict{"0": "person", "1": "d'or", "2": "aä"}, "args": Dict{"batch": "1", "3": "late"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%#v\nwant %#v", got, want)
	}
	var c card.Card
	if !Ultralytics(&c, network(t, 3, 0), got) || c.Task != card.Detect || len(c.Labels) != 3 {
		t.Errorf("%+v", c)
	}
	if d := YAML(strings.Repeat("a: b\n", maxLiteral)); len(d) != 0 {
		t.Errorf("%d keys of a file beyond the limit", len(d))
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string][]string{
		"['a', 'b']":        {"a", "b"},
		"{1: 'b', 0: 'a'}":  {"a", "b"},
		"{2: 'c'}":          {"", "", "c"},
		`{"0": "a\tb"}`:     {"a b"},
		"[]":                nil,
		"{}":                nil,
		"['']":              nil,
		"[1]":               nil,
		"{0: 1}":            nil,
		"{-1: 'a'}":         nil,
		"{'x': 'a'}":        nil,
		"{'00': 'a'}":       nil,
		"{65536: 'a'}":      nil,
		"{1000000000: 'a'}": nil,
		"'a'":               nil,
	} {
		v, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := Names(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// network is a graph of an image, whose outputs are so many scores, or a map.
func network(t *testing.T, c, scores int) *runtime.Graph {
	t.Helper()
	g := runtime.NewGraph("net")
	x, err := g.Input("x", runtime.Shape{N: 1, H: 8, W: 6, C: c})
	if err != nil {
		t.Fatal(err)
	}
	if scores > 0 {
		x, err = g.Add("y", &runtime.FC{K: scores, Weights: make([]float32, scores*8*6*c)}, x)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Output(x); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestONNX(t *testing.T) {
	third := [3]float32{1. / 255, 1. / 255, 1. / 255}
	names := "{0: 'a', 1: 'b'}"
	for _, c := range []struct {
		name   string
		props  map[string]string
		doc    string
		scores int
		grey   bool
		want   card.Card
	}{
		{name: "none"},
		{name: "a detector of Ultralytics", props: map[string]string{"names": names, "stride": "32", "task": "detect",
			"imgsz": "[640, 640]", "author": "Ultralytics", "license": "AGPL-3.0", "docs": "D", "description": "YOLO"},
			want: card.Card{Task: card.Detect, Labels: []string{"a", "b"}, Input: &preprocess.Spec{Width: 6, Height: 8,
				Mode: preprocess.Letterbox, Pad: 114, Scale: third}, Note: "YOLO",
				Origin: card.Origin{Author: "Ultralytics", Licence: "AGPL-3.0", Source: "D"}}},
		{name: "a classifier of Ultralytics", scores: 2, props: map[string]string{"names": names, "stride": "1",
			"task": "classify"}, want: card.Card{Task: card.Classify, Labels: []string{"a", "b"},
			Input: &preprocess.Spec{Width: 6, Height: 8, Mode: preprocess.Crop, Short: 6, Filter: preprocess.Antialias,
				Scale: third}}},
		{name: "a classifier with names of other classes", scores: 3, props: map[string]string{"names": names,
			"task": "classify"}, want: card.Card{Task: card.Classify, Input: &preprocess.Spec{Width: 6, Height: 8,
			Mode: preprocess.Crop, Short: 6, Filter: preprocess.Antialias, Scale: third}}},
		{name: "YOLOv5", props: map[string]string{"names": "['a', 'b']", "stride": "32"}, want: card.Card{
			Task: card.Detect, Labels: []string{"a", "b"}, Input: &preprocess.Spec{Width: 6, Height: 8,
				Mode: preprocess.Letterbox, Pad: 114, Scale: third}}},
		{name: "points", props: map[string]string{"names": "{0: 'person'}", "stride": "32", "task": "pose"},
			want: card.Card{Task: card.Keypoints, Labels: []string{"person"}, Input: &preprocess.Spec{Width: 6, Height: 8,
				Mode: preprocess.Letterbox, Pad: 114, Scale: third}}},
		{name: "names that are no literal", props: map[string]string{"names": "{0: person}", "stride": "32",
			"task": "detect"}},
		{name: "ONNX's own words", doc: "what it is", props: map[string]string{"model_author": "A", "model_license": "L",
			"Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "Normalized_1_1"}, want: card.Card{
			Input: &preprocess.Spec{Width: 6, Height: 8, Order: preprocess.BGR, Mean: [3]float32{127.5, 127.5, 127.5},
				Scale: [3]float32{1 / 127.5, 1 / 127.5, 1 / 127.5}}, Note: "what it is",
			Origin: card.Origin{Author: "A", Licence: "L"}}},
		{name: "grey", grey: true, props: map[string]string{"Image.BitmapPixelFormat": "Gray8",
			"Image.NominalPixelRange": "NominalRange_0_255"}, want: card.Card{Input: &preprocess.Spec{Width: 6, Height: 8,
			Order: preprocess.Gray, Scale: [3]float32{1, 1, 1}}}},
		{name: "grey of colours", props: map[string]string{"Image.BitmapPixelFormat": "Gray8",
			"Image.NominalPixelRange": "NominalRange_0_255"}},
		{name: "a range that is not known", props: map[string]string{"Image.BitmapPixelFormat": "Rgb8",
			"Image.NominalPixelRange": "NominalRange_16_235"}},
	} {
		channels := 3
		if c.grey {
			channels = 1
		}
		var got card.Card
		ONNX(&got, network(t, channels, c.scores), c.props, c.doc)
		a, err := card.Encode(got)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		b, err := card.Encode(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("%s: %s\nwant %s", c.name, a, b)
		}
	}
}
