package quant

import (
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Joins. A join copies the bytes of its parts, so that they share one scale, which the widest of them sets. Between
// layers that is what the next layer asks for. Behind the last layer with weights, where boxes and scores are put
// together for the program, floats can be joined as well, and parts keep a scale each. There a join works on bytes only
// if rounding to the one scale leaves every channel of every part a clear signal.

// clearFrom is the least signal to noise, in decibels, of a channel under the scale of a join. Layers of networks in
// int8 are at 15 to 25 dB by what they were given: noise of 30 dB beside it is a tenth and less of that.
const clearFrom = 30

// joins reports whether an operation makes one value, with one scale, of several.
func joins(op runtime.Op) bool {
	_, ok := op.(*runtime.Concat)
	return ok
}

// part adds to apart the joins behind the last layers whose scale blurs a channel, and reports whether there are any.
// Those within one that is found get another scale, and are looked at by the next call.
func (r *rewriter) part(s *Stats, apart map[*runtime.Node]bool) (found bool) {
	maker := map[*runtime.Value]*runtime.Node{}
	for _, n := range r.from.Nodes {
		maker[n.Out] = n
	}
	later := map[*runtime.Node]bool{}
	for _, n := range slices.Backward(r.from.Nodes) {
		if !joins(n.Op) || !r.last[n] || !r.u8[n] || later[n] {
			continue
		}
		least, seen := math.Inf(1), map[*runtime.Node]bool{n: true}
		for within := []*runtime.Node{n}; len(within) > 0; { // nodes that pass bytes on
			p := within[len(within)-1]
			within = within[:len(within)-1]
			later[p] = true
			for _, v := range p.In {
				switch m := maker[v]; {
				case m == nil || seen[m]:
				case runtime.FormOf(m.Op) == runtime.Moves:
					seen[m], within = true, append(within, m)
				default:
					seen[m] = true
					least = min(least, s.clearness(v, r.scales[n.Out]))
				}
			}
		}
		if least < clearFrom {
			apart[n], found = true, true
		}
	}
	return found
}

// clearness is the least signal to noise, dB, of a value's channels under a scale; of the value where its channels are
// not known.
func (s *Stats) clearness(v *runtime.Value, q runtime.Quant) float64 {
	of := []*Histogram{s.Values[v.Name]}
	if c := s.Channels[v.Name]; c != nil && len(c.Of) == v.Shape.C && !slices.Contains(c.Of, nil) {
		of = c.Of
	}
	least := math.Inf(1)
	lo, hi := float64(0-int(q.Zero))*float64(q.Scale), float64(255-int(q.Zero))*float64(q.Scale)
	rounding := float64(q.Scale) * float64(q.Scale) / 12
	for _, h := range of {
		signal, noise := 0.0, 0.0
		h.each(func(x float64, n int64) {
			out := x - min(max(x, lo), hi)
			signal += float64(n) * x * x
			if noise += float64(n) * out * out; out == 0 && x != 0 {
				noise += float64(n) * rounding
			}
		})
		if signal > 0 {
			least = min(least, decibels(signal, noise))
		}
	}
	return least
}
