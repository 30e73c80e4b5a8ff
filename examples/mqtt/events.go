package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// sight is a line of camera --frames: what one frame shows.
type sight struct {
	Time          time.Time
	Width, Height int
	Things        []thing
}

// thing is something that is in a frame; ID is the same from frame to frame.
type thing struct {
	ID    int
	Label string
	Score float32
	Box   [4]float32 // left, top, right, bottom
}

// event is what happened to a thing. Home Assistant wants the type under that name.
type event struct {
	Type    string     `json:"event_type"` // appears, moves or leaves
	Time    time.Time  `json:"time"`
	ID      int        `json:"id"`
	Label   string     `json:"label"`
	Score   float32    `json:"score"`
	Box     [4]float32 `json:"box"`     // in pixels of the frame
	Seconds float64    `json:"seconds"` // since it appeared
}

// Types of events.
const (
	appears = "appears"
	moves   = "moves"
	leaves  = "leaves"
)

// rules say what is worth an event.
type rules struct {
	labels []string      // none: all
	score  float64       // that a thing must have to appear
	stays  time.Duration // that it must have been seen before it appears
	gone   time.Duration // after which one that is not seen has left
	move   float64       // a way that counts, in parts of the box's diagonal
}

// maxThings bounds the things that are remembered.
const maxThings = 1024

// scene is what is there now.
type scene struct {
	rules
	there map[int]*known
	now   time.Time // of the latest frame
}

// known is a thing that is there.
type known struct {
	thing
	first, last time.Time // when it was seen
	told        bool      // it has appeared
	at          [2]float64
}

func newScene(r rules) *scene { return &scene{rules: r, there: map[int]*known{}} }

// see takes a frame's things and returns what has happened, in the order of their identities. Things that are not
// followed, of identity 0, do not count. Time never goes back.
func (s *scene) see(f *sight) (events []event) {
	if f.Time.After(s.now) {
		s.now = f.Time
	}
	for _, t := range f.Things {
		if t.ID == 0 || len(s.labels) > 0 && !slices.Contains(s.labels, t.Label) {
			continue
		}
		k := s.there[t.ID]
		if k == nil {
			if len(s.there) >= maxThings {
				continue
			}
			k = &known{first: s.now, at: centre(t.Box)}
			s.there[t.ID] = k
		}
		label := cmp.Or(k.Label, t.Label) // it keeps the name that it appeared with
		k.thing, k.last = t, s.now
		if k.told {
			k.Label = label
		}
		switch {
		case !k.told:
			if float64(t.Score) >= s.score && s.now.Sub(k.first) >= s.stays {
				k.told, k.at = true, centre(t.Box)
				events = append(events, k.event(appears, s.now))
			}
		case s.move > 0 && k.moved() >= s.move:
			k.at = centre(t.Box)
			events = append(events, k.event(moves, s.now))
		}
	}
	for id, k := range s.there {
		if s.now.Sub(k.last) > s.gone {
			delete(s.there, id)
			if k.told {
				events = append(events, k.event(leaves, k.last))
			}
		}
	}
	sortEvents(events)
	return events
}

// clear empties the scene, as when the camera ends.
func (s *scene) clear() (events []event) {
	for id, k := range s.there {
		delete(s.there, id)
		if k.told {
			events = append(events, k.event(leaves, k.last))
		}
	}
	sortEvents(events)
	return events
}

func sortEvents(e []event) {
	slices.SortFunc(e, func(a, b event) int { return cmp.Compare(a.ID, b.ID) })
}

// counts returns how many of each name are there.
func (s *scene) counts() map[string]int {
	n := map[string]int{}
	for _, k := range s.there {
		if k.told {
			n[k.Label]++
		}
	}
	return n
}

func centre(b [4]float32) [2]float64 {
	return [2]float64{(float64(b[0]) + float64(b[2])) / 2, (float64(b[1]) + float64(b[3])) / 2}
}

// moved returns how far a thing is from where it was told of last, in parts of its box's diagonal.
func (k *known) moved() float64 {
	c := centre(k.Box)
	size := math.Hypot(float64(k.Box[2]-k.Box[0]), float64(k.Box[3]-k.Box[1]))
	return math.Hypot(c[0]-k.at[0], c[1]-k.at[1]) / max(size, 1)
}

func (k *known) event(kind string, at time.Time) event {
	return event{Type: kind, Time: at, ID: k.ID, Label: k.Label, Score: k.Score, Box: k.Box,
		Seconds: at.Sub(k.first).Seconds()}
}
