package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Expressions of constants are computed at import: how exporters write shapes, and what they do to weights. A folder
// computes a node whose inputs are all constants, of any type and rank; the result of each element is computed in
// float64 or int64 and rounded once to the type.

// folder computes a node of constants and returns its outputs.
type folder func(f *folding) ([]*tensor, error)

// folded is all that folding knows of an operator.
type folded struct {
	fold  folder
	heeds string // as of operator
}

// folders are all operators of constants that are computed, once they are registered.
var folders = map[string]folded{}

// foldable notes folders of one form, as register does handlers.
func foldable(heeds string, fold folder, names ...string) {
	for _, name := range names {
		if folders[name].fold != nil {
			panic(fmt.Sprintf("onnx: two folders of %s", name))
		}
		folders[name] = folded{fold, heeds}
	}
}

// folding is the computation of one node of constants.
type folding struct {
	*call
	in []*tensor // nil for an optional input left out
}

// errNoFold is a form of a node that is not computed; it is noted as unsupported.
type errNoFold string

func (e errNoFold) Error() string { return string(e) }

func refuse(format string, args ...any) error { return errNoFold(fmt.Sprintf(format, args...)) }

// foldable reports whether a node can be computed now: all its inputs are constants whose elements are read.
func (c *call) foldable() bool {
	if folders[c.n.op].fold == nil || !standard(c.n.domain) {
		return false
	}
	if len(c.in) == 0 {
		return c.n.op != "Constant"
	}
	some := false
	for _, v := range c.in {
		if v == nil {
			continue
		}
		if some = true; v.c == nil || v.c.typ.size() == 0 {
			return false
		}
	}
	return some
}

// fold computes the node.
func (c *call) fold() (*value, error) {
	f := &folding{call: c, in: make([]*tensor, len(c.in))}
	read := 0
	for i, v := range c.in {
		if v != nil {
			f.in[i] = v.c
			read += v.c.elements()
		}
	}
	if err := f.spend(read); err != nil {
		return nil, err
	}
	outs, err := folders[c.n.op].fold(f)
	if c.err != nil {
		err = c.err
	}
	if no, ok := err.(errNoFold); ok {
		c.unsupported("%s", string(no))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for i, v := range c.in { // what was made for this node alone is given back
		if v != nil && v.made > 0 && c.im.uses[c.n.in[i]] == 1 && !slices.Contains(outs, v.c) {
			c.im.b.Grant(v.made)
			v.made = 0
		}
	}
	for _, t := range outs[1:] {
		c.more = append(c.more, constant(t))
	}
	v := constant(outs[0])
	if len(outs) == 1 && !slices.Contains(f.in, outs[0]) {
		v.made = budgeted(outs[0].typ, outs[0].elements())
	}
	return v, nil
}

// spend counts the work of folding, in elements looked at, against what a file may ask for.
func (f *folding) spend(n int) error {
	if n < 0 || n > f.im.work {
		return fmt.Errorf("the model's constants take too much work to compute: %w", runtime.ErrLimit)
	}
	f.im.work -= n
	return nil
}

// budgeted is what elements of a type take from the budget, which counts four bytes as one.
func budgeted(typ elem, n int) int { return (n*typ.size() + 3) / 4 }

// volume is the number of elements of dimensions that a file may have made up.
func volume(dims []int) (int, error) {
	n := 1
	for _, d := range dims {
		if d < 0 || d > 0 && n > math.MaxInt32/d {
			return 0, fmt.Errorf("dimensions %v: %w", dims, runtime.ErrLimit)
		}
		n *= d
	}
	if len(dims) > maxRank {
		return 0, fmt.Errorf("%d dimensions: %w", len(dims), runtime.ErrLimit)
	}
	return n, nil
}

// blank returns a tensor of zeros, if the budgets allow it.
func (f *folding) blank(typ elem, dims []int) (*tensor, error) {
	n, err := volume(dims)
	if err != nil {
		return nil, err
	}
	if typ.size() == 0 {
		return nil, refuse("constants of %v", typ)
	}
	if err := f.im.b.Take(budgeted(typ, n)); err != nil {
		return nil, err
	}
	if err := f.spend(n); err != nil {
		return nil, err
	}
	return &tensor{typ: typ, dims: slices.Clone(dims), raw: make([]byte, n*typ.size())}, nil
}

// need returns input i.
func (f *folding) need(i int) (*tensor, error) {
	if i >= len(f.in) || f.in[i] == nil {
		return nil, fmt.Errorf("input %d is missing: %w", i+1, runtime.ErrGraph)
	}
	return f.in[i], nil
}

// plain is need for a tensor whose elements are its own: one that is dequantised is computed.
func (f *folding) plain(i int) (*tensor, error) {
	t, err := f.need(i)
	if err != nil || t.q == nil {
		return t, err
	}
	out, err := f.blank(t.typ, t.dims)
	for j := 0; err == nil && j < out.elements(); j++ {
		out.put(j, t.real(j))
	}
	return out, err
}

// number returns input i, one integer.
func (f *folding) number(i int) (int, error) {
	t, err := f.need(i)
	if err != nil {
		return 0, err
	}
	if t.elements() != 1 || !t.typ.whole() {
		return 0, fmt.Errorf("its input %q, %v %v, is no integer: %w", f.n.in[i], t.typ, t.dims, runtime.ErrShape)
	}
	return narrow(t.int(0))
}

// under returns a tensor with other dimensions over the same elements.
func (t *tensor) under(dims []int) *tensor {
	k := *t
	k.dims = dims
	return &k
}

func single(t *tensor, err error) ([]*tensor, error) {
	if err != nil {
		return nil, err
	}
	return []*tensor{t}, nil
}
