package tflite

import (
	"archive/zip"
	"bytes"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// fields are those of a table of metadata, by their place in the schema: strings, bytes of enumerations, lists of
// numbers, tables, and lists of tables.
type fields map[int]any

// writeTo writes a table.
func (f fields) writeTo(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	at := map[int]flatbuffers.UOffsetT{}
	for _, k := range slices.Sorted(maps.Keys(f)) {
		switch v := f[k].(type) {
		case string:
			at[k] = b.CreateString(v)
		case []float32:
			b.StartVector(4, len(v), 4)
			for _, x := range slices.Backward(v) {
				b.PrependFloat32(x)
			}
			at[k] = b.EndVector(len(v))
		case fields:
			at[k] = v.writeTo(b)
		case []fields:
			var refs []flatbuffers.UOffsetT
			for _, t := range v {
				refs = append(refs, t.writeTo(b))
			}
			at[k] = refsOf(b, refs)
		}
	}
	b.StartObject(10)
	for _, k := range slices.Sorted(maps.Keys(f)) {
		if n, ok := f[k].(int8); ok {
			b.PrependInt8Slot(k, n, 0)
		} else {
			b.PrependUOffsetTSlot(k, at[k], 0)
		}
	}
	return b.EndObject()
}

func (f fields) bytes() []byte {
	b := flatbuffers.NewBuilder(64)
	b.FinishWithFileIdentifier(f.writeTo(b), []byte("M001"))
	return b.FinishedBytes()
}

// described is a network of an image of 4×6 with metadata, and files packed behind it. Its output is three numbers.
func described(m fields, input tensorSpec, packed map[string]string) []byte {
	f := &file{}
	input.name, input.shape = "x", []int{1, 4, 6, 3}
	x := f.tensor(input)
	output := input
	output.name, output.shape = "y", []int{1, 1, 1, 3}
	window := options(opt{1, int32(6)}, opt{2, int32(4)}, opt{3, int32(6)}, opt{4, int32(4)}, opt{0, int8(1)})
	f.inputs, f.outputs = []int{x}, []int{f.op(opMaxPool2D, window, f.tensor(output), x)}
	if m != nil {
		f.metadata = m.bytes()
	}
	data := f.bytes()
	if len(packed) == 0 {
		return data
	}
	var b bytes.Buffer
	b.Write(data)
	z := zip.NewWriter(&b)
	z.SetOffset(int64(len(data)))
	for _, name := range slices.Sorted(maps.Keys(packed)) {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(packed[name])); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// about is the metadata of an image network.
func about(input, output fields) fields {
	return fields{0: "name", 1: "what it\r\nis", 4: "A. Author", 5: "Apache 2.0",
		3: []fields{{2: []fields{input}, 3: []fields{output}}}}
}

func imageOf(units ...fields) fields {
	return fields{3: fields{0: int8(contentImage), 1: fields{0: int8(1)}}, 4: units}
}

func normalising(mean, std []float32) fields {
	return fields{0: int8(unitNormalization), 1: fields{0: mean, 1: std}}
}

func labelled(file string, kind int8) fields { return fields{6: []fields{{0: file, 2: kind}}} }

var threeLabels = map[string]string{"labels.txt": "a\nb\nc\n"}

func TestMetadata(t *testing.T) {
	float := tensorSpec{dtype: typeFloat32}
	spec := preprocess.Spec{Width: 6, Height: 4, Mean: [3]float32{127, 126, 125}, Scale: [3]float32{0.5, 0.25, 0.125}}
	same := preprocess.Spec{Width: 6, Height: 4, Mean: [3]float32{0, 0, 0}, Scale: [3]float32{0.5, 0.5, 0.5}}
	whole := preprocess.Spec{Width: 6, Height: 4, Mode: preprocess.Letterbox, Pad: 114,
		Scale: [3]float32{1. / 255, 1. / 255, 1. / 255}}
	origin := card.Origin{Author: "A. Author", Licence: "Apache 2.0"}
	three := []float32{127, 126, 125}
	for _, c := range []struct {
		name string
		file []byte
		want card.Card
	}{
		{name: "none", file: described(nil, float, nil)},
		{name: "all", file: described(about(imageOf(normalising(three, []float32{2, 4, 8})), labelled("labels.txt",
			fileAxisLabels)), float, threeLabels), want: card.Card{Task: card.Classify, Labels: []string{"a", "b", "c"},
			Input: &spec, Origin: origin, Note: "what it\nis"}},
		{name: "one number for all channels", file: described(about(imageOf(normalising([]float32{0}, []float32{2})), nil),
			float, nil), want: card.Card{Input: &same, Origin: origin, Note: "what it\nis"}},
		{name: "levels say more than a normalisation", file: described(about(imageOf(normalising([]float32{0},
			[]float32{1})), nil), tensorSpec{dtype: typeUint8, scale: []float32{0.5}, zero: []int64{0}}, nil),
			want: card.Card{Input: &same, Origin: origin, Note: "what it\nis"}},
		{name: "labels of values", file: described(about(nil, labelled("labels.txt", fileValueLabels)), float,
			map[string]string{"labels.txt": "???\nperson\n"}), want: card.Card{Task: card.Detect,
			Labels: []string{"???", "person"}, Origin: origin, Note: "what it\nis"}},
		{name: "labels of other classes", file: described(about(nil, labelled("labels.txt", fileAxisLabels)), float,
			map[string]string{"labels.txt": "a\nb\n"}), want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "labels that are not there", file: described(about(nil, labelled("other.txt", fileAxisLabels)), float,
			threeLabels), want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "an image of which nothing is told", file: described(about(imageOf(), nil), float, nil),
			want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "a deviation of zero", file: described(about(imageOf(normalising(three, []float32{0})), nil), float, nil),
			want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "a mean that is no number", file: described(about(imageOf(normalising([]float32{float32(math.NaN())},
			[]float32{1})), nil), float, nil), want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "two means", file: described(about(imageOf(normalising(three[:2], three)), nil), float, nil),
			want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "no image", file: described(about(fields{4: []fields{normalising(three, three)}}, nil), float, nil),
			want: card.Card{Origin: origin, Note: "what it\nis"}},
		{name: "Ultralytics' JSON", file: described(nil, float, map[string]string{"metadata.json": `{"author": "U",
			"license": "L", "task": "detect", "stride": 32, "imgsz": [4, 6], "names": {"0": "person", "1": "b\u00e4r"}}`}),
			want: card.Card{Task: card.Detect, Labels: []string{"person", "bär"}, Input: &whole,
				Origin: card.Origin{Author: "U", Licence: "L"}}},
		{name: "Ultralytics' Python", file: described(about(nil, nil), float, map[string]string{
			"meta.txt": `{'task': 'segment', 'stride': 32, 'names': {0: "d'or", 1: 'x\'y'}}`}),
			want: card.Card{Task: card.Segment, Labels: []string{"d'or", "x'y"}, Input: &whole}},
	} {
		g, err := Load(c.file)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		want, err := card.Encode(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if string(g.Card) != string(want) {
			t.Errorf("%s: %s\nwant %s", c.name, g.Card, want)
		}
	}
}

// TestMetadataDamage: a model whose metadata are damaged is the model, with a card or without one.
func TestMetadataDamage(t *testing.T) {
	f := about(imageOf(normalising([]float32{127}, []float32{2})), labelled("labels.txt", fileAxisLabels))
	good := described(f, tensorSpec{dtype: typeFloat32}, threeLabels)
	alone := len(described(f, tensorSpec{dtype: typeFloat32}, nil))
	at := bytes.Index(good, f.bytes()[4:])
	if at < 0 {
		t.Fatal("no metadata in the file")
	}
	cards := map[string]bool{}
	for i := range good {
		if i < at-4 || i >= at-4+len(f.bytes()) && i < alone {
			continue
		}
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			bad := bytes.Clone(good)
			bad[i] = b
			g, err := Load(bad)
			if err != nil {
				t.Fatalf("byte %d: %v", i, err)
			}
			if _, err := card.Decode(g.Card); err != nil {
				t.Fatalf("byte %d: the card is not one: %v", i, err)
			}
			cards[string(g.Card)] = true
		}
	}
	if len(cards) < 10 {
		t.Errorf("%d cards came of damage: it does not reach them", len(cards))
	}
}

// TestPackedBomb: a packed file that is larger than a card may be is not read.
func TestPackedBomb(t *testing.T) {
	f := about(nil, labelled("labels.txt", fileAxisLabels))
	g, err := Load(described(f, tensorSpec{dtype: typeFloat32}, map[string]string{
		"labels.txt": "a\nb\nc" + strings.Repeat("\n", 64<<20)}))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := card.Decode(g.Card); err != nil || c.Labels != nil {
		t.Errorf("%d labels, %v", len(c.Labels), err)
	}
}

// TestMetadataOfZoo reads those of published models.
func TestMetadataOfZoo(t *testing.T) {
	for name, size := range map[string]int{"mobilenet_v1_025_128_quant": 128, "mobilenet_v2_224_quant": 224} {
		g, err := Open(testdata.Path(t, "zoo", name, name+".tflite"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := card.Decode(g.Card)
		if err != nil {
			t.Fatal(err)
		}
		want := preprocess.Spec{Width: size, Height: size, Mean: [3]float32{127.5, 127.5, 127.5},
			Scale: [3]float32{1 / 127.5, 1 / 127.5, 1 / 127.5}}
		if c.Task != card.Classify || len(c.Labels) != 1001 || c.Labels[1] != "tench, Tinca tinca" || c.Guessed ||
			c.Input == nil || *c.Input != want || !strings.HasPrefix(c.Note, "Identify the most prominent object") {
			t.Errorf("%s: %v %d labels, %v, %q", name, c.Task, len(c.Labels), c.Input, c.Note)
		}
	}
}
