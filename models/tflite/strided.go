package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opStridedSlice = 45

func registerStrided() {
	// begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, offset
	register(opStridedSlice, form{handle: stridedSlice, options: 32, fields: 6})
}

// spec is one entry of a strided slice.
type spec struct {
	begin, end, stride        int
	fromFirst, toLast, shrink bool
	offset                    bool // end counts from begin
}

// stridedSlice is x[begin:end:stride, …] with Python's slices, "...", new axes and single indices, each a bit of a
// mask.
func stridedSlice(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	var lists [3][]int // begin, end, strides
	for i := range lists {
		if lists[i], err = n.integers(1 + i); err != nil {
			return err
		}
		if len(lists[i]) != len(lists[0]) || len(lists[i]) > 31 {
			return fmt.Errorf("a slice of %d by %d entries: %w", len(lists[0]), len(lists[i]), runtime.ErrShape)
		}
	}
	mask := func(field, i int) bool { return n.options.int(field, 0)>>i&1 != 0 }
	const begins, ends, ellipses, news, shrinks, offset = 0, 1, 2, 3, 4, 5
	entries := len(lists[0])
	used := 0 // dimensions of x that entries other than the ellipsis take
	for i := range entries {
		if !mask(ellipses, i) && !mask(news, i) {
			used++
		}
	}
	var ranges []axes.Range
	var dims []int // of the result, once there are ranges
	whole := func(count int) {
		for ; count > 0 && len(ranges) < len(x.Dims); count-- {
			dims, ranges = append(dims, x.Dims[len(ranges)]), append(ranges, axes.Range{})
		}
	}
	seen := false
	for i := range entries {
		switch {
		case mask(ellipses, i) && seen:
			return fmt.Errorf("two ellipses: %w", runtime.ErrGraph)
		case mask(ellipses, i):
			seen = true
			whole(len(x.Dims) - used)
		case mask(news, i):
			dims = append(dims, 1)
		case len(ranges) == len(x.Dims):
			return fmt.Errorf("a slice of %d entries over %v: %w", entries, x.Dims, runtime.ErrShape)
		default:
			s := spec{lists[0][i], lists[1][i], lists[2][i], mask(begins, i), mask(ends, i), mask(shrinks, i),
				n.options.byte(offset) != 0}
			r, err := s.of(x.Dims[len(ranges)])
			if err != nil {
				return err
			}
			if ranges = append(ranges, r); !s.shrink {
				dims = append(dims, r.Count)
			}
		}
	}
	whole(len(x.Dims))
	y, err := n.b.Slice(n.name, x, ranges)
	if err == nil && !slices.Equal(y.Dims, dims) {
		y, err = n.b.Rearrange(n.name+"/shaped", y, nil, dims)
	}
	return n.is(y, err)
}

// of is what the entry leaves of a dimension of size.
func (s spec) of(size int) (axes.Range, error) {
	const most = 1 << 29 // beyond any dimension
	s.end, s.stride = min(max(s.end, -most), most), min(max(s.stride, -most), most)
	lo, hi := 0, size // of both ends
	if s.stride < 0 {
		lo, hi = -1, size-1
	}
	bound := func(v int) int {
		if v < 0 {
			v += size
		}
		return min(max(v, lo), hi)
	}
	r := axes.Range{From: bound(s.begin), Step: s.stride, Count: 1}
	if s.fromFirst {
		if r.From = 0; s.stride < 0 {
			r.From = size - 1
		}
	}
	if s.stride == 0 {
		return r, fmt.Errorf("stride 0: %w", runtime.ErrShape)
	}
	if s.shrink {
		if s.stride < 0 || r.From >= size {
			return r, fmt.Errorf("index %d of %d in steps of %d: %w", s.begin, size, s.stride, runtime.ErrShape)
		}
		return r, nil
	}
	end := s.end
	if s.offset {
		end += r.From
	}
	end = bound(end)
	if s.toLast {
		if end = hi; s.stride < 0 {
			end = -1
		}
	}
	if s.stride > 0 {
		r.Count = (end - r.From + s.stride - 1) / s.stride
	} else {
		r.Count = (r.From - end - s.stride - 1) / -s.stride
	}
	if r.Count < 1 {
		return r, fmt.Errorf("from %d to %d in steps of %d of %d nothing is left: %w", s.begin, s.end, s.stride, size,
			runtime.ErrShape)
	}
	return r, nil
}
