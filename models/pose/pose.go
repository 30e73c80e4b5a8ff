// Package pose finds the key points of bodies, hands and faces.
//
//	p, err := pose.New(model)
//	defer p.Close()
//	poses, err = p.Image(img, poses[:0])   // or p.Frame(format, bytes, poses[:0])
//	for _, edge := range p.Edges() {
//		a, b := poses[0].Points[edge[0]], poses[0].Points[edge[1]] // in pixels of the picture; draw if both are sure enough
//	}
//
// Networks for one body, hand or face see the whole picture: give them the part of it in which a detector has found one
// ([image.RGBA.SubImage] and its like cost nothing).
package pose

import (
	"fmt"
	"image"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Point is a key point in pixels of the picture, from the left and from the top; pixel (0, 0) covers 0 ≤ x, y < 1. It
// may lie outside.
type Point struct {
	X, Y  float32
	Z     float32 // depth in pixels of the picture's width, less is nearer; 0 from networks that do not say
	Score float32 // from 0 to 1
}

// Pose is a body, hand or face.
type Pose struct {
	X0, Y0, X1, Y1 float32 // the box around its points whose score reaches the threshold, or the network's own
	Score          float32 // from 0 to 1: the network's, or the mean of those points' scores
	Points         []Point // of the names of [Names]
}

// Option changes an estimator.
type Option func(*config)

type config struct {
	head      *card.Head
	spec      *preprocess.Spec
	threshold float32
}

// WithHead says how the answer is read, in place of the card's head: [Kinds].
func WithHead(h card.Head) Option { return func(c *config) { c.head = &h } }

// WithSpec says how pictures are prepared, in place of the card's input.
func WithSpec(s preprocess.Spec) Option { return func(c *config) { c.spec = &s } }

// WithThreshold says from which score a pose counts, and a point of a pose: 0.3 if neither this nor the card's head
// says.
func WithThreshold(t float32) Option { return func(c *config) { c.threshold = t } }

// Estimator finds poses in pictures and frames. It belongs to one goroutine at a time.
type Estimator struct {
	*looker
	head      head
	threshold float32
	numbers   [][]float32 // of each output of levels, as real numbers
}

// looker hides what it does in common with others.
type looker = eye.Eye

// New is [FromPlan] of a model.
func New(m *models.Model, opts ...Option) (*Estimator, error) {
	return FromPlan(m.Plan, m.Card, opts...)
}

// FromPlan returns an estimator of a plan that is described by a card. It makes a session, which [Estimator.Close]
// ends. Its errors wrap [runtime.ErrShape] if the plan answers nothing that is a pose.
func FromPlan(plan *runtime.Plan, c card.Card, opts ...Option) (*Estimator, error) {
	var cfg config
	for _, o := range opts {
		o(&cfg)
	}
	if err := (eye.Asked{Head: cfg.head, Spec: cfg.spec}).Apply(&c, card.Keypoints); err != nil {
		return nil, fmt.Errorf("pose: %w", err)
	}
	h, spec, err := recognise(plan, &c)
	if err != nil {
		return nil, fmt.Errorf("pose: %w", err)
	}
	e, err := eye.New(plan, spec)
	if err != nil {
		return nil, fmt.Errorf("pose: %w", err)
	}
	p := &Estimator{looker: e, head: h, threshold: 0.3, numbers: make([][]float32, len(plan.Outputs()))}
	if c.Head != nil && c.Head.Threshold > 0 {
		p.threshold = c.Head.Threshold
	}
	if cfg.threshold > 0 {
		p.threshold = cfg.threshold
	}
	for _, i := range h.outputs {
		if t := plan.Outputs()[i]; t.DType == runtime.U8 {
			p.numbers[i] = make([]float32, t.Shape.Elements())
		}
	}
	return p, nil
}

// Kind returns the kind of the head, one of [Kinds].
func (p *Estimator) Kind() string { return p.head.kind }

// Points returns how many points a pose has.
func (p *Estimator) Points() int { return p.head.points }

// Edges returns the pairs of points between which a skeleton is drawn: those of its kind, none for another number of
// points.
func (p *Estimator) Edges() [][2]int {
	if len(Names(p.head.kind)) != p.head.points {
		return nil
	}
	return Edges(p.head.kind)
}

// Threshold returns the score from which a pose counts, and a point of a pose.
func (p *Estimator) Threshold() float32 { return p.threshold }

// SetThreshold changes the score from which a pose counts, and a point of a pose.
func (p *Estimator) SetThreshold(t float32) { p.threshold = t }

// Image appends the poses in a picture. Those beyond the length of poses give their Points to new ones, so that nothing
// is allocated if poses[:0] of the last call is given.
func (p *Estimator) Image(img image.Image, poses []Pose) ([]Pose, error) {
	w, h, err := p.looker.Image(img)
	if err != nil {
		return poses, err
	}
	return p.Read(w, h, poses)
}

// Frame appends the poses in a camera's frame, as Image does.
func (p *Estimator) Frame(f preprocess.FrameFormat, frame []byte, poses []Pose) ([]Pose, error) {
	w, h, err := p.looker.Frame(f, frame)
	if err != nil {
		return poses, err
	}
	return p.Read(w, h, poses)
}
