package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// head knows one network's outputs.
type head interface {
	// find calls d.add for each candidate that may do.
	find(d *Decoder)
	// points sets the key points of a candidate that was taken, in pixels of the input.
	points(d *Decoder, index int, b *Box)
}

// noPoints is part of heads without key points.
type noPoints struct{}

func (noPoints) points(*Decoder, int, *Box) {}

// candidate is a box that may be a thing, in pixels of the input.
type candidate struct {
	x0, y0, x1, y1 float32
	score          float32
	class, index   int32
}

// Decoder makes boxes of a network's outputs. It keeps its memory from one frame to the next and belongs to one
// goroutine at a time.
type Decoder struct {
	kind  *kind
	head  head
	w, h  int // of the input
	views []*view
	outs  []runtime.TensorInfo
	settings
	found []candidate
	hits  []hit
}

// NewDecoder returns the decoder of a network with these inputs, of which the first is the image, and outputs. A head
// whose Kind is "" is recognised by the outputs' names and shapes. labels is the number of names that classes have, 0
// if that is not known. The errors list the kinds and wrap [runtime.ErrGraph] or [runtime.ErrShape]; those of a card
// that asks for what no head has are a [*card.FieldError].
func NewDecoder(h card.Head, labels int, inputs, outputs []runtime.TensorInfo, opts ...Option) (*Decoder, error) {
	return newDecoder(newConfig(&h, opts), labels, inputs, outputs)
}

func newConfig(h *card.Head, opts []Option) *config {
	c := &config{settings: settings{threshold: -1, overlap: -1, most: DefaultMost}}
	if h != nil {
		c.head = *h
	}
	for _, o := range opts {
		o(c)
	}
	return c
}

func newDecoder(c *config, labels int, inputs, outputs []runtime.TensorInfo) (*Decoder, error) {
	if err := checkHead(c.head); err != nil {
		return nil, err
	}
	if len(inputs) == 0 || inputs[0].Shape.N != 1 {
		return nil, fmt.Errorf("detection wants one image a run: %w", runtime.ErrShape)
	}
	for i := range outputs {
		if outputs[i].DType == runtime.I32 {
			return nil, fmt.Errorf("output %s is of whole numbers, which no kind of head has: %w", describe(&outputs[i]),
				runtime.ErrShape)
		}
	}
	l := &layout{card: c.head, w: inputs[0].Shape.W, h: inputs[0].Shape.H, outs: outputs, classes: c.head.Classes}
	if l.classes == 0 {
		l.classes = labels
	}
	k, hd, err := choose(l)
	if err != nil {
		return nil, err
	}
	d := &Decoder{kind: k, head: hd, w: l.w, h: l.h, views: l.views, outs: outputs, settings: c.settings}
	d.setDefaults(k, &c.head)
	return d, d.check()
}

// Kind returns the name of the family.
func (d *Decoder) Kind() string { return d.kind.name }

// Decode appends to dst what the outputs of a run show, the best score first, in pixels of the picture that g
// describes. It allocates nothing once its memory has grown and dst has room.
func (d *Decoder) Decode(outputs []*runtime.Tensor, g preprocess.Geometry, dst []Box) ([]Box, error) {
	if len(outputs) != len(d.outs) {
		return dst, fmt.Errorf("%d outputs, want %d: %w", len(outputs), len(d.outs), runtime.ErrShape)
	}
	for _, v := range d.views {
		t, want := outputs[v.output], &d.outs[v.output]
		if t.Shape() != want.Shape || t.Info().DType != want.DType {
			return dst, fmt.Errorf("output %d is %v, want %s: %w", v.output, t.Shape(), describe(want), runtime.ErrShape)
		}
		v.bind(t.Float32(), t.Uint8())
	}
	return d.decode(&g, dst), nil
}

// decode is Decode once the views are bound.
func (d *Decoder) decode(g *preprocess.Geometry, dst []Box) []Box {
	d.found = d.found[:0]
	d.head.find(d)
	slices.SortFunc(d.found, inOrder)
	for _, c := range d.suppress() {
		x0, y0 := g.Point(c.x0, c.y0)
		x1, y1 := g.Point(c.x1, c.y1)
		if !d.unclipped {
			x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, float32(g.W)), min(y1, float32(g.H))
		}
		if !(x0 < x1 && y0 < y1) || !finite(x1-x0) || !finite(y1-y0) {
			continue // beside the picture, or too large for a float
		}
		dst = append(dst, Box{X0: x0, Y0: y0, X1: x1, Y1: y1, Score: c.score, Class: int(c.class)})
		b := &dst[len(dst)-1]
		d.head.points(d, int(c.index), b)
		for i := range b.Count {
			b.Points[i].place(g)
		}
	}
	return dst
}

// place moves a point from the input to the picture.
func (p *Point) place(g *preprocess.Geometry) {
	p.X, p.Y = g.Point(p.X, p.Y)
	if !finite(p.X) || !finite(p.Y) || !finite(p.Score) {
		*p = Point{}
	}
	p.Score = min(max(p.Score, 0), 1)
}

// inOrder is the order of candidates: the best score first, of equal ones the lesser class, then that which the network
// gives first.
func inOrder(a, b candidate) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	if a.class != b.class {
		return cmp.Compare(a.class, b.class)
	}
	return cmp.Compare(a.index, b.index)
}

// add takes a candidate if its score is enough, its class wanted, and its box has finite corners in order. A score
// above 1 is 1.
func (d *Decoder) add(index, class int32, score, x0, y0, x1, y1 float32) {
	if !(score >= d.threshold) || !d.wants(class) || !(x0 < x1 && y0 < y1) ||
		!finite(x0) || !finite(y0) || !finite(x1) || !finite(y1) {
		return
	}
	d.found = append(d.found, candidate{x0, y0, x1, y1, min(score, 1), class, index})
}

// centred is add of a box by its centre and size.
func (d *Decoder) centred(index, class int32, score, cx, cy, w, h float32) {
	w, h = w/2, h/2
	d.add(index, class, score, cx-w, cy-h, cx+w, cy+h)
}

// exp is eˣ, computed in float64.
func exp(x float32) float32 { return float32(math.Exp(float64(x))) }

// sigmoid is 1/(1+e⁻ˣ), computed in float64.
func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// logit returns a number below every x whose sigmoid is p or more, and close to the least of them.
func logit(p float32) float32 {
	if p <= 0 {
		return float32(math.Inf(-1))
	}
	q := min(float64(p), 1-1e-9)
	return float32(math.Log(q/(1-q))) - 1e-3
}

// below returns a number a little less than p.
func below(p float32) float32 { return p - p*1e-5 }
