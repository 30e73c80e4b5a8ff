package answer

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// boxes reads where things are.
type boxes struct {
	*detect.Detector
	r                  *Reader
	threshold, overlap float32 // as the model has them
}

func boxKinds() (names []string) {
	for _, k := range detect.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

func newBoxes(p *runtime.Plan, c card.Card, o *Options) (*Reader, error) {
	c.Task = card.Detect
	d, err := detect.FromPlan(p, c, detect.WithClasses(o.Classes...))
	if err != nil {
		return nil, err
	}
	b := &boxes{Detector: d, threshold: d.Threshold(), overlap: d.Overlap()}
	b.r = &Reader{reading: b, labels: c.Labels, sess: d.Session()}
	if len(c.Labels) == 0 {
		b.r.labels = only[d.Kind()]
	}
	return b.r, nil
}

func (b *boxes) spec() preprocess.Spec { return b.Spec() }

func (b *boxes) about() About {
	return About{Kind: b.Kind(), Threshold: b.threshold, Classes: len(b.r.labels)}
}

func (b *boxes) read(w, h int, s *Settings, a *Answer) (err error) {
	b.SetThreshold(or(s.Threshold, b.threshold))
	b.SetOverlap(or(s.Overlap, b.overlap))
	b.SetMost(or(s.Most, detect.DefaultMost))
	if a.found, err = b.Read(w, h, a.found); err != nil {
		return err
	}
	a.setBoxes(b.r.Label)
	return nil
}

// only is what networks of a kind find that find one thing.
var only = map[string][]string{"ultraface": {"face"}, "yunet": {"face"}, "scrfd": {"face"}, "retinaface": {"face"},
	"blazeface": {"face"}, "palm": {"palm"}}

// or returns v, or where it is zero what the model has.
func or[T int | float32](v, model T) T {
	if v == 0 {
		return model
	}
	return v
}

// setBoxes makes Boxes of what has been found.
func (a *Answer) setBoxes(label func(int) string) {
	a.Boxes = make([]Box, 0, len(a.found))
	for i := range a.found {
		f := &a.found[i]
		b := Box{Class: f.Class, Label: label(f.Class), Score: f.Score, Box: [4]float32{f.X0, f.Y0, f.X1, f.Y1}}
		for _, p := range f.Points[:f.Count] {
			b.addPoint(p.X, p.Y, p.Score)
		}
		if b.ok() {
			a.Boxes = append(a.Boxes, b)
		}
	}
}

// ok reports whether JSON can say it.
func (b *Box) ok() bool { return finite(b.Score) && finite(b.Box[0]+b.Box[1]+b.Box[2]+b.Box[3]) }

// addPoint adds a key point; one that is no number has score 0.
func (b *Box) addPoint(x, y, score float32) {
	if !finite(x + y + score) {
		x, y, score = 0, 0, 0
	}
	b.Points = append(b.Points, [3]float32{x, y, score})
}
