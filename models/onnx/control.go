package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

func registerControl() {
	register("If", operator{handle: choice, heeds: "then_branch else_branch", takes: onLazy})
	register("Loop", operator{handle: loop, heeds: "body", takes: onLazy})
}

// Control flow that is known at import: a choice by a constant, as exporters leave it beside shapes, and a loop of a
// constant number of turns, which becomes its turns one after the other.

// bodyOf returns the graph in an attribute.
func (c *call) bodyOf(name string) (*graph, error) {
	for _, a := range c.n.attrs {
		if a.name == name && a.body != nil {
			return a.body, nil
		}
	}
	return nil, fmt.Errorf("attribute %s holds no graph: %w", name, runtime.ErrGraph)
}

// truth returns input i, one constant truth; ok is false if it is computed or unknown, of which the first is noted.
func (c *call) truth(i int) (yes, ok bool, err error) {
	v, err := c.constant(i)
	if v == nil || err != nil {
		return false, false, err
	}
	if v.c.typ != elemBool || v.c.elements() != 1 {
		return false, false, fmt.Errorf("its condition is %v %v: %w", v.c.typ, v.c.dims, runtime.ErrShape)
	}
	return v.c.int(0) != 0, true, nil
}

func choice(c *call) (*value, error) {
	yes, ok, err := c.truth(0)
	if !ok || err != nil {
		return nil, err
	}
	name := "else_branch"
	if yes {
		name = "then_branch"
	}
	g, err := c.bodyOf(name)
	if err != nil {
		return nil, err
	}
	vs, err := c.im.inline(g, nil)
	if err != nil {
		return nil, err
	}
	if len(vs) < len(c.n.out) {
		return nil, fmt.Errorf("its %s gives %d outputs, not %d: %w", name, len(vs), len(c.n.out), runtime.ErrGraph)
	}
	c.more = vs[1:]
	return vs[0], nil
}

func loop(c *call) (*value, error) {
	g, err := c.bodyOf("body")
	if err != nil {
		return nil, err
	}
	going := true
	if c.has(1) {
		var ok bool
		if going, ok, err = c.truth(1); !ok || err != nil {
			return nil, err
		}
	}
	turns := int64(maxInt)
	if c.has(0) {
		v, err := c.constant(0)
		if v == nil || err != nil {
			return nil, err
		}
		if v.c.typ != elemInt64 || v.c.elements() != 1 {
			return nil, fmt.Errorf("%v %v turns: %w", v.c.typ, v.c.dims, runtime.ErrShape)
		}
		turns = v.c.int(0)
	}
	state := append([]*value{}, c.in[min(2, len(c.in)):]...)
	if len(c.n.out) > len(state) {
		c.unsupported("collects a value of each turn; export the model traced, not scripted")
		return nil, nil
	}
	for i := int64(0); going && i < turns; i++ {
		args := append([]*value{constant(intTensor(nil, []int64{i})),
			constant(&tensor{typ: elemBool, raw: []byte{1}})}, state...)
		vs, err := c.im.inline(g, args)
		if err != nil {
			return nil, err
		}
		if len(vs) != 1+len(state) {
			return nil, fmt.Errorf("its body gives %d values, not %d: %w", len(vs), 1+len(state), runtime.ErrGraph)
		}
		if vs[0].c == nil || vs[0].c.typ != elemBool || vs[0].c.elements() != 1 {
			if vs[0].t != nil {
				c.unsupported("its condition is computed; export the model traced, not scripted")
			}
			return nil, nil
		}
		going, state = vs[0].c.int(0) != 0, vs[1:]
	}
	for i, v := range state {
		if state[i] = renamed(v); v == nil {
			return nil, fmt.Errorf("input %d is missing: %w", i+3, runtime.ErrGraph)
		}
	}
	if len(state) == 0 {
		return nil, fmt.Errorf("no output: %w", runtime.ErrGraph)
	}
	c.more = state[1:]
	return state[0], nil
}
