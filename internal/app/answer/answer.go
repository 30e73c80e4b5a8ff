// Package answer asks a network what a picture shows, whatever its card says that it is for: classes, boxes, masks or
// key points. The command line and the server speak through it, so that both say the same.
//
//	r, err := answer.New(plan, card, answer.Options{})
//	err = r.Image(ctx, picture, answer.Settings{}, &a)
//	draw.On(copy, r.Scene(&a))
package answer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/segment"
	"github.com/gneiss-go/gneiss/runtime"
)

// Options are what a user knows better than the card. Their zero values leave all as it is there.
type Options struct {
	Task          card.Task // what it is for
	Head          string    // the kind of the head
	Classes       []int     // that are looked for; none: all
	Probabilities bool      // whether scores of classes are such
	// Change, if it is not nil, is given how pictures are prepared, and says how they are instead.
	Change func(preprocess.Spec) (preprocess.Spec, error)
}

// Settings may differ from picture to picture. Zero means as the model has it.
type Settings struct {
	Top        int     // classes that are answered, default 5
	Threshold  float32 // the least score of what is answered, above 0 and up to 1
	Overlap    float32 // intersection over union at which the weaker of two boxes goes, above 0 and up to 1
	Most       int     // boxes that are answered
	MaskPixels int     // of a mask at most, which is made smaller in proportion; 0: as many as the picture has
}

// Check says what is wrong with the settings.
func (s *Settings) Check() error {
	share := func(name string, v float32) error {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("%s %v: want 0 to 1", name, v)
		}
		return nil
	}
	if err := share("threshold", s.Threshold); err != nil {
		return err
	}
	if err := share("overlap", s.Overlap); err != nil {
		return err
	}
	if s.Top < 0 || s.Most < 0 || s.Top > MaxTop || s.Most > MaxBoxes {
		return fmt.Errorf("%d classes (at most %d), %d boxes (at most %d)", s.Top, MaxTop, s.Most, MaxBoxes)
	}
	return nil
}

// Bounds of an answer.
const (
	MaxTop   = 1000
	MaxBoxes = 1000
)

// Answer is what a network says of a picture. What its task does not have is nil.
type Answer struct {
	Width         int      `json:"width"` // of the picture
	Height        int      `json:"height"`
	Probabilities *bool    `json:"probabilities,omitempty"` // whether the scores of Top are
	Top           []Scored `json:"top,omitzero"`
	Boxes         []Box    `json:"boxes,omitzero"`
	Regions       []Region `json:"regions,omitzero"` // of the mask, the largest first

	found []detect.Box // what Boxes is made of
	mask  segment.Mask // what Regions is made of
	poses []pose.Pose  // what Boxes is made of, of a network for key points
	least float32      // score below which a key point is not to be drawn
	top   []runtime.Class
}

// Scored is a class and its score.
type Scored struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Score float32 `json:"score"`
}

// Box is a thing in the picture, in its pixels.
type Box struct {
	Class  int          `json:"class"`
	Label  string       `json:"label,omitempty"`
	Score  float32      `json:"score"`
	Box    [4]float32   `json:"box"`             // left, top, right, bottom
	Points [][3]float32 `json:"points,omitzero"` // x, y, score
}

// Region is the part of a picture that a class has.
type Region struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Share float64 `json:"share"` // from 0 to 1
}

// Times are how long the parts of an answer took.
type Times struct{ Prepare, Run, Read time.Duration }

// reading is one way to read the outputs of a session's last run.
type reading interface {
	read(w, h int, s *Settings, a *Answer) error
	spec() preprocess.Spec
	about() About
}

// About is what a user may want to know of how outputs are read.
type About struct {
	Kind          string   // of the head, or ""
	Threshold     float32  // the least score of what is answered, as the model has it
	Classes       int      // how many there are
	Probabilities bool     // whether scores of classes are such
	Points        int      // of a pose
	Edges         [][2]int // lines between key points, by their numbers
}

// Reader has a session and reads its outputs. It belongs to one goroutine at a time.
type Reader struct {
	reading // nil for a model of tensors alone
	task    card.Task
	labels  []string
	sess    *runtime.Session
	prep    *preprocess.Preparer // of Image, made with the first
	frame   *preprocess.Frame    // of Frame, for the last format
	why     error                // why nothing reads its outputs
}

// Task is what the network is for; [card.Other] if its outputs are tensors to this package.
func (r *Reader) Task() card.Task { return r.task }

// Session is what runs.
func (r *Reader) Session() *runtime.Session { return r.sess }

// Images reports whether the input is an image: else there is a session and nothing more.
func (r *Reader) Images() bool { return r.reading != nil }

// Spec is how an image becomes the input; the zero Spec if none does.
func (r *Reader) Spec() preprocess.Spec {
	if r.reading == nil {
		return preprocess.Spec{}
	}
	return r.spec()
}

// About says how outputs are read.
func (r *Reader) About() About {
	if r.reading == nil {
		return About{}
	}
	return r.about()
}

// Label is the name of a class, or "".
func (r *Reader) Label(class int) string {
	if class >= 0 && class < len(r.labels) {
		return r.labels[class]
	}
	return ""
}

// Close ends the session.
func (r *Reader) Close() error { return r.sess.Close() }

// Read fills in the answer from the session's last run on a picture of w×h pixels.
func (r *Reader) Read(w, h int, s Settings, a *Answer) error {
	if r.reading == nil {
		err := fmt.Errorf("its outputs are no classes, boxes, masks or points: %w", runtime.ErrGraph)
		return errors.Join(err, r.why)
	}
	if err := s.Check(); err != nil {
		return err
	}
	if w < 1 || h < 1 {
		return fmt.Errorf("a picture of %d×%d: %w", w, h, runtime.ErrShape)
	}
	*a = Answer{Width: w, Height: h, found: a.found[:0], poses: a.poses[:0], top: a.top[:0],
		mask: a.mask}
	return r.read(w, h, &s, a)
}

// Image prepares a picture, runs the network on it and reads the answer.
func (r *Reader) Image(ctx context.Context, img image.Image, s Settings, a *Answer) (Times, error) {
	size := img.Bounds().Size()
	return r.look(ctx, size.X, size.Y, s, a, func() error {
		if r.prep == nil {
			r.prep = r.Spec().Preparer()
		}
		if err := r.sess.Reset(); err != nil { // a picture knows nothing of those before it
			return err
		}
		return r.prep.Fill(r.sess.Input(0), img)
	})
}

// Frame is Image of a camera's frame, which follows the last one: what the network keeps from run to run stays.
func (r *Reader) Frame(ctx context.Context, f preprocess.FrameFormat, frame []byte, s Settings, a *Answer) (Times,
	error) {
	return r.look(ctx, f.Width, f.Height, s, a, func() (err error) {
		if r.frame == nil || r.frame.Format() != f {
			if r.frame, err = preprocess.NewFrame(f, r.Spec(), r.sess.Input(0)); err != nil {
				return err
			}
		}
		return r.frame.Fill(frame)
	})
}

// look has fill make the input, runs the network and reads the answer.
func (r *Reader) look(ctx context.Context, w, h int, s Settings, a *Answer, fill func() error) (t Times, err error) {
	if r.reading == nil {
		return t, r.Read(w, h, s, a)
	}
	start := time.Now()
	if err := fill(); err != nil {
		return t, err
	}
	prepared := time.Now()
	if err := r.sess.RunContext(ctx); err != nil {
		return t, err
	}
	ran := time.Now()
	err = r.Read(w, h, s, a)
	return Times{prepared.Sub(start), ran.Sub(prepared), time.Since(ran)}, err
}

// ErrNaN means that a network answered with no numbers.
var ErrNaN = fmt.Errorf("the network answers with no numbers (NaN): %w", runtime.ErrGraph)

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }
