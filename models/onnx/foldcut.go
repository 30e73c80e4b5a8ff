package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = foldable("mode pads value", foldPad, "Pad")
	_ = foldable("starts ends axes steps", foldSlice, "Slice")
	_ = foldable("axis split num_outputs", foldSplit, "Split")
)

func foldSlice(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	cuts, ok, err := f.cuts(t.dims)
	if !ok || err != nil {
		return nil, cmpErr(err, "its bounds are computed")
	}
	v := whole(t.dims)
	for a, c := range cuts {
		v = v.cut(a, c.from, c.n, c.step)
	}
	return single(f.viewed(t, v))
}

// cut is the indices that a Slice takes of an axis: n from from on, step apart.
type cut struct{ from, n, step int }

// cuts reads what a Slice takes of each axis of dims. ok is false if it is computed.
func (c *call) cuts(dims []int) (cuts []cut, ok bool, err error) {
	for _, d := range dims {
		cuts = append(cuts, cut{0, d, 1})
	}
	starts, ok, err := c.wide("starts", 1)
	if !ok || err != nil {
		return nil, false, err
	}
	ends, ok, err := c.wide("ends", 2)
	if !ok || err != nil {
		return nil, false, err
	}
	as, ok, err := c.list("axes", 3)
	if !ok || err != nil {
		return nil, false, err
	}
	steps, ok, err := c.wide("steps", 4)
	if !ok || err != nil {
		return nil, false, err
	}
	if as == nil {
		for i := range starts {
			as = append(as, i)
		}
	}
	if len(ends) != len(starts) || len(as) != len(starts) || steps != nil && len(steps) != len(starts) {
		return nil, false, fmt.Errorf("%d starts, %d ends, %d axes: %w", len(starts), len(ends), len(as), runtime.ErrShape)
	}
	seen := make([]bool, len(dims))
	for i, a := range as {
		if a, err = axis(a, len(dims)); err != nil {
			return nil, false, err
		}
		step := int64(1)
		if steps != nil {
			step = steps[i]
		}
		if step == 0 || seen[a] {
			return nil, false, fmt.Errorf("axes %v in steps of %v: %w", as, steps, runtime.ErrShape)
		}
		seen[a] = true
		cuts[a] = cutOf(dims[a], starts[i], ends[i], step)
	}
	return cuts, true, nil
}

// cutOf clamps the bounds of a Slice, of which negative ones count from the end, to n indices.
func cutOf(n int, from, to, step int64) cut {
	most := int64(n)
	step = min(max(step, -maxInt), maxInt)
	lo, hi := int64(0), most // of both, for a step forward
	if step < 0 {
		lo, hi = -1, most-1
	}
	bound := func(v int64) int64 {
		if v < 0 {
			v = max(v, -maxInt) + most
		}
		return min(max(v, lo), hi)
	}
	from, to = bound(from), bound(to)
	span := (to - from) * (step / max(step, -step)) // indices passed, in the direction of the step
	if span <= 0 {
		return cut{0, 0, 1}
	}
	size := max(step, -step)
	return cut{int(from), int((span + size - 1) / size), int(step)}
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
	if pads == nil || err != nil {
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
