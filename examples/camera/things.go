package main

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/track"
)

// things is a network that detects, and what follows its boxes from frame to frame.
type things struct {
	model   *models.Model
	det     *detect.Detector
	boxes   []detect.Box
	tracker *track.Tracker // nil: every frame is by itself
	tracks  []track.Track
}

// Scores of a tracker: boxes that the detector is hardly sure of keep known things alive, and so are asked for.
const (
	lowScore  = 0.1 // of a box that still counts for a known thing
	birthMore = 0.1 // that a new thing must have beyond the threshold
)

func newThings(m *models.Model, o *options) (network, error) {
	det, err := detect.New(m, o.detect()...)
	if err != nil {
		return nil, err
	}
	t := &things{model: m, det: det}
	if !o.alone {
		sure := det.Threshold()
		low := min(lowScore, sure)
		t.tracker = track.New(track.WithScores(low, sure, min(sure+birthMore, 1)))
		det.SetThreshold(low)
	}
	return t, nil
}

func (t *things) raw(f preprocess.FrameFormat, frame []byte) (err error) {
	t.boxes, err = t.det.Frame(f, frame, t.boxes[:0])
	t.follow(err)
	return err
}

func (t *things) picture(img image.Image) (err error) {
	t.boxes, err = t.det.Image(img, t.boxes[:0])
	t.follow(err)
	return err
}

func (t *things) follow(err error) {
	if t.tracker != nil && err == nil {
		t.tracks = t.tracker.Update(t.boxes, t.tracks[:0])
	}
}

func (t *things) say(r *report) {
	if t.tracker == nil {
		for i := range t.boxes {
			r.add(t.thing(0, &t.boxes[i]))
		}
		return
	}
	for i := range t.tracks {
		r.add(t.thing(t.tracks[i].ID, &t.tracks[i].Box))
	}
}

func (t *things) thing(id int, b *detect.Box) thing {
	out := thing{ID: id, Label: t.model.Label(b.Class), Class: b.Class, Score: b.Score,
		Box: [4]float32{b.X0, b.Y0, b.X1, b.Y1}}
	for _, p := range b.Points[:b.Count] {
		out.Points = append(out.Points, [3]float32{p.X, p.Y, p.Score})
	}
	return out
}

func (t *things) close() error { return t.det.Close() }

// add adds a thing; the report's class is that of the highest score.
func (r *report) add(t thing) {
	r.Things = append(r.Things, t)
	if t.Score > r.Score {
		r.Class, r.Score = t.Label, t.Score
	}
}

// what says in words what a frame shows: "2 person, dog", or the class and its score.
func (r *report) what() string {
	if len(r.Things) == 0 {
		return fmt.Sprintf("%s %.0f %%", r.Class, 100*r.Score)
	}
	count := map[string]int{}
	for _, t := range r.Things {
		count[t.Label]++
	}
	words := slices.Sorted(maps.Keys(count))
	for i, label := range words {
		if n := count[label]; n > 1 {
			words[i] = fmt.Sprint(n, " ", label)
		}
	}
	return strings.Join(words, ", ")
}
