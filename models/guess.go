package models

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// port is an input as far as a guess looks at it.
type port struct {
	shape runtime.Shape
	dtype runtime.DType
	quant runtime.Quant
}

// maxImage bounds the sides of what is taken for an image, as preprocess.Spec does.
const maxImage = 1 << 15

// image reports whether an input can be one of a picture, or of several.
func (p port) image() bool {
	s := p.shape
	return (s.C == 1 || s.C == 3) && min(s.H, s.W) > 1 && max(s.H, s.W) <= maxImage && p.dtype != runtime.I32
}

// guess is the last resort of a card that does not say how an image becomes the input: it takes what most models of a
// family take, and notes that it has guessed. How an input is quantised says which range of numbers is wanted.
func guess(c *card.Card, in port, family preprocess.Spec) {
	if c.Input != nil || !in.image() {
		return
	}
	s := family
	if in.shape.C == 1 {
		s = preprocess.Spec{Order: preprocess.Gray, Filter: preprocess.Antialias, Scale: [3]float32{1. / 255}}
	}
	s.Width, s.Height = in.shape.W, in.shape.H
	if in.dtype == runtime.U8 {
		s = s.For(in.quant)
	}
	c.Input, c.Guessed = &s, true
}

// cardOf is a graph's card, with a guess where it does not say how an image becomes the input.
func cardOf(g *runtime.Graph, family preprocess.Spec) (card.Card, error) {
	c, err := card.Decode(g.Card)
	if err == nil && len(g.Inputs) > 0 {
		in := g.Inputs[0]
		guess(&c, port{in.Shape, in.DType, in.Quant}, family)
	}
	return c, err
}

// family is how images are prepared for the networks that a graph is like: those of Caffe as GoogLeNet, others as
// torchvision has it.
func family(g *runtime.Graph, f format) preprocess.Spec {
	if f == formatCaffe || f == formatPrototxt || IsGoogLeNet(g) {
		return preprocess.GoogLeNet
	}
	return preprocess.ImageNet
}

// IsGoogLeNet recognises GoogLeNet, as published, by its nodes' names and its size.
func IsGoogLeNet(g *runtime.Graph) bool {
	stats := Stats(g)
	for _, r := range googlenet.Paper {
		if p, _ := Total(stats, r.Prefix); p == 0 {
			return false
		}
	}
	p, _ := Total(stats, "")
	return p == 6_998_552
}
