package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// model is a ModelProto, as far as it is used.
type model struct {
	opset     int64    // of the default domain; 0 if not given
	domains   []string // of operators, that are imported
	producer  string
	doc       string
	props     map[string]string // metadata_props
	graph     *graph
	functions map[string]*function // by domain and name
}

// graph is a GraphProto.
type graph struct {
	name            string
	nodes           []*node
	inits           map[string]*tensor
	inputs, outputs []*port
}

// port is a ValueInfoProto. dims are −1 where they are open; nil if the file does not give a shape.
type port struct {
	name   string
	typ    elem
	dims   []int
	params []string // of each dimension; "" where it has none
}

// node is a NodeProto. Attributes stay encoded until they are asked for.
type node struct {
	name, op, domain string
	in, out          []string
	attrs            []attr
	captured         []string // names of the graphs around it that graphs in its attributes use
}

// attr is an AttributeProto.
type attr struct {
	name string
	raw  []byte
	body *graph // of a graph's attribute
	ref  string // the attribute of a function that it stands for
}

// label names a node for people; names are optional in ONNX.
func (n *node) label() string {
	for _, name := range append([]string{n.name}, n.out...) {
		if name != "" {
			return name
		}
	}
	return ""
}

// find returns an attribute's encoding, or nil.
func (n *node) find(name string) []byte {
	for _, a := range n.attrs {
		if a.name == name {
			return a.raw
		}
	}
	return nil
}

// fault is the error of a node, for a reason.
func (n *node) fault(reason error) error {
	return &runtime.NodeError{Node: n.label(), Op: n.op, Err: reason}
}

// Bounds on what one message may repeat, so that a few bytes each do not grow into much memory.
const (
	maxAttrs  = 64
	maxRank   = 16
	maxPorts  = 4096
	maxList   = 1 << 16 // numbers in an attribute
	maxFaults = 16      // nodes that do not fit, until no more are looked for
	maxDepth  = 16      // graphs in attributes, and functions in functions
)

// decoder reads a model within limits.
type decoder struct {
	limits       runtime.Limits
	nodes, inits int // of all graphs and functions
	depth        int // of graphs in attributes
}

func decodeModel(b []byte, l runtime.Limits) (*model, error) {
	m := &model{functions: map[string]*function{}, props: map[string]string{}}
	d := &decoder{limits: l}
	err := wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 2:
			m.producer, err = f.Str()
		case 6:
			m.doc, err = f.Str()
		case 7, 8, 14, 25:
			var raw []byte
			if raw, err = f.Msg(); err != nil {
				return err
			}
			switch f.Num {
			case 7:
				m.graph, err = d.graph(raw)
			case 8:
				err = m.decodeOpset(raw)
			case 14:
				err = m.decodeProp(raw)
			case 25:
				err = d.function(raw, m.functions)
			}
		}
		return err
	})
	if err == nil && m.graph == nil {
		err = fmt.Errorf("no graph in it: %w", runtime.ErrCorrupt)
	}
	return m, err
}

func (m *model) decodeOpset(b []byte) error {
	domain, version, err := decodeOpset(b)
	if standard(domain) {
		m.opset = version
	}
	if len(m.domains) < maxAttrs {
		m.domains = append(m.domains, domain)
	}
	return err
}

// standard reports whether a domain is that of ONNX's own operators.
func standard(domain string) bool { return domain == "" || domain == "ai.onnx" }

// decodeOpset decodes an OperatorSetIdProto.
func decodeOpset(b []byte) (domain string, version int64, err error) {
	err = wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			domain, err = f.Str()
		case 2:
			version, err = f.Varint()
		}
		return err
	})
	return domain, version, err
}

func (d *decoder) graph(b []byte) (*graph, error) {
	g, l := &graph{inits: map[string]*tensor{}}, d.limits
	err := wire.Each(b, func(f wire.Field) error {
		switch f.Num {
		case 1, 5, 11, 12, 15: // messages
		case 2:
			var err error
			g.name, err = f.Str()
			return err
		default:
			return nil
		}
		raw, err := f.Msg()
		if err != nil {
			return err
		}
		switch f.Num {
		case 1:
			n, err := d.node(raw)
			if err != nil {
				return fmt.Errorf("node %d: %w", len(g.nodes), err)
			}
			g.nodes = append(g.nodes, n)
		case 5:
			if d.inits++; d.inits > 8*l.MaxNodes {
				return fmt.Errorf("more than %d initializers: %w", 8*l.MaxNodes, runtime.ErrLimit)
			}
			t, err := decodeTensor(raw)
			if err != nil {
				return fmt.Errorf("initializer %q: %w", t.name, err)
			}
			g.inits[t.name] = t
		case 11, 12:
			p, err := decodePort(raw)
			if err != nil {
				return fmt.Errorf("input or output %q: %w", p.name, err)
			}
			ps, most := &g.inputs, 8*l.MaxNodes // initializers may be among them
			if f.Num == 12 {
				ps, most = &g.outputs, l.MaxNodes
			}
			if len(*ps) >= most {
				return fmt.Errorf("more than %d inputs or outputs: %w", most, runtime.ErrLimit)
			}
			*ps = append(*ps, p)
		case 15:
			return fmt.Errorf("sparse initializers are not supported; store the weights dense: %w", runtime.ErrCorrupt)
		}
		return nil
	})
	return g, err
}

func (d *decoder) node(b []byte) (*node, error) {
	if d.nodes++; d.nodes > 4*d.limits.MaxNodes { // many of them are constants, and are no nodes of ours
		return nil, fmt.Errorf("more than %d nodes: %w", 4*d.limits.MaxNodes, runtime.ErrLimit)
	}
	n := &node{}
	err := wire.Each(b, func(f wire.Field) error {
		var dst *string
		switch f.Num {
		case 1, 2:
			s, err := f.Str()
			if len(n.in)+len(n.out) >= maxPorts {
				return fmt.Errorf("more than %d inputs and outputs: %w", maxPorts, runtime.ErrLimit)
			}
			if f.Num == 1 {
				n.in = append(n.in, s)
			} else {
				n.out = append(n.out, s)
			}
			return err
		case 3:
			dst = &n.name
		case 4:
			dst = &n.op
		case 7:
			dst = &n.domain
		case 5:
			raw, err := f.Msg()
			if err != nil {
				return err
			}
			if len(n.attrs) >= maxAttrs {
				return fmt.Errorf("more than %d attributes: %w", maxAttrs, runtime.ErrLimit)
			}
			a, err := d.attr(raw)
			n.attrs = append(n.attrs, a)
			if a.body != nil {
				n.captured = append(n.captured, a.body.free()...)
			}
			return err
		default:
			return nil
		}
		s, err := f.Str()
		*dst = s
		return err
	})
	return n, err
}

func (d *decoder) attr(raw []byte) (attr, error) {
	a := attr{raw: raw}
	err := wire.Each(raw, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			a.name, err = f.Str()
		case 21:
			a.ref, err = f.Str()
		case 6, 11: // a graph, or one of several
			var b []byte
			if b, err = f.Msg(); err != nil {
				return err
			}
			if f.Num == 11 || a.body != nil {
				return fmt.Errorf("attribute %q: several graphs: %w", a.name, runtime.ErrCorrupt)
			}
			if d.depth++; d.depth > maxDepth {
				return fmt.Errorf("graphs in attributes, %d deep: %w", d.depth, runtime.ErrLimit)
			}
			a.body, err = d.graph(b)
			d.depth--
		}
		return err
	})
	return a, err
}

func decodePort(b []byte) (*port, error) {
	p := &port{}
	err := wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			p.name, err = f.Str()
		case 2: // TypeProto
			err = within(f, 1, func(f wire.Field) error { // Tensor
				switch f.Num {
				case 1:
					v, err := f.Varint()
					p.typ = elem(v)
					return err
				case 2: // TensorShapeProto
					p.dims, p.params = []int{}, nil
					return within(f, 1, func(f wire.Field) error { return nil }, func(raw []byte) error {
						d, param := -1, ""
						err := wire.Each(raw, func(f wire.Field) (err error) {
							if f.Num == 2 {
								param, err = f.Str()
							}
							if f.Num != 1 {
								return err
							}
							v, err := f.Varint()
							if err == nil && v > math.MaxInt32 {
								err = fmt.Errorf("dimension %d: %w", v, runtime.ErrLimit)
							}
							if d = int(v); v < 1 { // 0 is how some exporters write an open dimension
								d = -1
							}
							return err
						})
						if len(p.dims) >= maxRank {
							return fmt.Errorf("more than %d dimensions: %w", maxRank, runtime.ErrLimit)
						}
						p.dims, p.params = append(p.dims, d), append(p.params, param)
						return err
					})
				}
				return nil
			})
		}
		return err
	})
	return p, err
}

// within opens the message in f and, for each of its fields num, either walks into it with each or gives it to whole.
func within(f wire.Field, num int, each func(wire.Field) error, whole ...func([]byte) error) error {
	raw, err := f.Msg()
	if err != nil {
		return err
	}
	return wire.Each(raw, func(f wire.Field) error {
		if f.Num != num {
			return nil
		}
		raw, err := f.Msg()
		if err != nil {
			return err
		}
		if len(whole) > 0 {
			return whole[0](raw)
		}
		return wire.Each(raw, each)
	})
}
