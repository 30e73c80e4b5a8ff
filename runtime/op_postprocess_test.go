package runtime

import (
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// Detections allocate nothing in a run, fast and regular, and any number of threads gives the same.
func TestPostProcessRuns(t *testing.T) {
	for _, regular := range []bool{false, true} {
		n := newNet(t)
		boxes, err := n.g.Input("boxes", Shape{1, 1, 700, 5})
		if err != nil {
			t.Fatal(err)
		}
		scores, err := n.g.Input("scores", Shape{1, 1, 700, 11})
		if err != nil {
			t.Fatal(err)
		}
		op := &PostProcess{Anchors: n.floats(4 * 700), Scale: [4]float32{10, 10, 5, 5}, Classes: 10, Detections: 20,
			PerDetection: 3, Regular: regular, PerClass: 7, MinScore: .1, MaxOverlap: .4}
		for i := range op.Anchors {
			op.Anchors[i] = max(op.Anchors[i], .01)
		}
		g := n.output(n.add("detections", op, boxes, scores))
		var want []float32
		for threads := 1; threads < 4; threads++ {
			s := session(t, g, WithThreads(threads), WithISA(arch.Best()))
			for i, v := range testInput(700 * 5) {
				s.Input(0).Float32()[i] = v
			}
			for i, v := range testInput(700 * 11) {
				s.Input(1).Float32()[i] = v
			}
			if a := testing.AllocsPerRun(5, func() {
				if err := s.Run(); err != nil {
					t.Fatal(err)
				}
			}); a != 0 {
				t.Errorf("%v allocations per run", a)
			}
			got := append([]float32(nil), s.Output(0).Float32()...)
			s.Close()
			if want == nil {
				want = got
			}
			near(t, "detections", got, want, 0)
			if last := got[len(got)-1]; last < 5 {
				t.Errorf("%v detections", last)
			}
		}
	}
}
