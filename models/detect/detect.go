package detect

import (
	"image"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Detector finds things in pictures and camera frames: it prepares them, runs the network, and decodes what it answers.
// It has one session and belongs to one goroutine at a time; for more, make more detectors of the same plan.
type Detector struct {
	*Decoder
	eye  *eye.Eye
	card card.Card
	outs []*runtime.Tensor
}

// New returns a detector of a model; it is [FromPlan] of its plan and card. The model must stay open as long.
func New(m *models.Model, opts ...Option) (*Detector, error) {
	return FromPlan(m.Plan, m.Card, opts...)
}

// FromPlan returns a detector of a compiled network and its card, which may be empty: then the kind of head is
// recognised by the outputs, and pictures are prepared as that kind's authors do. The errors are those of [NewDecoder].
func FromPlan(plan *runtime.Plan, c card.Card, opts ...Option) (*Detector, error) {
	conf := newConfig(c.Head, opts)
	dec, err := newDecoder(conf, len(c.Labels), plan.Inputs(), plan.Outputs())
	if err != nil {
		return nil, err
	}
	spec := dec.Prepare(plan.Inputs()[0])
	if c.Input != nil && !c.Guessed {
		spec = *c.Input
	}
	e, err := eye.New(plan, spec)
	if err != nil {
		return nil, err
	}
	d := &Detector{Decoder: dec, eye: e, card: c}
	for i := range plan.Outputs() {
		d.outs = append(d.outs, e.Session().Output(i))
	}
	return d, nil
}

// Prepare returns how the family's authors prepare pictures for an input of this shape and quantisation.
func (d *Decoder) Prepare(input runtime.TensorInfo) preprocess.Spec {
	s := d.kind.prepare
	s.Width, s.Height = input.Shape.W, input.Shape.H
	if input.Shape.C == 1 {
		s.Order = preprocess.Gray
	}
	if input.DType == runtime.U8 {
		s = s.For(input.Quant)
	}
	return s
}

// Image appends to dst the things that a picture shows, the best first, in its pixels.
func (d *Detector) Image(img image.Image, dst []Box) ([]Box, error) {
	w, h, err := d.eye.Image(img)
	if err != nil {
		return dst, err
	}
	return d.Read(w, h, dst)
}

// Frame appends to dst the things that a camera's frame shows, the best first, in its pixels. It allocates nothing if
// dst has room and the format is the last one's.
func (d *Detector) Frame(f preprocess.FrameFormat, frame []byte, dst []Box) ([]Box, error) {
	w, h, err := d.eye.Frame(f, frame)
	if err != nil {
		return dst, err
	}
	return d.Read(w, h, dst)
}

// Read appends to dst what the session's last run has found in a picture of w×h pixels: it is for those who fill the
// session's input and run it themselves.
func (d *Detector) Read(w, h int, dst []Box) ([]Box, error) {
	g, err := d.eye.Geometry(w, h)
	if err != nil {
		return dst, err
	}
	return d.Decode(d.outs, *g, dst)
}

// Session returns the session.
func (d *Detector) Session() *runtime.Session { return d.eye.Session() }

// Spec returns how pictures are prepared.
func (d *Detector) Spec() preprocess.Spec { return d.eye.Spec() }

// Card returns the network's card.
func (d *Detector) Card() card.Card { return d.card }

// Label returns the name of a class; "" if the card has none.
func (d *Detector) Label(class int) string { return d.card.Label(class) }

// Close ends the session. It may be called more than once.
func (d *Detector) Close() error { return d.eye.Close() }
