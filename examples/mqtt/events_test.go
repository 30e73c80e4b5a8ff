package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// frame is a sight so many tenths of a second after noon.
func frame(tenths int, things ...thing) *sight {
	return &sight{Time: noon.Add(time.Duration(tenths) * 100 * time.Millisecond), Things: things}
}

// at is a person of 10×10 pixels.
func at(id int, x, y float32) thing {
	return thing{ID: id, Label: "person", Score: 0.9, Box: [4]float32{x, y, x + 10, y + 10}}
}

// brief are events as words.
func brief(events []event) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("%d %s %s %.1f", e.ID, e.Label, e.Type, e.Seconds))
	}
	return strings.Join(words, ", ")
}

// TestScene: things appear once they stay, move by their size, and leave once they are gone.
func TestScene(t *testing.T) {
	s := newScene(rules{score: 0.5, stays: 300 * time.Millisecond, gone: time.Second, move: 1})
	weak, other := at(9, 0, 0), at(5, 0, 0)
	weak.Score = 0.4
	other.Label = "dog"
	for i, c := range []struct {
		f      *sight
		want   string
		people int
	}{
		{frame(0, at(2, 0, 0), weak, at(0, 0, 0)), "", 0},
		{frame(2, at(2, 1, 0), weak), "", 0},
		{frame(3, at(2, 2, 0), weak), "2 person appears 0.3", 1},
		{frame(4, at(2, 16, 0), at(1, 0, 0), weak), "", 1}, // 14 pixels, and the diagonal is 14.14
		{frame(5, at(2, 17, 0), at(1, 0, 0), weak), "2 person moves 0.5", 1},
		{frame(7, at(1, 0, 0), at(2, 17, 0), other), "1 person appears 0.3", 2},
		{frame(6, at(1, 0, 0), other), "", 2}, // a clock that goes back
		{frame(17, other), "5 dog appears 1.0", 2},
		{frame(18), "1 person leaves 0.3, 2 person leaves 0.7", 0},
		{frame(27), "", 0},
		{frame(28), "5 dog leaves 1.0", 0},
		{frame(29, at(2, 0, 0)), "", 0}, // it comes back
		{frame(32, at(2, 0, 0)), "2 person appears 0.3", 1},
	} {
		if got := brief(s.see(c.f)); got != c.want || s.counts()["person"] != c.people {
			t.Errorf("step %d: %q, want %q; %v", i, got, c.want, s.counts())
		}
	}
	if got := brief(s.clear()); got != "2 person leaves 0.3" || len(s.there) != 0 {
		t.Error(got)
	}
}

// TestLabels: others do not count.
func TestLabels(t *testing.T) {
	s := newScene(rules{labels: []string{"dog", "cat"}})
	if e := s.see(frame(0, at(1, 0, 0))); e != nil {
		t.Error(e)
	}
}

// TestBounds: a stream of ever new things does not fill memory.
func TestBounds(t *testing.T) {
	s := newScene(rules{gone: time.Hour})
	top := newTopics("x", "homeassistant")
	for i := range 5000 {
		k := at(i+1, 0, 0)
		k.Label = fmt.Sprint("thing ", i)
		s.see(frame(i, k))
		top.count(k.Label, 1)
	}
	if len(s.there) != maxThings || len(top.slugs) != maxLabels || len(top.labels) != maxLabels {
		t.Error(len(s.there), len(top.slugs), len(top.labels))
	}
}

// TestSlugs: labels have topics of their own, of plain characters.
func TestSlugs(t *testing.T) {
	top := newTopics("x", "")
	var got []string
	for _, label := range []string{"person", "tv/set #1+", "a b", "a_b", "été", "", "a b"} {
		s, _ := top.slug(label)
		got = append(got, s)
	}
	if want := []string{"person", "tv_set__1_", "a_b", "a_b_2", "_t_", "_", "a_b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
