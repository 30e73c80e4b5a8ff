package onnx

import (
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// inputQuant says what the integers of an input stand for, if all that reads it says the same: DequantizeLinear, or an
// operator of the QOperator format. It is nil if they are read otherwise.
func (im *importer) inputQuant(p *port) *runtime.Quant {
	if p.typ != elemUint8 && p.typ != elemInt8 {
		return nil
	}
	var found *runtime.Quant
	readers := 0
	for _, n := range im.m.graph.nodes {
		for i, name := range n.in {
			if name != p.name {
				continue
			}
			q := im.readAs(n, i, p.typ)
			if q == nil || found != nil && *found != *q {
				return nil
			}
			found = q
			readers++
		}
	}
	if readers != im.uses[p.name] { // it is an output too
		return nil
	}
	return found
}

// readAs says what a node reads the integers of its input i as; nil if it is not by constants.
func (im *importer) readAs(n *node, i int, typ elem) *runtime.Quant {
	known := n.op == "DequantizeLinear" && i == 0 ||
		strings.HasPrefix(n.op, "QLinear") && n.op != "QLinearConcat" && i%3 == 0
	if !known || len(n.in) < i+2 {
		return nil
	}
	c := &call{im: im, n: n}
	for _, name := range n.in[:min(len(n.in), i+3)] {
		c.in = append(c.in, im.vals[name])
	}
	if slices.ContainsFunc(c.in[i+1:], func(v *value) bool { return v == nil || v.c == nil }) {
		return nil
	}
	p, err := c.params(i+1, i+2)
	if err != nil || p == nil || len(p.scale) != 1 || !normal(p.scale[0]) || p.typ != 0 && p.typ != typ {
		return nil
	}
	q, ok, err := c.quant(p, typ)
	if !ok || err != nil {
		return nil
	}
	return &q
}
