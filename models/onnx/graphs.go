package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// scope is what names mean in one graph, or in one call of a function.
type scope struct {
	vals  map[string]*value
	uses  map[string]int  // by needed nodes and outputs
	nhwc  map[string]int  // of which lead to a transposition from [N H W C] to [N C H W], element by element
	own   map[string]bool // names that the graph itself defines; graphs in attributes must not
	attrs map[string]attr // of the call of a function; nil outside of one
}

func newScope() *scope {
	return &scope{vals: map[string]*value{}, uses: map[string]int{}, nhwc: map[string]int{}, own: map[string]bool{}}
}

// makers returns the node that makes each name of a graph, and refuses names that are defined twice.
func (g *graph) makers() (map[string]*node, error) {
	given := map[string]bool{}
	for _, p := range g.inputs {
		if given[p.name] {
			return nil, fmt.Errorf("two inputs %q: %w", p.name, runtime.ErrGraph)
		}
		given[p.name] = true
	}
	maker := map[string]*node{}
	for _, n := range g.nodes {
		for _, o := range n.out {
			if o == "" {
				continue
			}
			if maker[o] != nil || given[o] || g.inits[o] != nil {
				return nil, n.fault(fmt.Errorf("%q is made twice: %w", o, runtime.ErrGraph))
			}
			maker[o] = n
		}
	}
	return maker, nil
}

// reads are the names that a node reads, those that graphs in its attributes use among them.
func (n *node) reads() []string { return slices.Concat(n.in, n.captured) }

// ordered returns the nodes on which the outputs depend, each behind those that make what it reads: in the file's order
// if that is one. Every name of a graph must have one maker.
func (g *graph) ordered(outs []string) ([]*node, error) {
	maker, err := g.makers()
	if err != nil {
		return nil, err
	}
	need := map[*node]bool{}
	for stack := slices.Clone(outs); len(stack) > 0; {
		n := maker[stack[len(stack)-1]]
		if stack = stack[:len(stack)-1]; n != nil && !need[n] {
			need[n] = true
			stack = append(stack, n.reads()...)
		}
	}
	type visit struct {
		n    *node
		left []string // what it reads and was not looked at
	}
	var order []*node
	const open, done = 1, 2
	state := map[*node]int{}
	for _, n := range g.nodes {
		if !need[n] || state[n] != 0 {
			continue
		}
		state[n] = open
		for path := []visit{{n, n.reads()}}; len(path) > 0; {
			v := &path[len(path)-1]
			if len(v.left) == 0 {
				state[v.n] = done
				order = append(order, v.n)
				path = path[:len(path)-1]
				continue
			}
			m := maker[v.left[0]]
			v.left = v.left[1:]
			switch {
			case m == nil || state[m] == done:
			case state[m] == open:
				names := []string{}
				for i := slices.IndexFunc(path, func(v visit) bool { return v.n == m }); i < len(path); i++ {
					names = append(names, fmt.Sprintf("%q", path[i].n.label()))
				}
				if len(names) > 8 {
					names = append(names[:7], "…", names[len(names)-1])
				}
				return nil, m.fault(fmt.Errorf("nodes that wait for each other: %s: %w", strings.Join(names, " ← "),
					runtime.ErrGraph))
			default:
				state[m] = open
				path = append(path, visit{m, m.reads()})
			}
		}
	}
	return order, nil
}

// given are the names of a graph's outputs.
func (g *graph) given() (names []string) {
	for _, p := range g.outputs {
		names = append(names, p.name)
	}
	return names
}

// free are the names that a graph uses and does not define.
func (g *graph) free() []string {
	var names []string
	own := map[string]bool{"": true}
	for _, p := range g.inputs {
		own[p.name] = true
	}
	for name := range g.inits {
		own[name] = true
	}
	for _, n := range g.nodes {
		for _, o := range n.out {
			own[o] = true
		}
	}
	use := func(name string) {
		if !own[name] {
			own[name] = true
			names = append(names, name)
		}
	}
	for _, n := range g.nodes {
		for _, name := range n.reads() {
			use(name)
		}
	}
	for _, p := range g.outputs {
		use(p.name)
	}
	return names
}

// count counts how often each name is used by ordered nodes and outputs.
func (im *importer) count(order []*node, outs []string) {
	for _, o := range outs {
		im.uses[o]++
	}
	for _, n := range slices.Backward(order) {
		im.quantised = im.quantised || operators[n.op].quantises
		if im.leadsToImages(n) {
			for _, name := range n.in {
				im.nhwc[name]++
			}
		}
		for _, name := range n.reads() {
			if name != "" {
				im.uses[name]++
			}
		}
	}
}

// inline imports a graph in an attribute over values for its inputs, and returns those of its outputs. Its names are
// those of the graph around it, and its own.
func (im *importer) inline(g *graph, args []*value) ([]*value, error) {
	if len(g.inputs) != len(args) {
		return nil, fmt.Errorf("%d values for the %d inputs of its graph: %w", len(args), len(g.inputs), runtime.ErrGraph)
	}
	if err := im.enter(g); err != nil {
		return nil, err
	}
	defer im.leave()
	outs := g.given()
	order, err := g.ordered(outs)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, p := range g.inputs {
		names = append(names, p.name)
	}
	for name := range g.inits {
		names = append(names, name)
	}
	for _, n := range g.nodes {
		names = append(names, n.out...)
	}
	for _, name := range names {
		if im.own[name] {
			return nil, fmt.Errorf("%q is of the graph around it, and made again: %w", name, runtime.ErrGraph)
		}
		delete(im.vals, name) // of the graph of another node
		delete(im.uses, name)
		delete(im.nhwc, name)
	}
	im.count(order, outs)
	for name, t := range g.inits {
		if t.ext != nil {
			return nil, fmt.Errorf("initializer %q: %w", name, t.ext.missing())
		}
		im.vals[name] = constant(t)
	}
	for i, p := range g.inputs {
		im.vals[p.name] = renamed(args[i])
	}
	return im.body(order, outs)
}

// renamed is a value under a further name.
func renamed(v *value) *value {
	if v == nil {
		return nil
	}
	w := *v
	w.fresh, w.made = false, 0
	return &w
}

// body imports ordered nodes and returns the values of those names.
func (im *importer) body(order []*node, outs []string) ([]*value, error) {
	for _, n := range order {
		if err := im.follow(im.bound(n)); err != nil {
			return nil, fmt.Errorf("in it, %w", err)
		}
	}
	var vs []*value
	for _, name := range outs {
		v := im.vals[name]
		if v == nil {
			return nil, fmt.Errorf("nothing makes %q: %w", name, runtime.ErrGraph)
		}
		vs = append(vs, renamed(v))
	}
	return vs, nil
}

// enter and leave bound how deep graphs in attributes and functions call each other, and how much comes of it.
func (im *importer) enter(g *graph) error {
	if im.depth++; im.depth > maxDepth {
		return fmt.Errorf("graphs and functions in each other, more than %d deep: %w", maxDepth, runtime.ErrLimit)
	}
	most := 8 * im.cfg.limits.MaxNodes
	if im.entered += 1 + len(g.nodes) + len(g.inits) + len(g.inputs) + len(g.outputs); im.entered > most {
		return fmt.Errorf("graphs and functions of more than %d nodes in all: %w", most, runtime.ErrLimit)
	}
	return nil
}

func (im *importer) leave() { im.depth-- }

// bound returns a node of a function with the attributes of its call in place of references to them.
func (im *importer) bound(n *node) *node {
	if im.attrs == nil || !slices.ContainsFunc(n.attrs, func(a attr) bool { return a.ref != "" }) {
		return n
	}
	m := *n
	m.attrs = nil
	for _, a := range n.attrs {
		if a.ref == "" {
			m.attrs = append(m.attrs, a)
		} else if b, ok := im.attrs[a.ref]; ok { // else the call leaves it to its default
			b.name = a.name
			m.attrs = append(m.attrs, b)
		}
	}
	return &m
}

// function is a FunctionProto: an operator that the model defines.
type function struct {
	name, domain string
	opset        int64 // of the default domain; 0 if it uses none
	in, out      []string
	params       map[string]bool // names of attributes
	defaults     map[string]attr
	graph        *graph
}

func (d *decoder) function(b []byte, into map[string]*function) error {
	fn := &function{params: map[string]bool{}, defaults: map[string]attr{}, graph: &graph{}}
	err := wire.Each(b, func(f wire.Field) error {
		s, err := "", error(nil)
		switch f.Num {
		case 1, 4, 5, 6, 10:
			s, err = f.Str()
		case 7, 9, 11:
			_, err = f.Msg()
		}
		if err != nil {
			return err
		}
		if len(fn.in)+len(fn.out)+len(fn.params) > maxPorts {
			return fmt.Errorf("more than %d inputs and outputs: %w", maxPorts, runtime.ErrLimit)
		}
		switch f.Num {
		case 1:
			fn.name = s
		case 4:
			fn.in = append(fn.in, s)
		case 5:
			fn.out = append(fn.out, s)
		case 6:
			fn.params[s] = true
		case 7:
			n, err := d.node(f.Bytes)
			fn.graph.nodes = append(fn.graph.nodes, n)
			return err
		case 9:
			domain, version, err := decodeOpset(f.Bytes)
			if standard(domain) {
				fn.opset = version
			}
			return err
		case 10:
			fn.domain = s
		case 11:
			a, err := d.attr(f.Bytes)
			fn.params[a.name], fn.defaults[a.name] = true, a
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("function %q: %w", fn.name, err)
	}
	key := fn.domain + ":" + fn.name
	if into[key] != nil {
		return fmt.Errorf("two functions %q of the domain %q: %w", fn.name, fn.domain, runtime.ErrGraph)
	}
	if len(into) >= d.limits.MaxNodes {
		return fmt.Errorf("more than %d functions: %w", d.limits.MaxNodes, runtime.ErrLimit)
	}
	into[key] = fn
	return nil
}

// call imports the nodes of a function that a node calls.
func (c *call) function(fn *function) (*value, error) {
	im := c.im
	switch {
	case len(c.in) > len(fn.in) || len(c.n.out) > len(fn.out):
		return nil, fmt.Errorf("%d inputs and %d outputs of a function of %d and %d: %w", len(c.in), len(c.n.out),
			len(fn.in), len(fn.out), runtime.ErrGraph)
	case fn.opset != 0 && (fn.opset < MinOpset || fn.opset > MaxOpset):
		c.unsupported("a function of operator set %d; only %d to %d", fn.opset, MinOpset, MaxOpset)
		return nil, nil
	}
	inner := newScope()
	inner.attrs = map[string]attr{}
	for name, a := range fn.defaults {
		inner.attrs[name] = a
	}
	for _, a := range c.n.attrs {
		if !fn.params[a.name] {
			c.unsupported("its attribute %q", a.name)
			return nil, nil
		}
		inner.attrs[a.name] = a
	}
	g := *fn.graph
	for i, name := range fn.in {
		g.inputs = append(g.inputs, &port{name: name})
		inner.own[name] = true
		if inner.vals[name] = nil; i < len(c.in) { // nil: it is left out
			inner.vals[name] = renamed(c.in[i])
		}
	}
	for _, n := range g.nodes {
		for _, o := range n.out {
			inner.own[o] = true
		}
	}
	if err := im.enter(&g); err != nil {
		return nil, err
	}
	defer im.leave()
	outs := fn.out[:len(c.n.out)]
	order, err := g.ordered(outs)
	if err != nil {
		return nil, err
	}
	outer, opset := im.scope, im.m.opset
	defer func() { im.scope, im.m.opset = outer, opset }()
	if im.scope = inner; fn.opset != 0 {
		im.m.opset = fn.opset
	}
	im.count(order, outs)
	for i, name := range fn.in { // what else uses a value, uses it here too
		if i < len(c.in) && c.in[i] != nil {
			inner.uses[name] += outer.uses[c.n.in[i]] - 1
		}
	}
	vs, err := im.body(order, outs)
	if err != nil {
		return nil, err
	}
	c.more = vs[1:]
	return vs[0], nil
}
