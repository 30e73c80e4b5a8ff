package quant

import (
	"context"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Correction of biases. What rounds and clips shifts the means of a layer's channels, and sums of many inputs add such
// shifts up. Layer after layer, each on what the quantised layers before it give, the mean of every channel over some
// inputs is brought back to that of the float graph, within the range of the levels: Nagel et al., "Data-free
// quantization through weight equalization and bias correction", 2019, section 4.2, with inputs in place of an
// estimate.

// correct changes the biases of the graph made; not of one that keeps states, which is no function of its inputs.
func (r *rewriter) correct() error {
	for _, n := range r.out.Nodes {
		switch n.Op.(type) {
		case *runtime.State, *runtime.Keep: // nodes alone cannot run
			return nil
		}
	}
	inputs := r.opts.correct.of
	means, err := r.means(inputs)
	if err != nil {
		return err
	}
	h := &holder{ctx: r.opts.correct.ctx, opts: r.opts.compile, inputs: inputs, of: map[*runtime.Value][]held{}}
	left, uses := 0, map[*runtime.Value]int{}
	for _, n := range r.out.Nodes {
		if means[n] != nil {
			left++
		}
		for _, v := range n.In {
			uses[v]++
		}
	}
	for _, v := range r.out.Inputs {
		h.hold(v)
	}
	for _, n := range r.out.Nodes {
		if left == 0 {
			break
		}
		if err := h.run(n); err != nil {
			return err
		}
		if want := means[n]; want != nil {
			left--
			r.report.Corrected++
			r.opts.progress(r.report.Corrected)
			if shift(n, want, h.means(n.Out)) {
				if err := h.run(n); err != nil {
					return err
				}
			}
		}
		for _, v := range n.In {
			if uses[v]--; uses[v] == 0 {
				delete(h.of, v)
			}
		}
	}
	return nil
}

// means are those of the levels that the float graph's convolutions would have, by channel.
func (r *rewriter) means(inputs [][]float32) (map[*runtime.Node][]float64, error) {
	run, err := newRunner(r.opts.correct.ctx, r.from, true, r.opts.compile)
	if err != nil {
		return nil, err
	}
	defer run.close()
	at := map[*runtime.Value]int{}
	for i, v := range run.values {
		at[v] = i
	}
	sums := map[*runtime.Node][]float64{}
	for _, in := range inputs {
		if err := run.run(r.opts.correct.ctx, in); err != nil {
			return nil, err
		}
		for _, n := range r.out.Nodes {
			q, ok := n.Op.(*runtime.QConv)
			old := r.made[n.Out]
			if !ok || old == nil {
				continue
			}
			if sums[n] == nil {
				sums[n] = make([]float64, q.K)
			}
			xs, f := run.float(at[old]), r.factors[old]
			share := float64(q.K) / float64(len(xs)) / float64(len(inputs))
			for c := range q.K {
				gain, middle := f.at(c)
				by, sum := float64(gain)/float64(q.Out.Scale), 0.0
				for i := c; i < len(xs); i += q.K {
					level := float64(q.Out.Zero) + (float64(xs[i])-float64(middle))*by
					sum += min(max(level, float64(q.Lo)), float64(q.Hi))
				}
				sums[n][c] += sum * share
			}
		}
	}
	return sums, nil
}

// shift adds to a convolution's biases what its channels' means lack, and reports whether any changes. A bias that
// would break the accumulator's bound stays.
func shift(n *runtime.Node, want, got []float64) (changed bool) {
	q := n.Op.(*runtime.QConv)
	each := len(q.Weights) / q.K
	for c := range q.K {
		unit := float64(n.In[0].Quant.Scale) * float64(q.WScale[c]) / float64(q.Out.Scale)
		by := math.RoundToEven((want[c] - got[c]) / unit)
		sum := int64(0)
		for _, w := range q.Weights[c*each:][:each] {
			sum += max(int64(w), -int64(w))
		}
		b := float64(q.Bias[c]) + by
		if by != 0 && math.Abs(b) <= math.MaxInt32 && kernels.SumFits(sum, int32(b)) {
			q.Bias[c], changed = int32(b), true
		}
	}
	return changed
}

// held is a value of one input, of its type.
type held struct {
	f []float32
	u []uint8
	w []int32
}

// holder runs the nodes of a graph one by one over several inputs.
type holder struct {
	ctx    context.Context
	opts   []runtime.Option
	inputs [][]float32
	of     map[*runtime.Value][]held
	at     int // of the graph's next input in each of inputs
}

// hold takes the numbers of the graph's next input.
func (h *holder) hold(v *runtime.Value) {
	n := v.Shape.Elements()
	for _, in := range h.inputs {
		in = in[h.at:][:n]
		x := held{f: in}
		if v.DType == runtime.I32 {
			x = held{w: make([]int32, n)}
			whole(x.w, in)
		}
		h.of[v] = append(h.of[v], x)
	}
	h.at += n
}

// run computes a node's value for all inputs.
func (h *holder) run(n *runtime.Node) error {
	g := runtime.NewGraph(n.Name)
	g.SetLimits(unlimited)
	to := map[*runtime.Value]*runtime.Value{}
	var from []*runtime.Value
	in := make([]*runtime.Value, len(n.In))
	for i, v := range n.In {
		if to[v] == nil {
			var err error
			if to[v], err = g.InputLike(v); err != nil {
				return err
			}
			from = append(from, v)
		}
		in[i] = to[v]
	}
	out, err := g.Add(n.Name, n.Op, in...)
	if err != nil {
		return err
	}
	if err := g.Output(out); err != nil {
		return err
	}
	plan, err := runtime.CompileContext(h.ctx, g, h.opts...)
	if err != nil {
		return err
	}
	s, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer s.Close()
	results := make([]held, len(h.inputs))
	for k := range h.inputs {
		for i, v := range from {
			x, t := h.of[v][k], s.Input(i)
			copy(t.Float32(), x.f)
			copy(t.Uint8(), x.u)
			copy(t.Int32(), x.w)
		}
		if err := s.RunContext(h.ctx); err != nil {
			return err
		}
		t := s.Output(0)
		results[k] = held{append([]float32(nil), t.Float32()...), append([]uint8(nil), t.Uint8()...),
			append([]int32(nil), t.Int32()...)}
	}
	h.of[n.Out] = results
	return nil
}

// means are those of a value's levels, by channel.
func (h *holder) means(v *runtime.Value) []float64 {
	m := make([]float64, v.Shape.C)
	n := 0
	for _, x := range h.of[v] {
		for i, q := range x.u {
			m[i%len(m)] += float64(q)
		}
		n += len(x.u) / len(m)
	}
	for c := range m {
		m[c] /= float64(max(n, 1))
	}
	return m
}
