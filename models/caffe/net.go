package caffe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// net is a network description for inference: the layers of the TEST phase, each bottom bound to what makes it.
type net struct {
	name   string
	layers []*layer
	inputs map[string][]int // dimensions of the legacy "input" blobs
}

// layer is one layer, V1 or V2.
type layer struct {
	name, typ   string
	bottom, top []string
	msg         *message
	in          []ref // who makes each bottom; layer −1 if nobody does

	more []*axes.Tensor // tops after the first, of a layer that has several
}

// fault is the error of a layer, for a reason.
func (l *layer) fault(reason error) error {
	return &runtime.NodeError{Node: l.name, Op: l.typ, Err: reason}
}

// ref is a blob at one moment: the top of a layer. Blobs change in place, so that their names are not enough.
type ref struct{ layer, top int }

// readNet interprets a NetParameter.
func readNet(m *message, maxLayers int) (*net, error) {
	n := &net{name: m.str("name", ""), inputs: map[string][]int{}}
	msgs, v1 := m.subs("layer"), false
	if len(msgs) == 0 {
		msgs, v1 = m.subs("layers"), true
	}
	if len(msgs) > maxLayers {
		return nil, fmt.Errorf("%d layers, at most %d: %w", len(msgs), maxLayers, runtime.ErrLimit)
	}
	if err := n.legacyInputs(m); err != nil {
		return nil, err
	}
	var spare []*layer // data layers of the other phase
	for i, lm := range msgs {
		l := &layer{name: lm.str("name", ""), typ: lm.str("type", ""), bottom: lm.strs("bottom"), top: lm.strs("top"),
			msg: lm}
		if v1 {
			if lm.sub("layer") != nil || lm.strs("v0") != nil {
				return nil, fmt.Errorf("layer %d is of the V0 format of 2013; convert it with Caffe's upgrade_net_proto_text: %w",
					i, runtime.ErrCorrupt)
			}
			if t, ok := v2Type[l.typ]; ok {
				l.typ = t
			}
		}
		if l.name == "" {
			l.name = fmt.Sprintf("layer %d", i)
		}
		in, err := inTest(lm)
		switch {
		case err != nil:
			return nil, l.fault(err)
		case in:
			n.layers = append(n.layers, l)
		case isData(l.typ):
			spare = append(spare, l)
		}
	}
	n.adopt(spare)
	n.bind()
	return n, nil
}

// legacyInputs reads the input, input_dim and input_shape fields and makes an Input layer for each.
func (n *net) legacyInputs(m *message) error {
	r := reader{message: m}
	dims := r.sizes("input_dim")
	shapes := m.subs("input_shape")
	for i, name := range m.strs("input") {
		var d []int
		switch {
		case len(shapes) > 0:
			s := reader{message: shapes[min(i, len(shapes)-1)]}
			d = s.sizes("dim")
			r.fail(s.err)
		case len(dims) >= 4*(i+1):
			d = dims[4*i : 4*i+4]
		}
		n.inputs[name] = d
		n.layers = append(n.layers, &layer{name: name, typ: "Input", top: []string{name}})
	}
	if r.err != nil {
		return fmt.Errorf("input: %w", r.err)
	}
	return nil
}

// inTest reports whether a layer's rules admit it to the TEST phase at level 0 without stages.
func inTest(m *message) (bool, error) {
	include, exclude := m.subs("include"), m.subs("exclude")
	match := func(rules []*message) (bool, error) {
		for _, rm := range rules {
			r := reader{message: rm}
			ok := r.str("phase", "TEST") == "TEST" && r.int("min_level", 0) <= 0 && r.int("max_level", 0) >= 0 && !r.has("stage")
			if r.err != nil || ok {
				return ok, r.err
			}
		}
		return false, nil
	}
	if len(include) > 0 {
		return match(include)
	}
	out, err := match(exclude)
	return !out, err
}

// adopt takes data layers of the training phase for blobs that nothing else makes: a snapshot of a training run has
// no others.
func (n *net) adopt(spare []*layer) {
	made := map[string]bool{}
	for _, l := range n.layers {
		for _, t := range l.top {
			made[t] = true
		}
	}
	for _, l := range spare {
		if len(l.top) > 0 && !made[l.top[0]] {
			made[l.top[0]] = true
			n.layers = slices.Insert(n.layers, 0, l)
		}
	}
}

// bind finds the maker of every bottom.
func (n *net) bind() {
	last := map[string]ref{}
	for i, l := range n.layers {
		for _, b := range l.bottom {
			r, ok := last[b]
			if !ok {
				r = ref{-1, 0}
			}
			l.in = append(l.in, r)
		}
		for t, name := range l.top {
			last[name] = ref{i, t}
		}
	}
}

// isData reports whether a layer type feeds the network.
func isData(typ string) bool {
	return typ == "Input" || strings.HasSuffix(typ, "Data")
}

// isSink reports whether a layer type serves training only, and whether it is a loss.
func isSink(typ string) (sink, loss bool) {
	loss = strings.HasSuffix(typ, "Loss") || typ == "SoftmaxWithLoss"
	return loss || typ == "Accuracy" || typ == "Silence" || strings.HasSuffix(typ, "Output") && typ != "DetectionOutput",
		loss
}

// output is a blob that the graph gives, by way of a Softmax if a loss had one.
type output struct {
	ref
	softmax string // name of the Softmax to add, or ""
}

// outputs chooses what the network is for: the tops that no layer consumes. A training network has only losses there;
// then it is the input of the heaviest loss, or of the last among equals, which leaves auxiliary heads out.
func (n *net) outputs() ([]output, error) {
	consumed := map[ref]bool{}
	for _, l := range n.layers {
		for _, r := range l.in {
			consumed[r] = true
		}
	}
	var outs []output
	var head *layer
	var weight float32
	for i, l := range n.layers {
		sink, loss := isSink(l.typ)
		switch {
		case isData(l.typ):
		case !sink:
			for t := range l.top {
				if r := (ref{i, t}); !consumed[r] && (t == 0 || l.typ == "Slice") {
					outs = append(outs, output{ref: r})
				}
			}
		case len(l.in) == 0 || l.in[0].layer < 0 || l.typ == "Silence":
		default:
			r := reader{message: l.msg}
			w := r.float("loss_weight", 1)
			if !loss {
				w = -1 // an accuracy tells the output only if there is no loss
			}
			if r.err != nil {
				return nil, l.fault(r.err)
			}
			if head == nil || w >= weight {
				head, weight = l, w
			}
		}
	}
	switch {
	case len(outs) > 0:
		return outs, nil
	case head == nil:
		return nil, fmt.Errorf("the network has no output: %w", runtime.ErrGraph)
	case head.typ == "SoftmaxWithLoss":
		return []output{{head.in[0], head.name}}, nil
	}
	return []output{{ref: head.in[0]}}, nil
}

// names are those of all blobs and layers.
func (n *net) names() []string {
	var names []string
	for _, l := range n.layers {
		names = append(append(names, l.name), l.top...)
	}
	return names
}

// named finds the last state of the blobs, or the first tops of the layers, of these names.
func (n *net) named(names []string) ([]output, error) {
	var outs []output
	for _, name := range names {
		found := ref{-1, 0}
		for i, l := range n.layers {
			if t := slices.Index(l.top, name); t >= 0 {
				found = ref{i, t}
			} else if l.name == name && len(l.top) > 0 {
				found = ref{i, 0}
			}
		}
		if found.layer < 0 {
			return nil, fmt.Errorf("the network has no blob or layer %q to give as output%s: %w", name,
				alike.Hint(name, n.names()), runtime.ErrGraph)
		}
		outs = append(outs, output{ref: found})
	}
	return outs, nil
}

// needed marks the layers on which the outputs depend. It fails on one whose bottom nobody makes.
func (n *net) needed(outs []output) ([]bool, error) {
	need := make([]bool, len(n.layers))
	for _, o := range outs {
		need[o.layer] = true
	}
	for i := len(n.layers) - 1; i >= 0; i-- {
		if !need[i] {
			continue
		}
		l := n.layers[i]
		for j, r := range l.in {
			if r.layer < 0 {
				return nil, l.fault(fmt.Errorf("no layer before it makes its bottom %q: %w", l.bottom[j], runtime.ErrGraph))
			}
			need[r.layer] = true
		}
	}
	return need, nil
}
