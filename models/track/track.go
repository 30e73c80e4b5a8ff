// Package track gives boxes an identity that they keep from frame to frame.
//
//	tracker := track.New()
//	boxes, err = detector.Frame(frame, boxes[:0])    // every frame
//	tracks = tracker.Update(boxes, tracks[:0])
//
// It follows ByteTrack (Zhang et al., ECCV 2022). A Kalman filter of constant velocity says where each box should be
// now. Boxes of high scores are paired with these by their overlap; then those of low scores with what is left, for a
// thing half hidden is still there. Overlaps are paired by the Hungarian method, which finds the best pairs for all
// together. What is new must be seen again in the next frame before it counts; what is lost is remembered for a while.
//
// A frame's result depends on the boxes alone, also their order only where scores are equal: it is the same on every
// machine, bit for bit. After the number of boxes has once been as large as it gets, nothing is allocated.
package track

import (
	"cmp"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/detect"
)

// Track is a thing that was seen before.
type Track struct {
	ID     int        // from 1, in the order in which things came; none is given twice
	Box    detect.Box // where it is, smoothed; score, class and points are those of the box that was seen last
	VX, VY float32    // of its centre, in pixels a frame
	Age    int        // frames since it was seen first
	Missed int        // frames since it was seen last: 0 now
	Index  int        // of the box that was seen now in what was given; -1 if it was not seen
}

// Option changes a tracker.
type Option func(*Tracker)

// WithScores says which boxes count: none below low; those from high in the first stage; those from birth may be new
// things. The default is 0.1, 0.5, 0.6.
func WithScores(low, high, birth float32) Option {
	return func(t *Tracker) { t.low, t.high, t.birth = low, max(high, low), max(birth, high, low) }
}

// WithMemory says for how many frames a thing that is not seen is remembered. The default is 30.
func WithMemory(frames int) Option { return func(t *Tracker) { t.memory = max(frames, 0) } }

// WithConfirm says in how many frames in a row a thing must be seen before it counts. The default is 2. In
// the first frame of all, once is enough.
func WithConfirm(frames int) Option { return func(t *Tracker) { t.confirm = max(frames, 1) } }

// WithMost bounds the things that are followed, lost ones too, and the boxes that are looked at in a frame: those of
// the highest scores. The default is 256.
func WithMost(n int) Option { return func(t *Tracker) { t.most = min(max(n, 1), 4096) } }

// AcrossClasses lets a thing change its class, for a detector that calls one thing now a car and now a truck. By
// default boxes are paired within a class.
func AcrossClasses() Option { return func(t *Tracker) { t.across = true } }

// Overlaps that pairs have at least. In the first stage and for new things the overlap is multiplied by the box's
// score.
const (
	firstOverlap  = 0.2
	secondOverlap = 0.5
	newOverlap    = 0.3
	sameOverlap   = 0.85 // of two things that are one
)

// Tracker follows things. It belongs to one goroutine at a time.
type Tracker struct {
	low, high, birth float32
	memory, confirm  int
	most             int
	across           bool

	frame  int // number of the current one, from 1
	lastID int
	things []thing
	seen   []seen
	rows   []int // indices of things in the current stage
	cols   []int // indices of seen
	assign assigner
}

// thing is a track, confirmed if it has an ID.
type thing struct {
	Track
	filter kalman
	place  rect // predicted for this frame, then estimated
	hits   int
	gone   bool
}

// seen is a box of this frame.
type seen struct {
	index int
	score float32
	class int
	place rect
	taken bool
}

// New returns a tracker that has seen nothing.
func New(opts ...Option) *Tracker {
	t := &Tracker{low: 0.1, high: 0.5, birth: 0.6, memory: 30, confirm: 2, most: 256}
	for _, o := range opts {
		o(t)
	}
	return t
}

// Reset forgets all things. Identities go on: none is given twice.
func (t *Tracker) Reset() { t.frame, t.things = 0, t.things[:0] }

// Update takes the boxes of the next frame, which it does not keep, and appends to tracks the things that are seen in
// it, in the order of their identities. A box whose corners are not numbers, or that is empty, does not count.
func (t *Tracker) Update(boxes []detect.Box, tracks []Track) []Track {
	t.frame++
	t.look(boxes)
	for i := range t.things {
		o := &t.things[i]
		o.filter.predict(o.Missed == 0)
		o.place = o.filter.box()
		o.Age, o.Missed, o.Index = o.Age+1, o.Missed+1, -1
	}
	t.stage(boxes, func(o *thing) bool { return o.ID != 0 }, t.high, firstOverlap, true)
	t.stage(boxes, func(o *thing) bool { return o.ID != 0 && o.Missed == 1 }, t.low, secondOverlap, false)
	t.stage(boxes, func(o *thing) bool { return o.ID == 0 }, t.high, newOverlap, true)
	t.end()
	t.begin(boxes)
	slices.SortFunc(t.things, func(a, b thing) int { return a.order(&b) })
	for i := range t.things {
		if o := &t.things[i]; o.ID != 0 && o.Missed == 0 {
			tracks = append(tracks, o.Track)
		}
	}
	return tracks
}

// Lost appends the things that are remembered but not seen in the last frame; Box is where they should be.
func (t *Tracker) Lost(tracks []Track) []Track {
	for i := range t.things {
		if o := &t.things[i]; o.ID != 0 && o.Missed > 0 {
			tracks = append(tracks, o.Track)
		}
	}
	return tracks
}

// order is by identity; things without one come last, as they came.
func (o *thing) order(p *thing) int {
	if a, b := o.ID == 0, p.ID == 0; a != b {
		if a {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(o.ID, p.ID), -cmp.Compare(o.Age, p.Age), cmp.Compare(o.Index, p.Index))
}

// look notes the boxes that count, the highest score first.
func (t *Tracker) look(boxes []detect.Box) {
	t.seen = t.seen[:0]
	for i := range boxes {
		b := &boxes[i]
		r := rect{float64(b.X0), float64(b.Y0), float64(b.X1), float64(b.Y1)}
		if b.Score >= t.low && r.x1-r.x0 >= least && r.y1-r.y0 >= least &&
			max(math.Abs(r.x0), math.Abs(r.y0), math.Abs(r.x1), math.Abs(r.y1)) < 1<<24 {
			t.seen = append(t.seen, seen{i, min(b.Score, 1), b.Class, r, false})
		}
	}
	slices.SortFunc(t.seen, func(a, b seen) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.index, b.index))
	})
	t.seen = t.seen[:min(len(t.seen), t.most)]
}

// stage pairs the things that are not seen yet and that which holds for with boxes of at least that score.
func (t *Tracker) stage(boxes []detect.Box, which func(*thing) bool, score float32, least float64, weigh bool) {
	t.rows, t.cols = t.rows[:0], t.cols[:0]
	for i := range t.things {
		if o := &t.things[i]; o.Missed > 0 && which(o) {
			t.rows = append(t.rows, i)
		}
	}
	for i := range t.seen {
		if s := &t.seen[i]; !s.taken && s.score >= score {
			t.cols = append(t.cols, i)
		}
	}
	if len(t.rows) == 0 || len(t.cols) == 0 {
		return
	}
	t.assign.reset(len(t.rows), len(t.cols))
	for _, i := range t.rows {
		o := &t.things[i]
		t.assign.next()
		for c, j := range t.cols {
			s := &t.seen[j]
			if s.class != o.Box.Class && !t.across {
				continue
			}
			gain := o.place.overlap(s.place)
			if weigh {
				gain = float64(gain * float64(s.score))
			}
			t.assign.set(c, gain-least)
		}
	}
	for r, c := range t.assign.solve() {
		if c >= 0 {
			t.things[t.rows[r]].see(&t.seen[t.cols[c]], boxes)
		}
	}
	for i := range t.things {
		if o := &t.things[i]; o.ID == 0 && o.hits >= t.confirm {
			t.lastID++
			o.ID = t.lastID
		}
	}
}

// see corrects a thing by the box that was paired with it.
func (o *thing) see(s *seen, boxes []detect.Box) {
	s.taken = true
	o.filter.correct(s.place)
	o.place = o.filter.box()
	o.Box, o.Missed, o.Index = boxes[s.index], 0, s.index
	o.hits++
	o.show()
}

// show makes what users see of the estimate.
func (o *thing) show() {
	o.Box.X0, o.Box.Y0 = float32(o.place.x0), float32(o.place.y0)
	o.Box.X1, o.Box.Y1 = float32(o.place.x1), float32(o.place.y1)
	o.VX, o.VY = float32(o.filter.cx.v), float32(o.filter.cy.v)
}

// end drops what was lost for too long, what did not confirm, and of two things that are one, one of which is lost,
// the younger.
func (t *Tracker) end() {
	for i := range t.things {
		o := &t.things[i]
		o.gone = o.Missed > t.memory || o.Missed > 0 && o.ID == 0
		if o.Missed > 0 {
			o.show()
		}
	}
	for i := range t.things {
		lost := &t.things[i]
		if lost.gone || lost.Missed == 0 {
			continue
		}
		for j := range t.things {
			o := &t.things[j]
			if o.Missed > 0 || o.gone || o.Box.Class != lost.Box.Class && !t.across ||
				o.place.overlap(lost.place) <= sameOverlap {
				continue
			}
			if o.Age > lost.Age || o.ID == 0 {
				lost.gone = true
				break
			}
			o.gone = true
		}
	}
	t.things = slices.DeleteFunc(t.things, func(o thing) bool { return o.gone })
}

// begin makes new things of boxes that nothing was paired with. Where there is no room, what was lost for the longest
// time goes.
func (t *Tracker) begin(boxes []detect.Box) {
	for i := range t.seen {
		s := &t.seen[i]
		if s.taken || s.score < t.birth {
			continue
		}
		if len(t.things) >= t.most && !t.forget() {
			return
		}
		t.things = append(t.things, thing{})
		o := &t.things[len(t.things)-1]
		o.filter.start(s.place)
		o.place = s.place
		o.Box, o.Index, o.hits = boxes[s.index], s.index, 1
		o.show()
		if t.frame == 1 || t.confirm == 1 {
			t.lastID++
			o.ID = t.lastID
		}
	}
}

// forget drops the thing that was lost for the longest time.
func (t *Tracker) forget() bool {
	at := -1
	for i := range t.things {
		if m := t.things[i].Missed; m > 0 && (at < 0 || m > t.things[at].Missed) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	t.things = slices.Delete(t.things, at, at+1)
	return true
}
