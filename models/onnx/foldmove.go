package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerFoldmove() {
	foldable("axis", foldConcat, "Concat")
	foldable("", foldExpand, "Expand")
	foldable("axis", foldGather, "Gather")
	foldable("", foldTile, "Tile")
	foldable("perm", foldTranspose, "Transpose")
}

// view is elements of a tensor: those at at + Σ index·step, for all indices below dims.
type view struct {
	at          int
	dims, steps []int
}

// whole is the view of all elements of dimensions in row-major order.
func whole(dims []int) view {
	v := view{dims: slices.Clone(dims), steps: make([]int, len(dims))}
	for i, n := len(dims)-1, 1; i >= 0; i-- {
		v.steps[i] = n
		n *= dims[i]
	}
	return v
}

// cut is the view of n indices from from on of an axis, step apart.
func (v view) cut(axis, from, n, step int) view {
	v.dims, v.steps = slices.Clone(v.dims), slices.Clone(v.steps)
	v.at += from * v.steps[axis]
	v.dims[axis] = n
	v.steps[axis] *= step
	return v
}

// over is the view repeated along missing dimensions in front and along those of 1; ok is false if it does not fit.
func (v view) over(dims []int) (w view, ok bool) {
	extra := len(dims) - len(v.dims)
	if extra < 0 {
		return w, false
	}
	w = view{at: v.at, dims: slices.Clone(dims), steps: make([]int, len(dims))}
	for i, d := range v.dims {
		switch j := i + extra; {
		case d == dims[j]:
			w.steps[j] = v.steps[i]
		case d != 1:
			return w, false
		}
	}
	return w, true
}

// each calls fn with the place of each element, in row-major order.
func (v view) each(fn func(at int)) {
	walk(v.dims, func(at []int) { fn(at[0]) }, v)
}

// walk calls fn with the places of one element in views of the same dimensions, in row-major order.
func walk(dims []int, fn func(at []int), vs ...view) {
	at := make([]int, len(vs))
	for i, v := range vs {
		at[i] = v.at
	}
	if slices.Contains(dims, 0) {
		return
	}
	index := make([]int, len(dims))
	for {
		fn(at)
		d := len(dims) - 1
		for ; d >= 0; d-- {
			index[d]++
			for i := range vs {
				at[i] += vs[i].steps[d]
			}
			if index[d] < dims[d] {
				break
			}
			for i := range vs {
				at[i] -= index[d] * vs[i].steps[d]
			}
			index[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

// copyView copies elements of size bytes between views of the same dimensions.
func copyView(dst []byte, to view, src []byte, from view, size int) {
	r := len(to.dims)
	if r == 0 {
		copy(dst[to.at*size:][:size], src[from.at*size:])
		return
	}
	n, a, b := to.dims[r-1], to.steps[r-1], from.steps[r-1]
	last := r - 1
	rows := func(v view) view { return view{v.at, v.dims[:last], v.steps[:last]} }
	walk(to.dims[:last], func(at []int) {
		i, j := at[0]*size, at[1]*size
		if a == 1 && b == 1 {
			copy(dst[i:i+n*size], src[j:])
			return
		}
		for k := range n {
			copy(dst[i+k*a*size:][:size], src[j+k*b*size:])
		}
	}, rows(to), rows(from))
}

// stored is the type of t's elements as they are in memory.
func (t *tensor) stored() elem {
	if t.q != nil {
		return t.q.typ
	}
	return t.typ
}

// like returns a tensor of zeros of t's type; dequantised if t is.
func (f *folding) like(t *tensor, dims []int) (*tensor, error) {
	out, err := f.blank(t.stored(), dims)
	if err != nil {
		return nil, err
	}
	if out.typ = t.typ; t.q != nil {
		q := *t.q
		q.laid = nil
		out.q = &q
	}
	return out, nil
}

// viewed returns a copy of a view of t; one that is dequantised stays so.
func (f *folding) viewed(t *tensor, v view) (*tensor, error) {
	out, err := f.like(t, v.dims)
	if err == nil && out.elements() > 0 {
		copyView(out.raw, whole(v.dims), t.raw, v, t.stored().size())
	}
	return out, err
}

// even is need for a tensor whose elements have one scale if it is dequantised; others are computed.
func (f *folding) even(i int) (*tensor, error) {
	if t, err := f.need(i); err != nil || t.q == nil || len(t.q.scale) == 1 {
		return t, err
	}
	return f.plain(i)
}

func foldTranspose(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	perm, err := f.perm(len(t.dims))
	if err != nil {
		return nil, err
	}
	w := whole(t.dims)
	v := view{dims: make([]int, len(perm)), steps: make([]int, len(perm))}
	for j, d := range perm {
		v.dims[j], v.steps[j] = w.dims[d], w.steps[d]
	}
	if t.q != nil && len(t.q.scale) > 1 {
		a := slices.IndexFunc(w.steps, func(s int) bool { return s == t.q.inner })
		for a >= 0 && a < len(t.dims)-1 && t.dims[a] != len(t.q.scale) { // dimensions of 1 have the step of the next
			a++
		}
		if a < 0 || w.steps[a] != t.q.inner || t.dims[a] != len(t.q.scale) {
			if t, err = f.plain(0); err != nil {
				return nil, err
			}
			return single(f.viewed(t, v))
		}
		out, err := f.viewed(t, v)
		if err == nil {
			out.q.inner = whole(v.dims).steps[slices.Index(perm, a)]
		}
		return single(out, err)
	}
	return single(f.viewed(t, v))
}

func foldConcat(f *folding) ([]*tensor, error) {
	first, err := f.need(0)
	if err != nil {
		return nil, err
	}
	a, err := axis(f.int("axis", 1), len(first.dims))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(first.dims)
	for i := range f.in {
		t, err := f.plain(i)
		if err != nil {
			return nil, err
		}
		if f.in[i] = t; i == 0 {
			continue
		}
		if len(t.dims) != len(dims) || t.typ != first.typ {
			return nil, fmt.Errorf("%v %v beside %v %v: %w", t.typ, t.dims, first.typ, first.dims, runtime.ErrShape)
		}
		for j, d := range t.dims {
			if j == a {
				dims[a] += d
			} else if d != dims[j] {
				return nil, fmt.Errorf("%v beside %v along axis %d: %w", t.dims, first.dims, a, runtime.ErrShape)
			}
		}
	}
	out, err := f.blank(first.typ, dims)
	if err != nil {
		return nil, err
	}
	at := 0
	for _, t := range f.in {
		if t.elements() > 0 {
			copyView(out.raw, whole(dims).cut(a, at, t.dims[a], 1), t.raw, whole(t.dims), t.typ.size())
		}
		at += t.dims[a]
	}
	return single(out, nil)
}

// dimList returns input i as dimensions.
func (f *folding) dimList(i int) ([]int, error) {
	t, err := f.need(i)
	if err != nil {
		return nil, err
	}
	vs, ok := t.ints(2 * maxRank)
	if !ok {
		return nil, fmt.Errorf("its input %q, %v %v, is no list of integers: %w", f.n.in[i], t.typ, t.dims, runtime.ErrShape)
	}
	return f.narrowAll(vs), f.err
}

func foldExpand(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	want, err := f.dimList(1)
	if err != nil {
		return nil, err
	}
	dims, ok := joint(t.dims, want)
	if !ok {
		return nil, fmt.Errorf("%v expanded to %v: %w", t.dims, want, runtime.ErrShape)
	}
	v, _ := whole(t.dims).over(dims)
	return single(f.viewed(t, v))
}

// joint returns the dimensions to which both are broadcast.
func joint(a, b []int) (dims []int, ok bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	dims = slices.Clone(a)
	for i, d := range b {
		j := i + len(a) - len(b)
		switch {
		case dims[j] == 1:
			dims[j] = d
		case d != 1 && d != dims[j]:
			return nil, false
		}
	}
	return dims, true
}

func foldTile(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	times, err := f.dimList(1)
	if err != nil {
		return nil, err
	}
	if len(times) != len(t.dims) {
		return nil, fmt.Errorf("%v repeated %v times: %w", t.dims, times, runtime.ErrShape)
	}
	w, v := whole(t.dims), view{}
	dims := slices.Clone(t.dims)
	for i, n := range times {
		v.dims, v.steps = append(v.dims, n, t.dims[i]), append(v.steps, 0, w.steps[i])
		if n < 0 || n > 0 && dims[i] > math.MaxInt32/n {
			return nil, fmt.Errorf("%v repeated %v times: %w", t.dims, times, runtime.ErrLimit)
		}
		dims[i] *= n
	}
	if _, err := volume(dims); err != nil {
		return nil, err
	}
	out, err := f.viewed(t, v)
	if err != nil {
		return nil, err
	}
	return single(out.under(dims), nil)
}

func foldGather(f *folding) ([]*tensor, error) {
	t, err := f.even(0)
	if err != nil {
		return nil, err
	}
	at, err := f.need(1)
	if err != nil {
		return nil, err
	}
	a, err := axis(f.int("axis", 0), len(t.dims))
	if err != nil {
		return nil, err
	}
	if at.typ != elemInt64 && at.typ != elemInt32 {
		return nil, fmt.Errorf("indices of %v: %w", at.typ, runtime.ErrShape)
	}
	outer, inner := axes.Elements(t.dims[:a]), axes.Elements(t.dims[a+1:])
	n := at.elements()
	out, err := f.like(t, slices.Concat(t.dims[:a], at.dims, t.dims[a+1:]))
	if err != nil {
		return nil, err
	}
	run := inner * t.stored().size()
	for j := range n {
		k := at.int(j)
		if k < 0 {
			k += int64(t.dims[a])
		}
		if k < 0 || k >= int64(t.dims[a]) {
			return nil, fmt.Errorf("index %d of %v: %w", at.int(j), t.dims, runtime.ErrShape)
		}
		for i := range outer {
			copy(out.raw[(i*n+j)*run:][:run], t.raw[(i*t.dims[a]+int(k))*run:])
		}
	}
	return single(out, nil)
}
