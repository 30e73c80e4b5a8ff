package kernels

import (
	"math"
	"math/rand/v2"
)

// addParts makes some weights sums of parts: none of most filters, a few of a filter in three, all of a filter in
// seven.
func (q *ConvU8) addParts(rnd *rand.Rand, parts int) {
	k := len(q.Scale)
	depth := len(q.Weights) / k
	first := q.Weights
	q.Parts, q.Weights = parts, make([]int8, parts*len(first))
	for f := range k {
		filter := q.Weights[f*parts*depth:][:parts*depth]
		copy(filter, first[f*depth:])
		for i := depth; i < len(filter); i++ {
			if f%7 == 2 || f%3 == 1 && rnd.IntN(20) == 0 {
				filter[i] = int8(rnd.IntN(255) - 127)
			}
		}
	}
}

// atBound makes every third bias the largest that there may be, and every sixth filter one without weights.
func (q *ConvU8) atBound() {
	depth := len(q.Weights) / len(q.Bias)
	for i := 0; i < len(q.Bias); i += 3 {
		w, abs := q.Weights[i*depth:][:depth], 0
		if i%2 == 0 {
			clear(w)
		}
		for _, v := range w {
			abs += max(int(v), -int(v))
		}
		q.Bias[i] = int32((math.MaxInt32 - 255*abs) * (1 - i/3%4/2*2))
		q.Scale[i] = 100 / float32(1<<31)
	}
}
