package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/frames"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/segment"
	"github.com/gneiss-go/gneiss/runtime"
)

// network looks at frames, whatever its card says that it is for.
type network interface {
	raw(f preprocess.FrameFormat, frame []byte) error // a camera's frame; nothing is allocated
	picture(img image.Image) error                    // a frame that was a file
	say(*report)                                      // what the last frame shows
	close() error
}

// thing is something that is in a frame.
type thing struct {
	ID     int          `json:"id,omitempty"` // the same from frame to frame; 0 if it is not followed
	Label  string       `json:"label"`
	Class  int          `json:"class"`
	Score  float32      `json:"score"`
	Box    [4]float32   `json:"box"`              // left, top, right, bottom in the frame's pixels
	Points [][3]float32 `json:"points,omitempty"` // x, y, score
}

// viewer shows a source's frames to a network.
type viewer struct {
	network
	format frames.Format
	size   int // of a raw frame, at least
}

// look shows a frame. One that cannot be read is a *badFrame error.
func (v *viewer) look(frame []byte) error {
	if v.format.Coded {
		img, err := imagefile.DecodeBytes(context.Background(), frame, imagefile.DefaultLimits)
		if err != nil {
			return &badFrame{err}
		}
		return v.picture(img)
	}
	if len(frame) < v.size {
		return &badFrame{fmt.Errorf("%d bytes, want %d", len(frame), v.size)}
	}
	return v.raw(v.format.FrameFormat, frame)
}

// badFrame is a frame that was cut off or damaged on its way; the next one may be good.
type badFrame struct{ err error }

func (e *badFrame) Error() string { return "bad frame: " + e.err.Error() }
func (e *badFrame) Unwrap() error { return e.err }

// newViewer loads the options' network and shows it frames of a format.
func newViewer(o *options, f frames.Format) (*viewer, error) {
	m, err := o.load()
	if err != nil {
		return nil, err
	}
	net, err := o.network(m)
	if err != nil {
		return nil, err
	}
	v := &viewer{network: net, format: f}
	if !f.Coded {
		v.size = f.Size()
	}
	return v, nil
}

// load opens the model, or the one that is in this program's file.
func (o *options) load() (m *models.Model, err error) {
	switch {
	case o.model == "":
		var g *runtime.Graph
		if g, err = cifar10.Int8(); err == nil {
			m, err = models.FromGraph(g)
		}
		if err != nil {
			return nil, err
		}
		m.Card = card.Card{Task: card.Classify, Labels: cifar10.Classes, Input: &cifar10.Preprocess}
	case strings.EqualFold(filepath.Ext(o.model), runtime.Ext):
		m, err = models.LoadFile(o.model)
	default:
		var g *runtime.Graph
		if g, err = models.Open(o.model); err == nil {
			m, err = models.FromGraph(g)
		}
	}
	if err != nil {
		return nil, err
	}
	if o.labels != "" {
		m.Card.Labels, err = labels.Read(o.labels)
	}
	return m, err
}

// network finds out what a model is for: its card says, or else the first that its outputs fit.
func (o *options) network(m *models.Model) (network, error) {
	if o.head != "" {
		h := card.Head{Kind: o.head}
		if m.Card.Head != nil {
			h = *m.Card.Head
			h.Kind = o.head
		}
		m.Card.Head, m.Card.Task = &h, ""
	}
	var why []error
	for _, way := range []struct {
		task card.Task
		make func(*models.Model, *options) (network, error)
	}{{card.Classify, newClasses}, {card.Detect, newThings}, {card.Keypoints, newPoses}, {card.Segment, newAreas}} {
		if m.Card.Task != "" && m.Card.Task != way.task {
			continue
		}
		net, err := way.make(m, o)
		if err == nil {
			return net, nil
		}
		why = append(why, fmt.Errorf("%s: %w", way.task, err))
	}
	return nil, fmt.Errorf("%s is for nothing that is known here: %w", m.Plan.Name(), errors.Join(why...))
}

// classes is a network that classifies.
type classes struct {
	model *models.Model
	sess  *runtime.Session
	prep  *preprocess.Preparer
	frame *preprocess.Frame
	top   []runtime.Class
}

func newClasses(m *models.Model, o *options) (network, error) {
	in, out := m.Plan.Inputs(), m.Plan.Outputs()
	if o.head != "" || len(in) != 1 || m.Card.Input == nil || out[0].Shape.Elements() != out[0].Shape.C ||
		out[0].Shape.C < 2 || len(out) > 1 {
		return nil, fmt.Errorf("it does not answer one score a class: %w", runtime.ErrShape)
	}
	sess, err := m.Plan.NewSession()
	if err != nil {
		return nil, err
	}
	return &classes{model: m, sess: sess, prep: m.Card.Input.Preparer()}, nil
}

func (c *classes) raw(f preprocess.FrameFormat, frame []byte) error {
	if c.frame == nil || c.frame.Format() != f {
		bound, err := preprocess.NewFrame(f, *c.model.Card.Input, c.sess.Input(0))
		if err != nil {
			return err
		}
		c.frame = bound
	}
	if err := c.frame.Fill(frame); err != nil {
		return err
	}
	return c.run()
}

func (c *classes) picture(img image.Image) error {
	if err := c.prep.Fill(c.sess.Input(0), img); err != nil {
		return err
	}
	return c.run()
}

func (c *classes) run() error {
	if err := c.sess.Run(); err != nil {
		return err
	}
	if c.top = c.sess.Output(0).TopK(1, c.top[:0]); len(c.top) == 0 {
		return errors.New("the network gave no number")
	}
	return nil
}

func (c *classes) say(r *report) {
	if len(c.top) > 0 {
		r.Class, r.Score = c.model.Label(c.top[0].Index), c.top[0].Score
	}
}

func (c *classes) close() error { return c.sess.Close() }

// areas is a network that segments.
type areas struct {
	model *models.Model
	seg   *segment.Segmenter
	mask  segment.Mask
}

func newAreas(m *models.Model, o *options) (network, error) {
	seg, err := segment.New(m, segment.WithThreshold(o.threshold))
	return &areas{model: m, seg: seg}, err
}

func (a *areas) raw(f preprocess.FrameFormat, frame []byte) error {
	return a.seg.Frame(f, frame, &a.mask)
}

func (a *areas) picture(img image.Image) error { return a.seg.Image(img, &a.mask) }

// say says which class beside the background, 0, has the largest part of the frame, and how large it is.
func (a *areas) say(r *report) {
	var n [segment.Outside]int
	a.mask.Counts(n[:])
	best := 1
	for c := 2; c < len(n); c++ {
		if n[c] > n[best] {
			best = c
		}
	}
	if n[best] > 0 {
		r.Class, r.Score = a.model.Label(best), float32(n[best])/float32(len(a.mask.Classes))
	}
}

func (a *areas) close() error { return a.seg.Close() }

// poses is a network that finds key points.
type poses struct {
	est *pose.Estimator
	all []pose.Pose
}

func newPoses(m *models.Model, o *options) (network, error) {
	est, err := pose.New(m, pose.WithThreshold(o.threshold))
	return &poses{est: est}, err
}

func (p *poses) raw(f preprocess.FrameFormat, frame []byte) (err error) {
	p.all, err = p.est.Frame(f, frame, p.all[:0])
	return err
}

func (p *poses) picture(img image.Image) (err error) {
	p.all, err = p.est.Image(img, p.all[:0])
	return err
}

func (p *poses) say(r *report) {
	for i := range p.all {
		k := &p.all[i]
		t := thing{Label: p.est.Kind(), Score: k.Score, Box: [4]float32{k.X0, k.Y0, k.X1, k.Y1}}
		for _, q := range k.Points {
			t.Points = append(t.Points, [3]float32{q.X, q.Y, q.Score})
		}
		r.add(t)
	}
}

func (p *poses) close() error { return p.est.Close() }

// detect are the options of a detector.
func (o *options) detect() (opts []detect.Option) {
	if o.threshold > 0 {
		opts = append(opts, detect.WithThreshold(o.threshold))
	}
	return opts
}

// sight is what one frame shows: a line of --frames.
type sight struct {
	Time   time.Time `json:"time"` // when the frame was complete
	Width  int       `json:"width,omitempty"`
	Height int       `json:"height,omitempty"` // of raw frames
	Class  string    `json:"class,omitempty"`
	Score  float32   `json:"score,omitempty"`
	Things []thing   `json:"things"`
}

// seen returns what the last frame shows.
func (v *viewer) seen(at time.Time) *sight {
	var r report
	v.say(&r)
	s := &sight{Time: at, Width: v.format.Width, Height: v.format.Height, Class: r.Class, Score: r.Score, Things: r.Things}
	if s.Things == nil {
		s.Things = []thing{}
	}
	return s
}
