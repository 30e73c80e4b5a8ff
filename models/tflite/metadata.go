package tflite

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/meta"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// The parts of TensorFlow Lite's metadata schema (version 1) that a card needs: the model's buffer of this name, and
// the numbers of its unions and of kinds of files.
const (
	metadataName       = "TFLITE_METADATA"
	metadataIdentifier = "M001"

	contentImage      = 2 // ContentProperties
	colourGray        = 2 // ColorSpaceType
	unitNormalization = 1 // ProcessUnitOptions
	fileAxisLabels    = 2 // AssociatedFileType: names of an output's elements
	fileValueLabels   = 3 // names of what an output's elements say
)

// describe gives a graph the card that its file's metadata make. Metadata that refer to what is not there are as none:
// the model means the same without them.
func describe(g *runtime.Graph, data []byte) {
	var c card.Card
	func() {
		defer func() {
			if recover() != nil { // by the flatbuffers library
				c = card.Card{}
			}
		}()
		files := packedFiles(data)
		for _, name := range []string{"metadata.json", "meta.txt", "metadata.txt"} { // Ultralytics'
			if d := meta.Literal(files.text(name)); d != nil && meta.Ultralytics(&c, g, d) {
				return
			}
		}
		if m := metadata(data); m.there {
			fromMetadata(&c, g, m, files)
		}
	}()
	meta.Put(g, c)
}

// metadata returns the table ModelMetadata of a file, one that is not there if it has none.
func metadata(data []byte) table {
	root := table{flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}, true}
	for _, t := range root.tables(6) {
		if t.string(0) != metadataName {
			continue
		}
		buffers := root.tables(4)
		if at := t.int(1, 0); at >= 0 && at < len(buffers) {
			if b := buffers[at].bytes(0); len(b) >= 8 && string(b[4:8]) == metadataIdentifier {
				return table{flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}, true}
			}
		}
	}
	return table{}
}

func fromMetadata(c *card.Card, g *runtime.Graph, m table, files archive) {
	c.Note, c.Origin.Author, c.Origin.Licence = meta.Note(m.string(1)), meta.Text(m.string(4)), meta.Text(m.string(5))
	subgraphs := m.tables(3)
	if len(subgraphs) == 0 {
		return
	}
	sub := subgraphs[0]
	if ins := sub.tables(2); len(ins) > 0 {
		c.Input = imageInput(g, ins[0])
	}
	for i, out := range sub.tables(3) {
		for _, f := range out.tables(6) {
			kind := f.byte(2)
			if kind != fileAxisLabels && kind != fileValueLabels || c.Labels != nil {
				continue
			}
			names, err := labels.Parse(strings.NewReader(files.text(f.string(0))))
			if err != nil || len(names) > card.MaxLabels {
				continue
			}
			if kind == fileAxisLabels {
				if i > 0 || len(names) != meta.Classes(g) {
					continue
				}
				c.Task = card.Classify
			} else {
				c.Task = card.Detect
			}
			for k, name := range names {
				names[k] = meta.Text(name)
			}
			c.Labels = names
		}
	}
}

// imageInput is the spec of an input that TensorMetadata describe as an image, nil if they do not. Of a quantised input
// the levels say which range of numbers is meant, as TensorFlow's own libraries have it.
func imageInput(g *runtime.Graph, t table) *preprocess.Spec {
	content := t.table(3)
	if content.byte(0) != contentImage || len(g.Inputs) == 0 {
		return nil
	}
	var s preprocess.Spec
	if content.table(1).byte(0) == colourGray {
		s.Order = preprocess.Gray
	}
	told := false
	for _, u := range t.tables(4) {
		if u.byte(0) == unitNormalization {
			var err error
			if s, err = meta.Normalised(s, u.table(1).floats(0), u.table(1).floats(1)); err != nil {
				return nil
			}
			told = true
		}
	}
	if in := g.Inputs[0]; in.DType == runtime.U8 {
		s, told = s.For(in.Quant), true
	}
	if !told {
		return nil
	}
	return meta.Sized(g, s)
}

// archive is the files packed behind a model, as a zip archive.
type archive struct{ files []*zip.File }

// packedFiles returns the files packed behind a model; none if there is no archive.
func packedFiles(data []byte) archive {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return archive{}
	}
	return archive{r.File}
}

// text returns what is in a file, "" if there is none of that name, or if it is larger than a card has room for.
func (a archive) text(name string) string {
	for _, f := range a.files {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return ""
		}
		defer r.Close()
		b, err := io.ReadAll(io.LimitReader(r, card.MaxBytes+1))
		if err != nil || len(b) > card.MaxBytes {
			return ""
		}
		return string(b)
	}
	return ""
}
