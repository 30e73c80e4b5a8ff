package runtime

import (
	"math/rand/v2"
	"testing"
)

// WideQConv's parts are int8 and add up to the weights; weights that fit int8 stay a QConv.
func TestWideQConv(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, most := range []int{1, 127, 128, 254, 255, 381} {
		const k, depth = 3, 10
		w := make([]int16, k*depth)
		for i := range w {
			w[i] = int16(r.IntN(2*most+1) - most)
		}
		w[4], w[17] = int16(most), int16(-most)
		parts, all := 1, []int8(nil)
		switch op := WideQConv(QConv{Window: Window{R: 1, S: 1}, K: k}, w).(type) {
		case *QConv:
			all = op.Weights
		case *QConvParts:
			parts, all = op.Parts, op.Weights
		}
		if want := (most + 126) / 127; parts != want || len(all) != parts*len(w) {
			t.Fatalf("up to %d: %d parts of %d weights, want %d", most, parts, len(all), want)
		}
		for i, v := range w {
			sum := 0
			for p := range parts {
				part := int(all[(i/depth*parts+p)*depth+i%depth])
				if part < -127 || part*int(v) < 0 {
					t.Errorf("part %d of %d is %d", p, v, part)
				}
				sum += part
			}
			if sum != int(v) {
				t.Errorf("weight %d becomes %d", v, sum)
			}
		}
	}
}
