package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerFoldcut() {
	foldable("mode pads value", foldPad, "Pad")
	foldable("starts ends axes steps", foldSlice, "Slice")
	foldable("axis split num_outputs", foldSplit, "Split")
}

func foldSlice(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	rs, ok, err := f.ranges(t.dims)
	if !ok || err != nil {
		return nil, cmpErr(err, "its bounds are computed")
	}
	v := whole(t.dims)
	for a, r := range rs {
		if r.Step != 0 {
			v = v.cut(a, r.From, r.Count, r.Step)
		}
	}
	return single(f.viewed(t, v))
}

// ranges reads what a Slice leaves of each axis of dims; the zero Range is all of it. ok is false if it is computed.
func (c *call) ranges(dims []int) (rs []axes.Range, ok bool, err error) {
	var lists [4][]int64 // starts, ends, axes, steps
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		if lists[i], ok, err = c.wide(name, i+1); !ok || err != nil {
			return nil, false, err
		}
	}
	starts, ends, as, steps := lists[0], lists[1], lists[2], lists[3]
	if as == nil {
		for i := range starts {
			as = append(as, int64(i))
		}
	}
	if steps == nil {
		steps = slices.Repeat([]int64{1}, len(starts))
	}
	if len(ends) != len(starts) || len(as) != len(starts) || len(steps) != len(starts) {
		return nil, false, fmt.Errorf("starts %v, ends %v, axes %v and steps %v: %w", starts, ends, as, steps,
			runtime.ErrShape)
	}
	rs = make([]axes.Range, len(dims))
	for i, a := range c.narrowAll(as) {
		if a, err = axis(a, len(dims)); err != nil {
			return nil, false, err
		}
		if rs[a] != (axes.Range{}) || steps[i] == 0 {
			return nil, false, fmt.Errorf("axes %v in steps of %v: %w", as, steps, runtime.ErrShape)
		}
		rs[a] = rangeOf(dims[a], starts[i], ends[i], steps[i])
	}
	return rs, true, nil
}

// rangeOf is what a slice leaves of n indices; the end is often the largest int64.
func rangeOf(n int, from, to, step int64) axes.Range {
	bound := func(v int64, lo, hi int) int {
		v = min(max(v, -maxInt), maxInt)
		if v < 0 {
			v += int64(n)
		}
		return int(min(max(v, int64(lo)), int64(hi)))
	}
	s := int(min(max(step, -maxInt), maxInt))
	r := axes.Range{From: bound(from, 0, n), Step: s}
	if s < 0 {
		r.From = bound(from, 0, n-1)
		r.Count = max(0, (r.From-bound(to, -1, n-1)-s-1)/-s)
	} else {
		r.Count = max(0, (bound(to, 0, n)-r.From+s-1)/s)
	}
	return r
}

func foldSplit(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	a, parts, ok, err := f.parts(t.dims)
	if !ok || err != nil {
		return nil, cmpErr(err, "its sizes are computed")
	}
	var outs []*tensor
	at := 0
	for _, n := range parts {
		out, err := f.viewed(t, whole(t.dims).cut(a, at, n, 1))
		if err != nil {
			return nil, err
		}
		outs = append(outs, out)
		at += n
	}
	return outs, nil
}

// parts reads the axis of a Split of dims, and the size of each output along it. ok is false if they are computed.
func (c *call) parts(dims []int) (a int, parts []int, ok bool, err error) {
	if a, err = axis(c.int("axis", 0), len(dims)); err != nil {
		return 0, nil, false, err
	}
	if parts, ok, err = c.list("split", 1); !ok || err != nil {
		return 0, nil, false, err
	}
	n := len(c.n.out)
	if k := c.int("num_outputs", n); k != n {
		return 0, nil, false, fmt.Errorf("%d outputs, num_outputs is %d: %w", n, k, runtime.ErrGraph)
	}
	if parts == nil {
		each := (dims[a] + n - 1) / n
		for left := dims[a]; len(parts) < n; left -= each {
			parts = append(parts, max(0, min(each, left)))
		}
		if c.im.m.opset < 18 && dims[a]%n != 0 {
			return 0, nil, false, fmt.Errorf("%d of %v in %d equal parts: %w", a, dims, n, runtime.ErrShape)
		}
	}
	sum := 0
	for _, p := range parts {
		if p < 0 {
			return 0, nil, false, fmt.Errorf("parts %v: %w", parts, runtime.ErrShape)
		}
		sum += p
	}
	if sum != dims[a] || len(parts) != n {
		return 0, nil, false, fmt.Errorf("parts %v of axis %d of %v for %d outputs: %w", parts, a, dims, n, runtime.ErrShape)
	}
	return a, parts, true, nil
}

// cmpErr is err, or the refusal for a reason if there is none.
func cmpErr(err error, why string) error {
	if err == nil {
		return refuse("%s", why)
	}
	return err
}

func foldPad(f *folding) ([]*tensor, error) {
	t, err := f.plain(0)
	if err != nil {
		return nil, err
	}
	pads, err := f.pads(len(t.dims))
	if err != nil || len(pads) != 2*len(t.dims) {
		return nil, cmpErr(err, "its pads are computed")
	}
	if mode := f.str("mode", "constant"); mode != "constant" {
		return nil, refuse("mode %s of a constant", mode)
	}
	r := len(t.dims)
	dims, from := slices.Clone(t.dims), whole(t.dims)
	for i := range dims {
		dims[i] += pads[i] + pads[i+r]
	}
	out, err := f.blank(t.typ, dims)
	if err != nil {
		return nil, err
	}
	fill := out.under(nil)
	fill.raw = make([]byte, 8)
	fill.put(0, float64(f.float("value", 0)))
	if f.has(2) {
		v, err := f.plain(2)
		if err != nil {
			return nil, err
		}
		if v.typ != t.typ || v.elements() != 1 {
			return nil, fmt.Errorf("%v %v padded with %v %v: %w", t.typ, t.dims, v.typ, v.dims, runtime.ErrShape)
		}
		fill = v
	}
	size := t.typ.size()
	if slices.ContainsFunc(fill.raw, func(b byte) bool { return b != 0 }) {
		for i := range out.elements() {
			copy(out.raw[i*size:][:size], fill.raw)
		}
	}
	inner := whole(dims)
	for i := range dims {
		n := t.dims[i] + min(0, pads[i]) + min(0, pads[i+r])
		inner = inner.cut(i, max(0, pads[i]), max(0, n), 1)
		from = from.cut(i, max(0, -pads[i]), max(0, n), 1)
	}
	if !slices.Contains(inner.dims, 0) {
		copyView(out.raw, inner, t.raw, from, size)
	}
	return single(out, nil)
}
