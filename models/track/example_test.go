package track_test

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/track"
)

// A thing keeps its identity while it moves, also where the detector is not sure of it for a moment.
func Example() {
	tracker := track.New()
	var tracks []track.Track
	for i, score := range []float32{0.9, 0.9, 0.3, 0.8} {
		x := float32(10 * i)
		boxes := []detect.Box{{X0: x, Y0: 20, X1: x + 60, Y1: 140, Score: score}}
		tracks = tracker.Update(boxes, tracks[:0])
		for _, t := range tracks {
			fmt.Printf("frame %d: thing %d, %.0f %%\n", i, t.ID, 100*t.Box.Score)
		}
	}
	// Output:
	// frame 0: thing 1, 90 %
	// frame 1: thing 1, 90 %
	// frame 2: thing 1, 30 %
	// frame 3: thing 1, 80 %
}
