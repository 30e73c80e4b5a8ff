package ncnn

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerShapes() {
	register("Concat", kind{several: true, knows: []int{0}, handle: concat})
	register("Slice", kind{knows: []int{0, 1}, handle: slice})
	register("Softmax", kind{knows: []int{0, 1}, handle: softmax})
	register("Flatten", kind{handle: func(c *call) ([]*axes.Tensor, error) {
		d := c.in[0].Dims
		return done(c.b.Rearrange(c.name, c.in[0], nil, []int{d[0], axes.Elements(d[1:])}))
	}})
	register("Reshape", kind{knows: []int{0, 1, 2, 3, 11}, handle: reshape})
	register("Permute", kind{knows: []int{0}, handle: permute})
	register("ShuffleChannel", kind{knows: []int{0, 1}, handle: shuffle})
	register("ExpandDims", kind{knows: []int{3}, handle: expandDims})
	register("Squeeze", kind{knows: []int{3}, handle: squeeze})
}

func concat(c *call) ([]*axes.Tensor, error) {
	if len(c.in) == 0 {
		return nil, fmt.Errorf("no input: %w", runtime.ErrShape)
	}
	d, err := axis(c.int(0, 0), c.in[0])
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	return done(c.b.Concat(c.name, d, c.in...))
}

// slice gives each output a part of an axis: so many, or an equal part of what is left.
func slice(c *call) ([]*axes.Tensor, error) {
	t, parts := c.in[0], c.ints(0)
	d, err := axis(c.int(1, 0), t)
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	if len(parts) != len(c.out) {
		return nil, fmt.Errorf("%d outputs, %d slices: %w", len(c.out), len(parts), runtime.ErrShape)
	}
	var outs []*axes.Tensor
	from := 0
	for i, n := range parts {
		if n == -233 {
			n = (t.Dims[d] - from) / (len(parts) - i)
		}
		ranges := make([]axes.Range, len(t.Dims))
		ranges[d] = axes.Range{From: from, Step: 1, Count: n}
		if n < 1 || n > t.Dims[d]-from {
			return nil, fmt.Errorf("slices %v of %d: %w", parts, t.Dims[d], runtime.ErrShape)
		}
		y, err := c.b.Slice(c.out[i], t, ranges)
		if err != nil {
			return nil, err
		}
		outs, from = append(outs, y), from+n
	}
	return outs, nil
}

// softmax works along an axis. Files without the mark 1=1 are of a time when axes 1 and 2 of [w h c] were mistaken for
// each other.
func softmax(c *call) ([]*axes.Tensor, error) {
	t, fixed := c.in[0], c.bool(1, 0)
	d, err := axis(c.int(0, 0), t)
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	if !fixed && d > 1 && len(t.Dims) > 3 {
		return c.unsupported("axis %d in the form that old versions of ncnn took for another axis; "+
			"write 1=1 behind it, or convert the model again", d-1)
	}
	over := make([]bool, len(t.Dims))
	over[d] = true
	return done(c.b.Softmax(c.name, t, over, kernels.SoftmaxPlain))
}

// reshape reads w, h, d and c: 0 is the input's, −1 what is left, and what is not given is no dimension.
func reshape(c *call) ([]*axes.Tensor, error) {
	const none = -233
	t := c.in[0]
	if c.bool(3, 0) {
		return c.unsupported("permute=1")
	}
	have := map[int]int{} // the input's w, h, d and c by their ids
	ids := [][]int{{0}, {1, 0}, {2, 1, 0}, {2, 11, 1, 0}}
	if len(t.Dims) > 5 {
		return nil, fmt.Errorf("an input of %d dimensions: %w", len(t.Dims)-1, runtime.ErrShape)
	}
	for i, id := range ids[len(t.Dims)-2] {
		have[id] = t.Dims[i+1]
	}
	rank := 4
	for _, at := range []struct{ id, rank int }{{11, 3}, {2, 2}, {1, 1}, {0, 0}} {
		if c.int(at.id, none) == none {
			rank = at.rank
		}
	}
	if c.err != nil || rank == 0 {
		return nil, orElse(c.err, fmt.Errorf("no dimension: %w", runtime.ErrShape))
	}
	var want []int
	for _, id := range ids[rank-1] {
		d := c.int(id, none)
		if d == 0 {
			d = max(have[id], 1)
		}
		want = append(want, d)
	}
	dims, err := axes.ResolveReshape(t.Dims[1:], want, false)
	if err != nil {
		return nil, err
	}
	return c.shaped(dims)
}

// orders are those of Permute, by the letters of what becomes w, h, d and c.
var orders = map[int][]string{
	2: {"WH", "HW"},
	3: {"WHC", "HWC", "WCH", "CWH", "HCW", "CHW"},
	4: {"WHDC", "HWDC", "WDHC", "DWHC", "HDWC", "DHWC", "WHCD", "HWCD", "WCHD", "CWHD", "HCWD", "CHWD", "WDCH", "DWCH",
		"WCDH", "CWDH", "DCWH", "CDWH", "HDCW", "DHCW", "HCDW", "CHDW", "DCHW", "CDHW"},
}

func permute(c *call) ([]*axes.Tensor, error) {
	t, of := c.in[0], c.int(0, 0)
	rank := len(t.Dims) - 1
	switch {
	case c.err != nil:
		return nil, c.err
	case rank == 1 && of >= 0 && of < len(orders[4]):
		return done(t, nil)
	case of < 0 || of >= len(orders[rank]):
		return c.unsupported("order_type %d of %d dimensions", of, rank)
	}
	letters := map[int]string{2: "HW", 3: "CHW", 4: "CDHW"}[rank]
	perm := []int{0}
	for i := range rank { // the slowest first
		perm = append(perm, 1+strings.IndexByte(letters, orders[rank][of][rank-1-i]))
	}
	return done(c.b.Transpose(c.name, t, perm))
}

// shuffle takes channels from each group in turn.
func shuffle(c *call) ([]*axes.Tensor, error) {
	groups, back := c.int(0, 1), c.bool(1, 0)
	t, err := c.image()
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	n := t.Dims[1]
	if groups < 1 || n%groups != 0 {
		return nil, fmt.Errorf("%d channels in %d groups: %w", n, groups, runtime.ErrShape)
	}
	if back {
		groups = n / groups
	}
	if err := c.b.Take(n); err != nil {
		return nil, err
	}
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(i%groups*(n/groups) + i/groups)
	}
	return done(c.b.Pick(c.name, t, 1, at, []int{n}))
}

func expandDims(c *call) ([]*axes.Tensor, error) {
	t, at := c.in[0], c.ints(3)
	rank := len(t.Dims) - 1 + len(at)
	if c.err != nil || len(at) == 0 || rank > 4 {
		return nil, orElse(c.err, fmt.Errorf("axes %v beside %v: %w", at, t.Dims[1:], runtime.ErrShape))
	}
	dims := make([]int, rank)
	for _, a := range at {
		if a < -rank || a >= rank || dims[(a+rank)%rank] != 0 {
			return nil, fmt.Errorf("axes %v of %d: %w", at, rank, runtime.ErrShape)
		}
		dims[(a+rank)%rank] = 1
	}
	left := t.Dims[1:]
	for i, d := range dims {
		if d == 0 {
			dims[i], left = left[0], left[1:]
		}
	}
	return c.shaped(dims)
}

// shaped gives the input other dimensions.
func (c *call) shaped(dims []int) ([]*axes.Tensor, error) {
	t, dims := c.in[0], append([]int{c.in[0].Dims[0]}, dims...)
	var err error
	if len(dims) > axes.MaxRank {
		if t, err = c.b.As(c.name, t, runtime.AsWritten); err != nil {
			return nil, err
		}
	}
	return done(c.b.Rearrange(c.name, t, nil, dims))
}

func squeeze(c *call) ([]*axes.Tensor, error) {
	t, at := c.in[0], c.ints(3)
	if c.err != nil || len(at) == 0 {
		return nil, orElse(c.err, fmt.Errorf("no axes: %w", runtime.ErrShape))
	}
	drop := make([]bool, len(t.Dims))
	for _, a := range at {
		d, err := axis(a, t)
		if err != nil {
			return nil, err
		}
		drop[d] = t.Dims[d] == 1
	}
	var dims []int
	for d, n := range t.Dims[1:] {
		if !drop[d+1] {
			dims = append(dims, n)
		}
	}
	if len(dims) == 0 {
		dims = []int{1}
	}
	return c.shaped(dims)
}
