package quant

import (
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Equalisation. A value of bytes has one scale, and where its channels differ much in size the small ones have a few
// levels only. A convolution's channels may be multiplied by any factors if what follows divides by them. So may those
// of a function's result: the function becomes a table for each channel, which takes factors off and puts others on.
//
//	convolution ·f[c] → function of x/f[c], ·g[c] → convolutions with weights w[·][c]/g[c]
//
// A convolution loses nothing by its f. A depthwise one has a scale for each channel and loses nothing by g either.
// Those that add channels up share a scale among their weights: there g divides the difference between the values and
// the weights, as in Xiao et al., "SmoothQuant", 2022, with α = ½; and as in Nagel et al., "Data-free quantization
// through weight equalization and bias correction", 2019, which knows no tables.

const (
	unlikeFrom  = 2    // channels are unlike if the widest range is so many times the median, unless that is chosen
	largestGain = 1024 // a channel's levels become at most so many times as fine as they would be
)

// unlike reports whether channels of those ranges are worth to be equalised.
func (r *rewriter) unlike(of []span) bool {
	if len(of) < 2 || r.opts.alike {
		return false
	}
	wide := make([]float64, len(of))
	for i, s := range of {
		wide[i] = s.hi - s.lo
	}
	slices.Sort(wide)
	return wide[len(wide)-1] >= r.unlikeFrom*wide[len(wide)/2]
}

// homogeneous reports whether a clamp keeps factors above zero: none, and that at zero.
func homogeneous(c runtime.Clamp) bool {
	return !c.On || c.Lo == 0 && math.IsInf(float64(c.Hi), 1)
}

// equalise chooses the factors of values, and their scales: of convolutions that only convolutions read, of those
// behind which a function stands alone, and of that function's results.
func (r *rewriter) equalise(s *Stats) {
	users := map[*runtime.Value][]*runtime.Node{}
	for _, n := range r.from.Nodes {
		for _, v := range n.In {
			users[v] = append(users[v], n)
		}
	}
	output := map[*runtime.Value]bool{}
	for _, v := range r.from.Outputs {
		output[v] = true
	}
	for _, n := range r.from.Nodes {
		c, ok := n.Op.(*runtime.Conv)
		if !ok || !r.u8[n] || output[n.Out] || len(users[n.Out]) == 0 {
			continue
		}
		if weights, ok := r.weightsOf(users[n.Out], c.K); ok && homogeneous(c.Act) {
			if of := s.Channels[n.Out.Name].ranges(c.K, nil, r.opts.observer); r.unlike(of) {
				r.magnified(n.Out, of, weights)
			}
			continue
		}
		p := users[n.Out][0]
		if c.Act.On || len(users[n.Out]) != 1 {
			continue
		}
		if !runtime.Pointwise(p.Op) || !r.u8[p] && r.chains[p.Out] == nil {
			continue
		}
		before := s.Channels[n.Out.Name].ranges(c.K, p.Op, r.opts.observer)
		if r.u8[p] && r.unlike(before) {
			r.centred(n.Out, before)
		} else {
			r.scales[n.Out] = quantOf(through(r.opts.observer, s.Values[n.Out.Name], p.Op))
		}
		after := s.Channels[p.Out.Name].ranges(c.K, nil, r.opts.observer)
		weights, ok := r.weightsOf(users[p.Out], c.K)
		if ok && r.u8[p] && !output[p.Out] && r.unlike(after) {
			r.magnified(p.Out, after, weights)
		}
	}
}

// centred gives each channel of a value all levels for its own range, whose middle is the zero point.
func (r *rewriter) centred(v *runtime.Value, of []span) {
	wide := 0.0
	for _, s := range of {
		wide = max(wide, s.hi-s.lo)
	}
	f := &factors{make([]float32, len(of)), make([]float32, len(of))}
	for i, s := range of {
		f.gain[i], f.middle[i] = float32(wide/max(s.hi-s.lo, wide/largestGain)), float32((s.lo+s.hi)/2)
	}
	r.factors[v], r.scales[v] = f, quantOf(-wide/2, wide/2)
}

// magnified multiplies the channels of a value, for the zero point with which their steps are least on the whole.
// Where their readers' weights share scales, which weights tells, half of a factor is left to them.
func (r *rewriter) magnified(v *runtime.Value, of []span, weights []float64) {
	step := func(s span, zero int) float64 { return max(s.hi/float64(255-zero), -s.lo/max(float64(zero), 1e-9)) }
	best, at := math.Inf(1), 0
	for zero := range 255 {
		sum := 0.0
		for _, s := range of {
			sum += math.Log(max(step(s, zero), 1e-30))
		}
		if sum < best {
			best, at = sum, zero
		}
	}
	steps, most := make([]float64, len(of)), 0.0
	for i, s := range of {
		if steps[i] = step(s, at); weights != nil {
			steps[i] = math.Sqrt(steps[i] / max(weights[i], 1./largestGain))
		}
		most = max(most, steps[i])
	}
	f, lo, hi := &factors{gain: make([]float32, len(of))}, 0.0, 0.0
	for i, s := range of {
		g := float32(most / max(steps[i], most/largestGain))
		f.gain[i] = g
		lo, hi = min(lo, s.lo*float64(g)), max(hi, s.hi*float64(g))
	}
	r.factors[v], r.scales[v] = f, quantOf(lo, hi)
}

// weightsOf are the largest weights of each channel in the convolutions that read a value, each as a share of its
// filter's largest; none if all of those are depthwise. It reports false if something else reads the value.
func (r *rewriter) weightsOf(users []*runtime.Node, channels int) (most []float64, ok bool) {
	for _, n := range users {
		c, ok := n.Op.(*runtime.Conv)
		if !ok || !r.u8[n] {
			return nil, false
		}
		groups := max(c.Groups, 1)
		if groups == channels {
			continue
		}
		if most == nil {
			most = make([]float64, channels)
		}
		each, depth := len(c.Weights)/c.K, channels/groups
		for k := range c.K {
			w, first := c.Weights[k*each:][:each], k/(c.K/groups)*depth
			top := max(slices.Max(w), -slices.Min(w))
			for i, x := range w {
				if at := first + i%depth; top > 0 {
					most[at] = max(most[at], float64(max(x, -x)/top))
				}
			}
		}
	}
	return most, true
}

// factors make the channels of a value on bytes (x − middle)·gain of what they stand for, x.
type factors struct {
	gain, middle []float32 // middle is nil for 0
}

// at returns the factors of a channel; nil stands for none.
func (f *factors) at(c int) (gain, middle float32) {
	if f == nil {
		return 1, 0
	}
	if gain = f.gain[c]; f.middle != nil {
		middle = f.middle[c]
	}
	return gain, middle
}

// scaled are a convolution's weights and biases for an input, of no middles, and an output with factors.
func scaled(c *runtime.Conv, in, out *factors) (weights, bias []float32) {
	if in == nil && out == nil {
		return c.Weights, c.Bias
	}
	weights, bias = slices.Clone(c.Weights), slices.Clone(c.Bias)
	if bias == nil {
		bias = make([]float32, c.K)
	}
	groups := max(c.Groups, 1)
	each := len(weights) / c.K
	for k := range c.K {
		w := weights[k*each:][:each]
		if in != nil {
			depth := len(in.gain) / groups
			of := in.gain[k/(c.K/groups)*depth:][:depth]
			for i := range w {
				w[i] /= of[i%depth]
			}
		}
		gain, middle := out.at(k)
		for i := range w {
			w[i] *= gain
		}
		bias[k] = (bias[k] - middle) * gain
	}
	return weights, bias
}

// tables are those of a function whose input's channels have factors f, and its output's g, of no middles. They are
// float32 operations in this order, so that they are the same bytes wherever a graph is quantised.
func tables(from, to runtime.Quant, f, g *factors, op runtime.Op, channels int) []uint8 {
	of := make([]uint8, 0, 256*channels)
	for c := range channels {
		down, middle := f.at(c)
		up, _ := g.at(c)
		var v [256]float32
		for q := range v {
			v[q] = float32(float32(float32(q-int(from.Zero))*from.Scale)/down) + middle
		}
		runtime.Apply(op, v[:])
		for _, x := range v {
			of = append(of, to.Level(x*up))
		}
	}
	return of
}
