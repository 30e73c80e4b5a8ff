package track

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/detect"
)

// box is one of class 0 around a centre.
func box(cx, cy, w, h, score float64) detect.Box {
	return detect.Box{X0: float32(cx - w/2), Y0: float32(cy - h/2), X1: float32(cx + w/2), Y1: float32(cy + h/2),
		Score: float32(score)}
}

// at finds the track of a box that was given.
func at(tracks []Track, index int) *Track {
	for i := range tracks {
		if tracks[i].Index == index {
			return &tracks[i]
		}
	}
	return nil
}

// ids checks that the boxes given are the things of these identities, 0 for none yet.
func ids(t *testing.T, frame int, tracks []Track, want ...int) {
	t.Helper()
	n := 0
	for i, id := range want {
		tr := at(tracks, i)
		switch {
		case tr == nil && id != 0:
			t.Fatalf("frame %d: box %d is no track, want %d", frame, i, id)
		case tr != nil && tr.ID != id:
			t.Fatalf("frame %d: box %d is track %d, want %d", frame, i, tr.ID, id)
		}
		if id != 0 {
			n++
		}
	}
	if len(tracks) != n {
		t.Fatalf("frame %d: %d tracks, want %d", frame, len(tracks), n)
	}
}

// TestCrossing: two who walk through each other keep their identities.
func TestCrossing(t *testing.T) {
	k := New()
	for f := range 60 {
		x := float64(f) * 6
		ids(t, f, k.Update([]detect.Box{box(100+x, 200, 40, 100, 0.9), box(460-x, 212, 40, 100, 0.9)}, nil), 1, 2)
	}
}

// TestOcclusion: one that nobody sees for 20 frames is itself again, where its velocity has brought it; after 31 frames
// it is another.
func TestOcclusion(t *testing.T) {
	for _, c := range []struct{ gone, want int }{{20, 1}, {30, 1}, {31, 2}} {
		k := New()
		f := 0
		for ; f < 30; f++ {
			ids(t, f, k.Update([]detect.Box{box(100+float64(f)*4, 200, 60, 120, 0.9)}, nil), 1)
		}
		for ; f < 30+c.gone; f++ {
			ids(t, f, k.Update(nil, nil))
		}
		if lost := k.Lost(nil); c.gone <= 30 {
			x := float64(lost[0].Box.X0+lost[0].Box.X1) / 2
			if len(lost) != 1 || lost[0].Missed != c.gone || lost[0].Index != -1 || math.Abs(x-(100+4*float64(f-1))) > 2 {
				t.Errorf("after %d: %+v", c.gone, lost)
			}
		} else if len(lost) != 0 {
			t.Errorf("after %d: %+v", c.gone, lost)
		}
		back := []detect.Box{box(100+float64(f)*4, 200, 60, 120, 0.9)}
		first := c.want
		if c.want != 1 {
			first = 0
		}
		ids(t, f, k.Update(back, nil), first)
		ids(t, f+1, k.Update(back, nil), c.want)
	}
}

// TestFlicker: a score that falls below the first stage's keeps its identity by the second; below the lowest it is
// lost, and comes back by a high score only. A thing of low scores alone never counts.
func TestFlicker(t *testing.T) {
	k := New()
	lost := false
	for f := range 60 {
		score := 0.9
		switch {
		case f%3 == 1 && f > 3:
			score = 0.2
		case f%10 == 5:
			score = 0.05
		}
		got := k.Update([]detect.Box{box(100+float64(f), 200, 60, 120, score), box(400, 200, 60, 120, 0.55)}, nil)
		if lost = score == 0.05 || lost && score < 0.5; lost {
			ids(t, f, got, 0, 0)
		} else {
			ids(t, f, got, 1, 0)
		}
	}
}

// TestBirth: a box that was seen once is no thing; only in the first frame it is.
func TestBirth(t *testing.T) {
	k := New()
	a, b := box(100, 100, 50, 50, 0.9), box(300, 100, 50, 50, 0.9)
	ids(t, 0, k.Update([]detect.Box{a}, nil), 1)
	ids(t, 1, k.Update([]detect.Box{a, b}, nil), 1, 0)
	ids(t, 2, k.Update([]detect.Box{a}, nil), 1) // b was a mistake
	ids(t, 3, k.Update([]detect.Box{a, b}, nil), 1, 0)
	ids(t, 4, k.Update([]detect.Box{a, b}, nil), 1, 2) // and has taken no identity
	k.Reset()
	ids(t, 5, k.Update([]detect.Box{b}, nil), 3)
	k = New(WithConfirm(3))
	for f, want := range []int{0, 0, 0, 1, 1} {
		if f == 0 {
			k.Update(nil, nil)
			continue
		}
		if f < 3 {
			want = 0
		}
		ids(t, f, k.Update([]detect.Box{a}, nil), want)
	}
}

// TestClasses: things of two classes do not take each other's boxes, unless they may.
func TestClasses(t *testing.T) {
	a := box(100, 100, 50, 50, 0.9)
	b := a
	b.Class = 7
	k := New(WithConfirm(1))
	ids(t, 0, k.Update([]detect.Box{a}, nil), 1)
	ids(t, 1, k.Update([]detect.Box{b}, nil), 2)
	k = New(WithConfirm(1), AcrossClasses())
	ids(t, 0, k.Update([]detect.Box{a}, nil), 1)
	got := k.Update([]detect.Box{b}, nil)
	ids(t, 1, got, 1)
	if got[0].Box.Class != 7 || got[0].Age != 1 {
		t.Errorf("%+v", got[0])
	}
}

// TestSame: of two tracks of one thing the younger goes.
func TestSame(t *testing.T) {
	k := New(WithConfirm(1))
	for f := range 20 {
		ids(t, f, k.Update([]detect.Box{box(100, 100, 50, 100, 0.9)}, nil), 1)
	}
	for f := range 3 {
		ids(t, f, k.Update([]detect.Box{box(140, 100, 50, 100, 0.9)}, nil), 2) // it jumps: another
	}
	if l := k.Lost(nil); len(l) != 1 || l[0].ID != 1 {
		t.Fatalf("%+v", l)
	}
	for f, x := range []float64{130, 120, 110, 102, 100, 100} { // and creeps back to where the lost one waits
		got := k.Update([]detect.Box{box(x, 100, 50, 100, 0.9)}, nil)
		if len(got) > 1 {
			t.Fatalf("step %d: %+v", f, got)
		}
	}
	got := k.Update([]detect.Box{box(100, 100, 50, 100, 0.9)}, nil)
	if len(got)+len(k.Lost(nil)) != 1 || got[0].ID != 1 {
		t.Errorf("%+v, lost %+v", got, k.Lost(nil))
	}
}

// TestBad: boxes that are none do not count, whatever stands in them.
func TestBad(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	bad := []detect.Box{{}, {X1: 5, Y1: 5}, {X1: 5, Y1: 5, Score: nan}, {X0: nan, X1: 5, Y1: 5, Score: 1},
		{X1: inf, Y1: 5, Score: 1}, {X0: -inf, X1: 5, Y1: 5, Score: 1}, {X0: 5, X1: 3, Y1: 5, Score: 1},
		{X1: 3e38, Y1: 3e38, Score: 1}, {X1: 5, Y1: 0, Score: 1}}
	k := New(WithConfirm(1))
	for range 3 {
		if got := k.Update(bad, nil); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
	}
	ids(t, 3, k.Update([]detect.Box{box(10, 10, 5, 5, math.Inf(1))}, nil), 1)
}

// TestMost: a tracker is bounded; what is lost makes room for what is new.
func TestMost(t *testing.T) {
	k := New(WithMost(3), WithConfirm(1))
	row := func(n int, y, score float64) (all []detect.Box) {
		for i := range n {
			all = append(all, box(float64(100*i+50), y, 40, 40, score-float64(i)/100))
		}
		return all
	}
	ids(t, 0, k.Update(row(5, 50, 0.9), nil), 1, 2, 3, 0, 0)
	ids(t, 1, k.Update(row(1, 50, 0.9), nil), 1)
	ids(t, 2, k.Update(row(2, 500, 0.9), nil), 4, 5) // in place of 2 and 3
	if l := k.Lost(nil); len(l) != 1 || l[0].ID != 1 || len(k.things) != 3 {
		t.Errorf("%d things, lost %+v", len(k.things), l)
	}
}

// scene is 200 things on a grid that move, each frame in another order, some of which are not seen, or barely.
type scene struct {
	r     *rand.Rand
	boxes []detect.Box
	who   []int
	lost  [200]bool // since it was not seen, no score was high
	seen  int       // how many are not lost
}

func (s *scene) frame(f int) {
	s.boxes, s.who, s.seen = s.boxes[:0], s.who[:0], 0
	for i := range 200 {
		score := 0.9
		switch p := s.r.IntN(20); {
		case f > 3 && p == 0:
			s.lost[i] = true
			continue
		case f > 3 && p < 3:
			score = 0.3
		default:
			s.lost[i] = false
		}
		if !s.lost[i] {
			s.seen++
		}
		cx := float64(i%20*90+60) + float64(math.Sqrt(float64(i))*float64(f)/5) // rounded before it is added, everywhere
		cy := float64(i/20*100+60) + float64(f)/8
		s.boxes = append(s.boxes, box(cx+s.r.Float64()-0.5, cy+s.r.Float64()-0.5, 40, 80, score))
		s.who = append(s.who, i)
	}
	s.r.Shuffle(len(s.boxes), func(i, j int) {
		s.boxes[i], s.boxes[j] = s.boxes[j], s.boxes[i]
		s.who[i], s.who[j] = s.who[j], s.who[i]
	})
}

// TestCrowd: 200 things keep their identities for 100 frames, without garbage, and the bits are the same on every
// machine.
func TestCrowd(t *testing.T) {
	s := scene{r: rand.New(rand.NewPCG(5, 6))}
	k := New()
	var tracks []Track
	identity := map[int]int{}
	sum := fnv.New64a()
	for f := range 100 {
		s.frame(f)
		tracks = k.Update(s.boxes, tracks[:0])
		for i := range tracks {
			tr := &tracks[i]
			who := s.who[tr.Index]
			if id, known := identity[who]; known && id != tr.ID {
				t.Fatalf("frame %d: thing %d was %d and is %d", f, who, id, tr.ID)
			}
			identity[who] = tr.ID
			binary.Write(sum, binary.LittleEndian, []float32{float32(tr.ID), tr.Box.X0, tr.Box.Y0, tr.Box.X1,
				tr.Box.Y1, tr.VX, tr.VY})
		}
		if len(tracks) != s.seen {
			t.Fatalf("frame %d: %d tracks, want %d of %d boxes", f, len(tracks), s.seen, len(s.boxes))
		}
	}
	if got, want := sum.Sum64(), uint64(0xc454760e17ea05d); got != want {
		t.Errorf("checksum %#x, want %#x", got, want)
	}
	if n := testing.AllocsPerRun(20, func() { tracks = k.Update(s.boxes, tracks[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestOrder: the order of the boxes says nothing.
func TestOrder(t *testing.T) {
	a, b := scene{r: rand.New(rand.NewPCG(7, 8))}, New()
	c := New()
	for f := range 30 {
		a.frame(f)
		for i := range a.boxes {
			a.boxes[i].Score += float32(a.who[i]) / 4096 // no two are equal
		}
		one := b.Update(a.boxes, nil)
		slices.Reverse(a.boxes)
		two := c.Update(a.boxes, nil)
		if len(one) != len(two) {
			t.Fatalf("frame %d: %d and %d tracks", f, len(one), len(two))
		}
		for i := range one {
			one[i].Index = len(a.boxes) - 1 - one[i].Index
			if one[i] != two[i] {
				t.Fatalf("frame %d: %+v and %+v", f, one[i], two[i])
			}
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := scene{r: rand.New(rand.NewPCG(5, 6))}
	k := New()
	var tracks []Track
	frames := make([][]detect.Box, 16)
	for f := range frames {
		s.frame(f)
		frames[f] = slices.Clone(s.boxes)
	}
	f := 0
	for b.Loop() {
		tracks = k.Update(frames[f%16], tracks[:0])
		f++
	}
}
