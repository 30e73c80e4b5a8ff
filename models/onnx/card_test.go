package onnx

import (
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// TestCard: metadata_props and doc_string are in the graph's card.
func TestCard(t *testing.T) {
	prop := func(key, value string) wire.Msg { return wire.Msg{}.Str(1, key).Str(2, value) }
	file := wire.Msg(modelOf(13, []int64{1, 3, 4, 6}, nil, nodeOf("Relu", "x", "y")))
	load := func(m wire.Msg) card.Card {
		t.Helper()
		g, err := Load(m)
		if err != nil {
			t.Fatal(err)
		}
		c, err := card.Decode(g.Card)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	plain := func() wire.Msg { return append(wire.Msg{}, file...) }
	if c := load(plain()); c.Task != "" || c.Input != nil || c.Note != "" {
		t.Errorf("without metadata: %+v", c)
	}
	c := load(plain().Sub(14, prop("names", "{0: 'a', 1: 'b'}")).Sub(14, prop("stride", "32")).
		Sub(14, prop("task", "detect")))
	if c.Task != card.Detect || c.Label(1) != "b" || c.Input == nil || c.Input.Width != 6 || c.Input.Height != 4 {
		t.Errorf("Ultralytics: %+v", c)
	}
	c = load(plain().Str(6, "doc").Sub(14, prop("model_author", "A\x1b[2J")))
	if c.Note != "doc" || c.Origin.Author != "A [2J" {
		t.Errorf("ONNX: %+v", c)
	}
	many := plain()
	for range 1000 {
		many = many.Sub(14, prop("model_author", strings.Repeat("x", 4000)))
	}
	if c = load(many); len(c.Origin.Author) > card.MaxString || !strings.HasSuffix(c.Origin.Author, "…") {
		t.Errorf("an author of %d bytes", len(c.Origin.Author))
	}
}
