package kernels

import (
	"math/rand/v2"
	"testing"
)

func TestWeightSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, 8, 9, 64, 1023, 1024, 1025, 5000} {
		for _, kind := range []string{"random", "127", "-127", "-128"} {
			w := make([]int8, n+3)[3:] // not aligned
			sum, abs, ok := 0, 0, true
			for i := range w {
				switch kind {
				case "random":
					w[i] = int8(r.IntN(255) - 127)
				case "127":
					w[i] = 127
				default:
					w[i] = -127
				}
			}
			if kind == "-128" && n > 0 {
				w[r.IntN(n)] = -128
				ok = false
			}
			for _, v := range w {
				sum += int(v)
				abs += max(int(v), -int(v))
			}
			if got := ValidWeights(w); got != ok {
				t.Errorf("%d weights %s: valid %v, want %v", n, kind, got, ok)
			}
			if s, a, o := weightSums(w); s != sum || a != abs || o != ok {
				t.Errorf("%d weights %s: %d, %d, %v; want %d, %d, %v", n, kind, s, a, o, sum, abs, ok)
			}
			if s, o := weightTotal(w); s != sum || o != ok {
				t.Errorf("%d weights %s: %d, %v; want %d, %v", n, kind, s, o, sum, ok)
			}
		}
	}
}
