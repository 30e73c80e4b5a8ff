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

// Channels is what calibration saw of each channel of a value.
type Channels struct {
	Min []float32 `json:"min"`
	Max []float32 `json:"max"`
}

// observe takes in values [pixels][channels].
func (c *Channels) observe(xs []float32, channels int) {
	if c.Min == nil {
		c.Min, c.Max = make([]float32, channels), make([]float32, channels)
	}
	for ; len(xs) >= channels && channels > 0; xs = xs[channels:] {
		for i, x := range xs[:channels] {
			c.Min[i], c.Max[i] = min(c.Min[i], x), max(c.Max[i], x)
		}
	}
}

// within narrows the range of each channel; nil if ranges of so many channels are not known.
func (c *Channels) within(channels int, narrow func(lo, hi float64) (float64, float64)) *Channels {
	if c == nil || len(c.Min) != channels || len(c.Max) != channels {
		return nil
	}
	n := &Channels{slices.Clone(c.Min), slices.Clone(c.Max)}
	for i := range n.Min {
		if narrow != nil {
			lo, hi := narrow(float64(n.Min[i]), float64(n.Max[i]))
			n.Min[i], n.Max[i] = float32(lo), float32(hi)
		}
	}
	return n
}

// sizes are the largest magnitudes.
func (c *Channels) sizes() []float64 {
	if c == nil {
		return nil
	}
	m := make([]float64, len(c.Min))
	for i := range m {
		m[i] = float64(max(-c.Min[i], c.Max[i]))
	}
	return m
}

const (
	unlikeFrom  = 4  // channels are unlike if the largest is so many times the median
	largestGain = 64 // a channel's levels become at most so many times as fine as they would be
)

// unlike reports whether channels of those sizes are worth to be equalised.
func (r *rewriter) unlike(sizes []float64) bool {
	if len(sizes) < 2 || r.opts.alike {
		return false
	}
	sorted := slices.Sorted(slices.Values(sizes))
	return sorted[len(sorted)-1] >= unlikeFrom*sorted[len(sorted)/2]
}

// gains are factors that bring all sizes to the largest, but for the bound.
func gains(sizes []float64) []float32 {
	most := slices.Max(sizes)
	g := make([]float32, len(sizes))
	for i, s := range sizes {
		g[i] = 1
		if most > 0 && !math.IsInf(most, 0) {
			g[i] = float32(most / max(s, most/largestGain))
		}
	}
	return g
}

// equalise chooses the factors of values, and their scales: of convolutions behind which a function stands alone, and
// of that function's results.
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
		if !ok || !r.u8[n] || c.Act.On || output[n.Out] || len(users[n.Out]) != 1 {
			continue
		}
		p := users[n.Out][0]
		if !runtime.Pointwise(p.Op) || !r.u8[p] && r.chains[p.Out] == nil {
			continue
		}
		before := s.Channels[n.Out.Name].within(c.K, func(lo, hi float64) (float64, float64) {
			return telling(p.Op, lo, hi)
		})
		if sizes := before.sizes(); r.unlike(sizes) && r.u8[p] {
			r.factor(n.Out, before, gains(sizes))
		} else {
			h := s.Values[n.Out.Name]
			lo, hi := minMax{}.Range(h)
			r.scales[n.Out] = quantOf(r.opts.observer.Range(h.within(telling(p.Op, lo, hi))))
		}
		after := s.Channels[p.Out.Name].within(c.K, nil)
		weights, ok := r.weightsOf(users[p.Out], c.K)
		if sizes := after.sizes(); ok && r.u8[p] && !output[p.Out] && r.unlike(sizes) {
			for i, w := range weights {
				sizes[i] = math.Sqrt(sizes[i] / max(w, 1./largestGain))
			}
			r.factor(p.Out, after, gains(sizes))
		}
	}
}

// factor multiplies a value's channels.
func (r *rewriter) factor(v *runtime.Value, c *Channels, factors []float32) {
	lo, hi := float32(0), float32(0)
	for i, f := range factors {
		lo, hi = min(lo, c.Min[i]*f), max(hi, c.Max[i]*f)
	}
	r.factors[v], r.scales[v] = factors, quantOf(float64(lo), float64(hi))
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

// scaled are a convolution's weights and biases for an input and an output whose channels have factors; nil stands for
// factors of 1.
func scaled(c *runtime.Conv, in, out []float32) (weights, bias []float32) {
	if in == nil && out == nil {
		return c.Weights, c.Bias
	}
	weights, bias = slices.Clone(c.Weights), slices.Clone(c.Bias)
	groups := max(c.Groups, 1)
	each := len(weights) / c.K
	for k := range c.K {
		w := weights[k*each:][:each]
		if in != nil {
			depth := len(in) / groups
			of := in[k/(c.K/groups)*depth:][:depth]
			for i := range w {
				w[i] /= of[i%depth]
			}
		}
		if out != nil {
			for i := range w {
				w[i] *= out[k]
			}
			if bias != nil {
				bias[k] *= out[k]
			}
		}
	}
	return weights, bias
}

// tables are those of a function whose input's channels have factors f, and its output's g; nil stands for factors of
// 1. They are float32 operations in this order, so that they are the same bytes wherever a graph is quantised.
func tables(from, to runtime.Quant, f, g []float32, op runtime.Op, channels int) []uint8 {
	of := make([]uint8, 0, 256*channels)
	for c := range channels {
		down, up := float32(1), float32(1)
		if f != nil {
			down = f[c]
		}
		if g != nil {
			up = g[c]
		}
		var v [256]float32
		for q := range v {
			v[q] = float32(float32(q-int(from.Zero))*from.Scale) / down
		}
		runtime.Apply(op, v[:])
		for _, x := range v {
			of = append(of, to.Level(x*up))
		}
	}
	return of
}
