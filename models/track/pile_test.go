package track

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/models/detect"
)

// TestPile: a heap of things that all lie over each other, as many as are followed, is paired within a bounded time;
// with a greater one the rest does not count.
func TestPile(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	k := New(WithConfirm(1))
	var boxes []detect.Box
	var tracks []Track
	var longest time.Duration
	for range 6 {
		boxes = boxes[:0]
		for range 300 {
			boxes = append(boxes, box(500+10*r.Float64(), 500+10*r.Float64(), 200, 200, 0.7+0.3*r.Float64()))
		}
		began := time.Now()
		tracks = k.Update(boxes, tracks[:0])
		longest = max(longest, time.Since(began))
		if len(tracks) != 256 || len(k.things) > 256 {
			t.Fatalf("%d tracks of %d things", len(tracks), len(k.things))
		}
	}
	t.Logf("at most %v a frame", longest)
}
