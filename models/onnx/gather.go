package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerGather() {
	// What moves elements by indices that are computed.
	register("GatherElements", operator{handle: gatherElements, heeds: "axis", integers: true})
	register("GatherND", operator{handle: gatherND, heeds: "batch_dims", integers: true})
	register("OneHot", operator{handle: oneHot, heeds: "axis", integers: true})
	register("Scatter", operator{handle: scatterElements, heeds: "axis", integers: true})
	register("ScatterElements", operator{handle: scatterElements, heeds: "axis reduction", integers: true})
	register("ScatterND", operator{handle: scatterND, heeds: "reduction", integers: true})
}

// picked gives what was gathered the type of input 0, and the layout that tensors here have.
func (c *call) picked(t *axes.Tensor, err error) (*value, error) {
	if err == nil && len(t.Dims) <= axes.MaxRank {
		t, err = c.im.b.As(c.name()+"/laid", t, runtime.ChannelsLast)
	}
	return of(c.elem(0), t, err)
}

// gatherBy is Gather by indices that are computed.
func gatherBy(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(ts[0].Dims))
	if err != nil {
		return nil, err
	}
	return c.picked(c.im.b.Gather(c.name(), ts[0], ts[1], a, 0))
}

func gatherElements(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(ts[0].Dims))
	if err != nil {
		return nil, err
	}
	return c.picked(c.im.b.GatherElements(c.name(), ts[0], ts[1], a))
}

func gatherND(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	if len(ts[1].Dims) == 0 {
		return nil, fmt.Errorf("indices without dimensions: %w", runtime.ErrShape)
	}
	return c.picked(c.im.b.GatherND(c.name(), ts[0], ts[1], c.int("batch_dims", 0)))
}

// scattered reports whether a node writes without adding up; if not, that is noted.
func (c *call) scattered() bool {
	if r := c.str("reduction", "none"); r != "none" {
		c.unsupported("reduction %s; only none", r)
		return false
	}
	return true
}

func scatterElements(c *call) (*value, error) {
	if !c.scattered() {
		return nil, nil
	}
	ts, err := c.operands(3)
	if ts == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(ts[0].Dims))
	if err != nil {
		return nil, err
	}
	return c.picked(c.im.b.ScatterElements(c.name(), ts[0], ts[1], ts[2], a))
}

func scatterND(c *call) (*value, error) {
	if !c.scattered() {
		return nil, nil
	}
	ts, err := c.operands(3)
	if ts == nil || err != nil {
		return nil, err
	}
	if len(ts[1].Dims) == 0 {
		return nil, fmt.Errorf("indices without dimensions: %w", runtime.ErrShape)
	}
	return c.picked(c.im.b.ScatterND(c.name(), ts[0], ts[1], ts[2]))
}

// oneHot compares each index with those of a new axis, and chooses between two values.
func oneHot(c *call) (*value, error) {
	if len(c.in) != 3 {
		return nil, fmt.Errorf("%d inputs, want 3: %w", len(c.in), runtime.ErrGraph)
	}
	k, err := c.constant(1)
	if k == nil || err != nil {
		return nil, err
	}
	at, err := c.operand(0)
	if at == nil || err != nil {
		return nil, err
	}
	values, err := c.constant(2)
	if values == nil || err != nil {
		return nil, err
	}
	const most = 1 << 20
	depth := 0
	if k.c.elements() == 1 {
		depth = int(max(0, min(k.c.real(0), most+1)))
	}
	if depth < 1 || depth > most || values.c.elements() != 2 {
		return nil, fmt.Errorf("a depth of %v of %v values: %w", k.c.dims, values.c.dims, runtime.ErrShape)
	}
	if at.DType != runtime.I32 {
		c.unsupported("indices of %v", c.elem(0))
		return nil, nil
	}
	rank := len(at.Dims)
	a, err := axis(c.int("axis", -1), rank+1)
	if err != nil {
		return nil, err
	}
	b, name := c.im.b, c.name()
	below, err := c.with(name+"/below", &runtime.Compare{How: kernels.Less}, at, 0)
	if err != nil {
		return nil, err
	}
	around, err := c.with(name+"/around", &runtime.Whole{How: kernels.WholePlus}, at, int32(depth))
	if err == nil {
		at, err = b.Broadcast(name+"/index", &runtime.Where{}, below, around, at)
	}
	if err == nil {
		at, err = b.As(name+"/written", at, runtime.AsWritten)
	}
	if err == nil {
		at, err = b.Rearrange(name+"/wide", at, nil, slices.Insert(slices.Clone(at.Dims), a, 1))
	}
	if err != nil {
		return nil, err
	}
	if err := b.Take(depth); err != nil {
		return nil, err
	}
	all, dims := make([]int32, depth), slices.Repeat([]int{1}, rank+1)
	for i := range all {
		all[i] = int32(i)
	}
	dims[a] = depth
	places, err := b.Ints(name+"/places", dims, all)
	if err != nil {
		return nil, err
	}
	is, err := b.Broadcast(name+"/is", &runtime.Compare{How: kernels.Equal}, at, places)
	if err != nil {
		return nil, err
	}
	return c.chosen(is, values)
}

// chosen is the second of two values where is holds, and the first elsewhere.
func (c *call) chosen(is *axes.Tensor, values *value) (*value, error) {
	two, err := c.operand(2)
	if two == nil || err != nil {
		return nil, err
	}
	pick := func(i int) (*axes.Tensor, error) {
		name := fmt.Sprintf("%s/value%d", c.name(), i)
		t, err := c.im.b.Slice(name, two, []axes.Range{{From: i, Step: 1, Count: 1}})
		return t, err
	}
	off, err := pick(0)
	if err != nil {
		return nil, err
	}
	on, err := pick(1)
	if err != nil {
		return nil, err
	}
	t, err := c.im.b.Broadcast(c.name(), &runtime.Where{}, is, on, off)
	if err == nil && len(t.Dims) <= axes.MaxRank {
		t, err = c.im.b.As(c.name()+"/laid", t, runtime.ChannelsLast)
	}
	return of(values.c.typ, t, err)
}
