// Package meta makes cards of what exporters write into models of other formats. What it does not understand it leaves
// out: a card is what a program may rely on.
package meta

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Put gives a graph a card. Strings must have been cleaned; labels for which there is no room are left out.
func Put(g *runtime.Graph, c card.Card) {
	data, err := card.Encode(c)
	if err != nil {
		c.Labels = nil
		if data, err = card.Encode(c); err != nil {
			return
		}
	}
	g.Card = data
}

// Text makes a string of a file fit a card.
func Text(s string) string { return card.Clean(s, card.MaxString, false) }

// Note makes a string of several lines fit a card.
func Note(s string) string { return card.Clean(s, card.MaxNote, true) }

// Classes is the number of scores of a network whose first output has one for each class, else 0.
func Classes(g *runtime.Graph) int {
	if len(g.Outputs) == 0 {
		return 0
	}
	if s := g.Outputs[0].Shape; s.Elements() == s.N*s.C {
		return s.C
	}
	return 0
}

// Sized returns a spec of the size of a graph's first input, or nil if that cannot be an image of the spec's channels.
func Sized(g *runtime.Graph, s preprocess.Spec) *preprocess.Spec {
	if len(g.Inputs) == 0 {
		return nil
	}
	in := g.Inputs[0]
	s.Width, s.Height = in.Shape.W, in.Shape.H
	if in.Shape.C != s.Order.Channels() || in.DType == runtime.I32 || min(s.Width, s.Height) < 2 || s.Check() != nil {
		return nil
	}
	return &s
}

// Names returns class names of a literal: a list, or a dictionary of numbers from 0 on; nil for anything else.
func Names(v any) []string {
	var names []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil
			}
			names = append(names, Text(s))
		}
	case Dict:
		for k, e := range v {
			i, err := strconv.Atoi(k)
			s, ok := e.(string)
			if err != nil || !ok || i < 0 || i >= card.MaxLabels || k != strconv.Itoa(i) {
				return nil
			}
			if i >= len(names) {
				names = append(names, make([]string, i+1-len(names))...)
			}
			names[i] = Text(s)
		}
	}
	if len(names) > card.MaxLabels || !slices.ContainsFunc(names, func(s string) bool { return s != "" }) {
		return nil
	}
	return names
}

// tasks are Ultralytics' words.
var tasks = map[string]card.Task{"detect": card.Detect, "segment": card.Segment, "pose": card.Keypoints,
	"classify": card.Classify, "obb": card.Other}

// Ultralytics' models take RGB of 0 to 1: classifiers the centre, resized as torchvision does it, others the whole
// image between grey bars.
var (
	ultralyticsWhole = preprocess.Spec{Mode: preprocess.Letterbox, Pad: 114, Scale: [3]float32{1. / 255, 1. / 255,
		1. / 255}}
	ultralyticsCentre = preprocess.Spec{Mode: preprocess.Crop, Filter: preprocess.Antialias, Scale: [3]float32{1. / 255,
		1. / 255, 1. / 255}}
)

// Ultralytics fills a card from what Ultralytics' exporter writes, and YOLOv5's: names and stride at least. It reports
// whether it was that.
func Ultralytics(c *card.Card, g *runtime.Graph, d Dict) bool {
	names := Names(d["names"])
	_, strided := d["stride"]
	word, _ := d["task"].(string)
	if names == nil || !strided && word == "" {
		return false
	}
	c.Labels, c.Task = names, tasks[word]
	if word == "" { // of YOLOv5
		c.Task = card.Detect
		if Classes(g) == len(names) {
			c.Task = card.Classify
		}
	}
	s := ultralyticsWhole
	if c.Task == card.Classify {
		s = ultralyticsCentre
		if len(g.Inputs) > 0 {
			s.Short = min(g.Inputs[0].Shape.W, g.Inputs[0].Shape.H)
		}
		if Classes(g) != len(names) {
			c.Labels = nil
		}
	}
	c.Input = Sized(g, s)
	text := func(key string) string {
		s, _ := d[key].(string)
		return s
	}
	c.Origin.Author, c.Origin.Licence = Text(text("author")), Text(text("license"))
	c.Origin.Source, c.Note = Text(text("docs")), Note(text("description"))
	return true
}

// ranges are what ONNX calls the nominal range of pixels: how 0 to 255 becomes it.
var ranges = map[string]struct{ mean, scale float32 }{"NominalRange_0_255": {0, 1}, "Normalized_0_1": {0, 1. / 255},
	"Normalized_1_1": {127.5, 1 / 127.5}}

// orders are ONNX's words for the channels of a picture.
var orders = map[string]preprocess.Order{"Gray8": preprocess.Gray, "Rgb8": preprocess.RGB, "Bgr8": preprocess.BGR}

// ONNX fills a card from the metadata_props of a model and its doc_string: Ultralytics' keys, or those that ONNX
// describes (docs/MetadataProps.md there): author, licence, and the channels and the range of an image.
func ONNX(c *card.Card, g *runtime.Graph, props map[string]string, doc string) {
	d := Dict{}
	for key, text := range props {
		d[key] = text
		if key == "names" || key == "stride" {
			v, err := Parse(text)
			if d[key] = v; err != nil {
				delete(d, key)
			}
		}
	}
	if Ultralytics(c, g, d) {
		return
	}
	c.Origin.Author, c.Origin.Licence = Text(props["model_author"]), Text(props["model_license"])
	c.Note = Note(doc)
	r, ok := ranges[props["Image.NominalPixelRange"]]
	order, known := orders[props["Image.BitmapPixelFormat"]]
	if ok && known {
		s := preprocess.Spec{Order: order, Scale: [3]float32{r.scale, r.scale, r.scale},
			Mean: [3]float32{r.mean, r.mean, r.mean}}
		c.Input = Sized(g, s)
	}
}

// Normalised is the spec of an input whose numbers are (pixel − mean) / std, with one of each for all channels or one
// for each channel.
func Normalised(s preprocess.Spec, mean, std []float32) (preprocess.Spec, error) {
	n := s.Order.Channels()
	if (len(mean) != 1 && len(mean) != n) || (len(std) != 1 && len(std) != n) {
		return s, fmt.Errorf("%d means and %d deviations of %d channels: %w", len(mean), len(std), n, runtime.ErrShape)
	}
	for i := range n {
		s.Mean[i], s.Scale[i] = mean[min(i, len(mean)-1)], 1/std[min(i, len(std)-1)]
		if s.Scale[i] == 0 || s.Scale[i]-s.Scale[i] != 0 || s.Mean[i]-s.Mean[i] != 0 {
			return s, fmt.Errorf("mean %v, deviation %v: %w", mean, std, runtime.ErrShape)
		}
	}
	return s, nil
}

// Literal is the dictionary in a text, nil if there is none.
func Literal(text string) Dict {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil
	}
	v, err := Parse(text)
	if err != nil {
		return nil
	}
	d, _ := v.(Dict)
	return d
}
