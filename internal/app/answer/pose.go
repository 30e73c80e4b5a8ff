package answer

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// points reads the key points of bodies, hands and faces.
type points struct {
	*pose.Estimator
	r         *Reader
	threshold float32
}

func newPoints(p *runtime.Plan, c card.Card, _ *Options) (*Reader, error) {
	c.Task = card.Keypoints
	e, err := pose.FromPlan(p, c)
	if err != nil {
		return nil, err
	}
	k := &points{Estimator: e, threshold: e.Threshold()}
	k.r = &Reader{reading: k, labels: c.Labels, sess: e.Session()}
	return k.r, nil
}

func (k *points) spec() preprocess.Spec { return k.Spec() }

func (k *points) about() About {
	return About{Kind: k.Kind(), Threshold: k.threshold, Classes: len(k.r.labels), Points: k.Points(), Edges: k.Edges()}
}

func (k *points) read(w, h int, s *Settings, a *Answer) (err error) {
	k.SetThreshold(or(s.Threshold, k.threshold))
	if a.poses, err = k.Read(w, h, a.poses); err != nil {
		return err
	}
	a.least = k.Threshold()
	a.Boxes = make([]Box, 0, len(a.poses))
	for i := range a.poses[:min(len(a.poses), or(s.Most, MaxBoxes))] {
		p := &a.poses[i]
		b := Box{Label: k.r.Label(0), Score: p.Score, Box: [4]float32{p.X0, p.Y0, p.X1, p.Y1}}
		for _, q := range p.Points {
			b.addPoint(q.X, q.Y, q.Score)
		}
		if b.ok() {
			a.Boxes = append(a.Boxes, b)
		}
	}
	return nil
}
