// Package segment says of each pixel of a picture what it belongs to.
//
//	seg, err := segment.New(model)
//	defer seg.Close()
//	var mask segment.Mask              // kept: nothing is allocated for the next picture of the same size
//	err = seg.Image(img, &mask)        // or seg.Frame(format, bytes, &mask)
//	class := mask.At(x, y)             // of the picture's pixel
//
// A network's answer is coarser than the picture. Its scores are interpolated between the four nearest of its pixels,
// both having their centres at half-integers, and the best class of the result counts; with [WithNearest] it is that of
// the nearest of its pixels. What was cut off before the network saw it is [Outside].
//
// Quantised scores are compared as the levels that they are. The result is the same on every machine if the network's
// answer is.
package segment

import (
	"fmt"
	"image"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Outside is the class of a pixel that the network has not seen.
const Outside = 255

// Mask is what a picture's pixels belong to, row by row.
type Mask struct {
	W, H    int
	Classes []uint8   // of each pixel; of probability masks 1 where the score reaches the threshold, else 0
	Scores  []float32 // of each pixel, from 0 to 1, if the network gives a probability mask; else nil. 0 is Outside's
}

// At returns the class of a pixel, Outside beyond the mask.
func (m *Mask) At(x, y int) uint8 {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return Outside
	}
	return m.Classes[y*m.W+x]
}

// Counts adds the pixels of each class to n, whose length bounds the classes that count, and returns it.
func (m *Mask) Counts(n []int) []int {
	for _, c := range m.Classes {
		if int(c) < len(n) {
			n[c]++
		}
	}
	return n
}

// maxPixels bounds a mask.
const maxPixels = 1 << 28

// resize makes room for w×h pixels.
func (m *Mask) resize(w, h int, scores bool) error {
	if w < 1 || h < 1 || w > maxPixels/h {
		return fmt.Errorf("a mask of %d×%d: %w", w, h, runtime.ErrLimit)
	}
	n := w * h
	if cap(m.Classes) < n {
		m.Classes = make([]uint8, n)
	}
	if m.W, m.H, m.Classes = w, h, m.Classes[:n]; !scores {
		m.Scores = nil
		return nil
	}
	if cap(m.Scores) < n {
		m.Scores = make([]float32, n)
	}
	m.Scores = m.Scores[:n]
	return nil
}

// Option changes a segmenter.
type Option func(*config)

type config struct {
	head      *card.Head
	spec      *preprocess.Spec
	threshold float32
	nearest   bool
	output    string
}

// WithHead says how the answer is read, in place of the card's head: [Kinds].
func WithHead(h card.Head) Option { return func(c *config) { c.head = &h } }

// WithSpec says how pictures are prepared, in place of the card's input.
func WithSpec(s preprocess.Spec) Option { return func(c *config) { c.spec = &s } }

// WithThreshold says from which probability a pixel belongs to a mask: 0.5 if neither this nor the card's head says.
func WithThreshold(t float32) Option { return func(c *config) { c.threshold = t } }

// WithNearest takes the nearest of the network's pixels, which is faster and shows its squares.
func WithNearest() Option { return func(c *config) { c.nearest = true } }

// WithOutput names the output that is read, for a network in which several may be.
func WithOutput(name string) Option { return func(c *config) { c.output = name } }

// Segmenter segments pictures and frames. It belongs to one goroutine at a time.
type Segmenter struct {
	*looker
	head      head
	threshold float32
	nearest   bool
	best      []uint8 // the class of each of the network's pixels
	cols      []tap   // of the last picture's columns,
	rows      []tap   // and rows
	of        preprocess.Geometry
	line      []float32 // a row of the network's scores between two
	prob      []float32 // of each of the network's pixels
}

// looker hides what it does in common with others.
type looker = eye.Eye

// New is [FromPlan] of a model.
func New(m *models.Model, opts ...Option) (*Segmenter, error) {
	return FromPlan(m.Plan, m.Card, opts...)
}

// FromPlan returns a segmenter of a plan that is described by a card. It makes a session, which [Segmenter.Close] ends.
// Its errors wrap [runtime.ErrShape] if the plan answers nothing that is a mask.
func FromPlan(plan *runtime.Plan, c card.Card, opts ...Option) (*Segmenter, error) {
	var cfg config
	for _, o := range opts {
		o(&cfg)
	}
	if err := (eye.Asked{Head: cfg.head, Spec: cfg.spec}).Apply(&c, card.Segment); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	h, spec, err := recognise(plan, &c, cfg.output)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	e, err := eye.New(plan, spec)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	s := &Segmenter{looker: e, head: h, threshold: 0.5, nearest: cfg.nearest}
	if c.Head != nil && c.Head.Threshold > 0 {
		s.threshold = c.Head.Threshold
	}
	if cfg.threshold > 0 {
		s.threshold = cfg.threshold
	}
	s.line = make([]float32, h.W*h.C)
	if h.mask() {
		s.prob = make([]float32, h.H*h.W)
	} else {
		s.best = make([]uint8, h.H*h.W)
	}
	return s, nil
}

// Kind returns the kind of the head, one of [Kinds].
func (s *Segmenter) Kind() string { return s.head.kind }

// SetThreshold changes the probability from which a pixel belongs to a mask.
func (s *Segmenter) SetThreshold(t float32) { s.threshold = t }

// Image segments a picture.
func (s *Segmenter) Image(img image.Image, m *Mask) error {
	w, h, err := s.looker.Image(img)
	if err != nil {
		return err
	}
	return s.Read(w, h, m)
}

// Frame segments a camera's frame.
func (s *Segmenter) Frame(f preprocess.FrameFormat, frame []byte, m *Mask) error {
	w, h, err := s.looker.Frame(f, frame)
	if err != nil {
		return err
	}
	return s.Read(w, h, m)
}
