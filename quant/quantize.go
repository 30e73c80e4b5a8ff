package quant

import (
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Quantize turns a float graph into one whose layers work on uint8, with scales that follow from the statistics of
// [Calibrate]. Inputs and outputs keep their types. What has no quantised form, and what [WithFloat] names, stays float
// between a Dequantize and a Quantize; the report says what and how. The graph given is not changed.
func Quantize(g *runtime.Graph, s *Stats, opts ...Option) (*runtime.Graph, *Report, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, nil, err
	}
	if g, err = prepare(g); err != nil {
		return nil, nil, err
	}
	if o.correct != nil {
		if err := o.correct.read(g); err != nil {
			return nil, nil, err
		}
	}
	if o.choose != nil && !o.alike {
		return choose(g, s, &o)
	}
	r, err := plan(g, s, &o, unlikeFrom)
	if err != nil {
		return nil, nil, err
	}
	if err := r.finish(); err != nil {
		return nil, nil, err
	}
	return r.out, r.report, nil
}

// plan chooses what works on uint8, scales and factors. Channels are unlike from that ratio on.
func plan(g *runtime.Graph, s *Stats, o *options, unlikeFrom float64) (r *rewriter, err error) {
	r = &rewriter{from: g, opts: o, out: runtime.NewGraphLike(g), asFloat: map[*runtime.Value]*runtime.Value{},
		asU8: map[*runtime.Value]*runtime.Value{}, names: map[string]bool{}, factors: map[*runtime.Value]*factors{},
		made: map[*runtime.Value]*runtime.Value{}, unlikeFrom: unlikeFrom, last: lastNodes(g),
		report: &Report{Graph: g.Name, Observer: o.observer.String()}}
	r.out.SetLimits(unlimited)
	apart := map[*runtime.Node]bool{}
	for more := true; more; more = r.part(s, apart) {
		r.decide(apart)
		if r.scales, err = chooseScales(g, r.u8, s, o.observer); err != nil {
			return nil, err
		}
	}
	r.equalise(s)
	return r, nil
}

// finish makes the graph that was planned, and corrects it if asked.
func (r *rewriter) finish() error {
	if err := r.rewrite(); err != nil {
		return err
	}
	if r.opts.correct != nil {
		if err := r.correct(); err != nil {
			return err
		}
	}
	r.report.finish(r.out)
	return nil
}

// rewriter copies a graph node by node into a quantised one. A value may exist there as float, as uint8 or both;
// conversions are added when first asked for.
type rewriter struct {
	from, out     *runtime.Graph
	opts          *options
	last          map[*runtime.Node]bool   // nodes behind the last layers with weights
	u8            map[*runtime.Node]bool   // nodes that work on uint8
	why           map[*runtime.Node]string // why the others do not
	chains        map[*runtime.Value]*chain
	scales        map[*runtime.Value]runtime.Quant
	factors       map[*runtime.Value]*factors       // of what is uint8 by channel
	asFloat, asU8 map[*runtime.Value]*runtime.Value // old value → new value; asFloat has whole numbers as they are
	made          map[*runtime.Value]*runtime.Value // new value of bytes → old value
	names         map[string]bool
	unlikeFrom    float64 // see unlike
	report        *Report
}

// Why layers stay float.
const (
	reasonAsked  = "asked for"
	reasonNoForm = "it has no form on uint8"
	reasonInputs = "it moves float values"
	reasonKept   = "it loses most on levels"
	reasonLast   = "no layer with weights follows"

	reasonBlurred = "one scale would blur its parts"
)

// decide chooses the nodes that work on uint8: all that compute, and those that pass bytes on if all of their inputs
// are made as uint8, or all that use them want it; else they stay float, which loses nothing. Functions and arithmetic
// behind the last layer with weights give floats: there they make scores and boxes, which a scale of 256 levels would
// blur. Functions of what is made as uint8 are tables of numbers there. Joins there pass bytes on, but for those apart.
func (r *rewriter) decide(apart map[*runtime.Node]bool) {
	r.u8, r.why, r.chains = map[*runtime.Node]bool{}, map[*runtime.Node]string{}, map[*runtime.Value]*chain{}
	for _, n := range r.from.Nodes {
		form := runtime.FormOf(n.Op)
		switch {
		case r.opts.staysFloat(n):
			r.why[n] = reasonAsked
		case apart[n]:
			r.why[n] = reasonBlurred
		case r.last[n] && (form == runtime.Wrapped && elementwise(n.Op) || joins(n.Op)):
			r.why[n] = reasonLast
		case form == runtime.Wrapped || form == runtime.Rewritten:
			r.u8[n] = true
		case form == runtime.Kept:
			r.why[n] = reasonKept
		case form == runtime.Moves:
			r.why[n] = reasonInputs
		default:
			r.why[n] = reasonNoForm
		}
	}
	wanted := r.wanted()
	native := map[*runtime.Value]bool{} // made as uint8
	for _, n := range r.from.Nodes {
		switch bytes := !slices.ContainsFunc(n.In, func(v *runtime.Value) bool { return !native[v] }); r.why[n] {
		case reasonInputs:
			r.u8[n] = bytes || wanted[n.Out]
		case reasonLast:
			r.u8[n] = bytes && joins(n.Op)
		}
		_, fc := n.Op.(*runtime.FC)
		native[n.Out] = r.u8[n] && !fc
		if r.why[n] != reasonLast || !runtime.Pointwise(n.Op) {
			continue
		}
		if c := r.chains[n.In[0]]; c != nil && len(c.ops) < maxChain {
			r.chains[n.Out] = &chain{n, c.from, append(slices.Clone(c.ops), n.Op)}
		} else if native[n.In[0]] {
			r.chains[n.Out] = &chain{n, n.In[0], []runtime.Op{n.Op}}
		}
	}
}

// maxChain bounds the functions that one table stands for.
const maxChain = 8

// chain is how a float value follows from one that is made as uint8, by functions of single elements.
type chain struct {
	last *runtime.Node
	from *runtime.Value
	ops  []runtime.Op
}

// wanted are the values that are used as uint8 and by nothing else, near or behind nodes that pass them on.
func (r *rewriter) wanted() map[*runtime.Value]bool {
	wanted, other := map[*runtime.Value]bool{}, map[*runtime.Value]bool{}
	for _, v := range r.from.Outputs {
		other[v] = true
	}
	for _, n := range slices.Backward(r.from.Nodes) {
		passes := r.why[n] == reasonInputs && wanted[n.Out] && !other[n.Out]
		for _, v := range n.In {
			if r.u8[n] || passes {
				wanted[v] = true
			} else {
				other[v] = true
			}
		}
	}
	for v := range other {
		delete(wanted, v)
	}
	return wanted
}

// elementwise reports whether an operation is a function or arithmetic of single elements. Sums of two values are not
// counted: they join branches.
func elementwise(op runtime.Op) bool {
	switch op.(type) {
	case *runtime.Curve, *runtime.Binary, *runtime.Activation:
		return true
	}
	return false
}

// lastNodes are those whose results no layer with weights uses, near or far.
func lastNodes(g *runtime.Graph) map[*runtime.Node]bool {
	used, last := map[*runtime.Value]bool{}, map[*runtime.Node]bool{}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		last[n] = !used[n.Out]
		if !last[n] || runtime.FormOf(n.Op) == runtime.Rewritten {
			for _, v := range n.In {
				used[v] = true
			}
		}
	}
	return last
}

func (r *rewriter) rewrite() error {
	for _, n := range r.from.Nodes {
		r.names[n.Name] = true
	}
	for _, v := range r.from.Inputs {
		r.names[v.Name] = true
	}
	for _, v := range r.from.Inputs {
		in, err := r.out.InputLike(v)
		if err != nil {
			return err
		}
		r.asFloat[v] = in
	}
	for _, n := range r.from.Nodes {
		if err := r.node(n); err != nil {
			return err
		}
	}
	for _, v := range r.from.Outputs {
		out, err := r.float(v)
		if err != nil {
			return err
		}
		if err := r.named(out, v); err != nil {
			return err
		}
		if err := r.out.OutputLike(out, v); err != nil {
			return err
		}
	}
	return nil
}

// named gives an output the name that it has in the float graph, where its levels took that.
func (r *rewriter) named(out, v *runtime.Value) error {
	levels := r.asU8[v]
	if out.Name == v.Name || levels == nil || levels.Name != v.Name {
		return nil
	}
	if err := r.out.Rename(levels, r.unused(v.Name+"/quantised")); err != nil {
		return err
	}
	return r.out.Rename(out, v.Name)
}

// float returns an old value as float.
func (r *rewriter) float(v *runtime.Value) (f *runtime.Value, err error) {
	if f := r.asFloat[v]; f != nil {
		return f, nil
	}
	if c := r.chains[v]; c != nil {
		f, err = r.out.Add(c.last.Name, &runtime.Lookup{Of: c.ops}, r.asU8[c.from])
	} else {
		f, err = r.out.Add(r.unused(v.Name+"/float"), &runtime.Dequantize{}, r.asU8[v])
	}
	r.asFloat[v] = f
	return f, err
}

// uint8 returns an old value as uint8.
func (r *rewriter) uint8(v *runtime.Value) (*runtime.Value, error) {
	if u := r.asU8[v]; u != nil {
		return u, nil
	}
	f, err := r.float(v)
	if err != nil {
		return nil, err
	}
	u, err := r.out.Add(r.unused(v.Name+"/uint8"), &runtime.Quantize{To: r.scales[v]}, f)
	r.asU8[v] = u
	return u, err
}

// unused returns a name that no node bears yet.
func (r *rewriter) unused(name string) string {
	for r.names[name] {
		name += "_"
	}
	r.names[name] = true
	return name
}

func (r *rewriter) node(n *runtime.Node) error {
	if r.chains[n.Out] != nil { // a table, once it is asked for
		r.report.add(n, runtime.Quant{}, Layer{})
		return nil
	}
	convert := r.float
	if r.u8[n] {
		convert = r.uint8
	}
	in := make([]*runtime.Value, len(n.In))
	for i, v := range n.In {
		var err error
		if in[i], err = convert(v); err != nil {
			return err
		}
	}
	if !r.u8[n] {
		out, err := r.out.Add(n.Name, n.Op, in...)
		r.asFloat[n.Out] = out
		r.report.add(n, runtime.Quant{}, Layer{Float: true, Reason: r.why[n]})
		return err
	}
	to := r.scales[n.Out]
	switch op := n.Op.(type) {
	case *runtime.Conv:
		lo, hi := op.Act.Levels(to)
		weights, bias := scaled(op, r.factors[n.In[0]], r.factors[n.Out])
		q, err := quantiseWeights(weights, bias, op.K, in[0].Quant.Scale, to.Scale)
		if err != nil {
			return n.Fault(err)
		}
		r.report.add(n, to, Layer{WeightSQNR: q.sqnr, Equalised: r.factors[n.Out] != nil})
		return r.addU8(n, &runtime.QConv{Window: op.Window, K: op.K, Groups: op.Groups, Weights: q.weights, WScale: q.scale,
			Bias: q.bias, Out: to, Lo: lo, Hi: hi}, in)
	case *runtime.FC:
		return r.fullyConnected(n, op, in[0])
	}
	f, g := r.factors[n.In[0]], r.factors[n.Out]
	r.report.add(n, to, Layer{Equalised: g != nil})
	if f != nil || g != nil {
		return r.addU8(n, &runtime.Table{Of: tables(in[0].Quant, to, f, g, n.Op, n.Out.Shape.C), Out: to}, in)
	}
	if runtime.FormOf(n.Op) == runtime.Wrapped {
		return r.addU8(n, &runtime.Quantised{Op: n.Op, Out: to}, in)
	}
	return r.addU8(n, n.Op, in) // moves bytes
}

// addU8 adds a node that makes bytes. One whose channels have factors bears another name: its numbers are not those of
// the float graph.
func (r *rewriter) addU8(n *runtime.Node, op runtime.Op, in []*runtime.Value) error {
	name := n.Name
	if r.factors[n.Out] != nil {
		name = r.unused(name + "/equalised")
	}
	out, err := r.out.Add(name, op, in...)
	r.asU8[n.Out], r.made[out] = out, n.Out
	return err
}

// fullyConnected adds a QFC, whose output is float, and its activation behind it, which then bears the layer's name.
func (r *rewriter) fullyConnected(n *runtime.Node, op *runtime.FC, in *runtime.Value) error {
	q, err := quantiseWeights(op.Weights, op.Bias, op.K, in.Quant.Scale, 1)
	if err != nil {
		return n.Fault(err)
	}
	r.report.add(n, runtime.Quant{}, Layer{WeightSQNR: q.sqnr})
	name := n.Name
	if op.Act.On {
		name = r.unused(name + "/sum")
	}
	out, err := r.out.Add(name, &runtime.QFC{K: op.K, Weights: q.weights, WScale: q.scale, Bias: q.bias}, in)
	if err == nil && op.Act.On {
		out, err = r.out.Add(n.Name, &runtime.Activation{Act: op.Act}, out)
	}
	r.asFloat[n.Out] = out
	return err
}
