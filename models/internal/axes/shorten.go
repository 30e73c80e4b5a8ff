package axes

import (
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Exporters write in several steps what is one: a slice along each axis, a softmax between two transpositions, the
// halves of a shuffled tensor by way of five dimensions. Each node is shortened as it is added, by those before it, and
// what nobody reads any more costs nothing. An operation that does not fit is an error as it was written: what is below
// may rely on lists within their axes and weights of the right number.

// shortened returns an operation and what it reads, with the same result as op over in, or the error of op over in.
func (b *Builder) shortened(name string, op runtime.Op, in []*runtime.Value) (runtime.Op, []*runtime.Value, error) {
	if len(in) != 1 || b.made[in[0]] == nil {
		return op, in, nil
	}
	if err := b.G.Check(name, op, in...); err != nil {
		return nil, nil, err
	}
	before := b.made[in[0]]
	switch op := op.(type) {
	case *runtime.Take:
		if n := interval(op, in[0].Shape.C); n > 1 {
			v, err := b.unzipped(in[0], n)
			return channelsFrom(int(op.Channels[0])*len(op.Channels), len(op.Channels)), []*runtime.Value{v}, err
		}
		switch first := before.Op.(type) {
		case *runtime.Take:
			if both := takeOfTake(first, op); both != nil {
				return both, before.In, nil
			}
		case *runtime.Rearrange:
			take, r := b.takeBefore(first, op, before.In[0].Shape)
			if take != nil && (take.Channels == nil || interval(take, before.In[0].Shape.C) > 0) {
				v, err := b.add(strings.TrimSuffix(name, "/taken")+"/taken", take, before.In[0])
				return r, []*runtime.Value{v}, err
			}
		}
	case *runtime.SoftmaxOver:
		if first, ok := before.Op.(*runtime.Rearrange); ok && op.Form == kernels.SoftmaxPlain &&
			isChannels(first, op.Over, before.In[0].Shape) {
			v, err := b.add(name+"/channels", &runtime.Softmax{}, before.In[0])
			return first, []*runtime.Value{v}, err
		}
	case *runtime.Conv:
		if wide, from := b.unfocused(op, before); wide != nil && b.G.Check(name, wide, from) == nil {
			return wide, []*runtime.Value{from}, nil
		}
	}
	return op, in, nil
}

// takeOfTake is what two do one after the other; nil if they fill with different numbers.
func takeOfTake(first, second *runtime.Take) *runtime.Take {
	both, fills := *second, [2]bool{}
	for _, axis := range [4]struct {
		to    *[]int32
		first []int32
	}{{&both.Images, first.Images}, {&both.Rows, first.Rows}, {&both.Cols, first.Cols}, {&both.Channels, first.Channels}} {
		fills[0] = fills[0] || slices.Contains(axis.first, -1)
		fills[1] = fills[1] || slices.Contains(*axis.to, -1)
		switch {
		case len(axis.first) == 0:
		case len(*axis.to) == 0:
			*axis.to = axis.first
		default:
			at := make([]int32, len(*axis.to))
			for j, i := range *axis.to {
				if at[j] = -1; i >= 0 {
					at[j] = axis.first[i]
				}
			}
			*axis.to = at
		}
	}
	switch {
	case fills[0] && fills[1] && first.Fill != second.Fill:
		return nil
	case fills[0]:
		both.Fill = first.Fill
	}
	return &both
}

// interval is n of an operation that takes every n-th channel of c and nothing else, beginning with one of the first n,
// or 1 of a range of them; 0 of any other.
func interval(t *runtime.Take, c int) int {
	if len(t.Images)+len(t.Rows)+len(t.Cols) > 0 || len(t.Channels) == 0 || t.Channels[0] < 0 {
		return 0
	}
	n := 1
	if len(t.Channels) > 1 {
		n = int(t.Channels[1] - t.Channels[0])
	}
	if n != 1 && (n < 1 || len(t.Channels)*n != c || int(t.Channels[0]) >= n) {
		return 0
	}
	for i, at := range t.Channels {
		if at != t.Channels[0]+int32(i*n) {
			return 0
		}
	}
	return n
}

// channelsFrom takes n channels from one on.
func channelsFrom(from, n int) *runtime.Take {
	t := &runtime.Take{Channels: make([]int32, n)}
	for i := range t.Channels {
		t.Channels[i] = int32(from + i)
	}
	return t
}

// unzipped is a value whose channels are every n-th of v's, then every n-th from the second on, and so on: what a
// shuffle of channels undoes. It is computed once, whichever of its parts are read.
func (b *Builder) unzipped(v *runtime.Value, n int) (*runtime.Value, error) {
	key := unzipped{v, n}
	if b.unzips[key] == nil {
		s := v.Shape
		u, err := b.add(v.Name+"/unzipped", &runtime.Rearrange{Dims: []int{s.N, s.C / n, n, s.H * s.W},
			Perm: []int{0, 2, 1, 3}, To: s}, v)
		if err != nil {
			return nil, err
		}
		b.unzips[key] = u
	}
	return b.unzips[key], nil
}

// channelSizes are the sizes of a shape in the order in which a rearrangement reads and writes.
func channelSizes(s runtime.Shape) [4]int { return [4]int{s.N, s.C, s.H, s.W} }

// cut returns a rearrangement that is the same with a boundary between two dimensions of its result, where the product
// of those before is n. ok is false if n lies within a dimension that has no such factor.
func cut(r *runtime.Rearrange, n int) (same *runtime.Rearrange, ok bool) {
	before := 1
	for j, d := range r.Perm {
		size := r.Dims[d]
		switch {
		case before == n:
			return r, true
		case before*size <= n:
			before *= size
			continue
		case n%before != 0 || before*size%n != 0:
			return nil, false
		}
		same = &runtime.Rearrange{To: r.To, Dims: slices.Clone(r.Dims), Perm: slices.Clone(r.Perm)}
		for k, e := range same.Perm {
			if e > d {
				same.Perm[k]++
			}
		}
		same.Dims[d] = n / before
		same.Dims = slices.Insert(same.Dims, d+1, before*size/n)
		same.Perm = slices.Insert(same.Perm, j+1, d+1)
		return same, true
	}
	return r, before == n
}

// whence returns which dimension of a rearrangement, perhaps cut further, becomes all of an axis of its result, in the
// order of channelSizes; ok is false if several do.
func whence(r *runtime.Rearrange, axis int) (same *runtime.Rearrange, dim int, ok bool) {
	to := channelSizes(r.To)
	before := Elements(to[:axis])
	if r, ok = cut(r, before); !ok {
		return nil, 0, false
	}
	if r, ok = cut(r, before*to[axis]); !ok {
		return nil, 0, false
	}
	dim, product := -1, 1
	for _, d := range r.Perm {
		if n := r.Dims[d]; product >= before && product < before*to[axis] && n > 1 {
			if dim >= 0 {
				return nil, 0, false
			}
			dim = d
		}
		product *= r.Dims[d]
	}
	return r, dim, dim >= 0
}

// takeBefore returns the operations that do what r and then take do in the other order, over a value of shape s; nil if
// take does not pick along one axis that is part of one axis of s, or if the list of that is more than may be taken.
func (b *Builder) takeBefore(r *runtime.Rearrange, take *runtime.Take, s runtime.Shape) (*runtime.Take,
	*runtime.Rearrange) {
	axis := -1
	lists := [4][]int32{take.Images, take.Channels, take.Rows, take.Cols}
	for i, list := range lists {
		if len(list) == 0 {
			continue
		}
		if axis >= 0 || slices.Contains(list, -1) {
			return nil, nil
		}
		axis = i
	}
	if axis < 0 {
		return nil, nil
	}
	list := lists[axis]
	r, dim, ok := whence(r, axis)
	if !ok || len(list) > r.Dims[dim] {
		return nil, nil
	}
	inner := Elements(r.Dims[dim+1:])
	sizes, behind := channelSizes(s), s.Elements()
	for from, n := range sizes { // the axis of s that it is in
		if behind /= n; inner%behind != 0 || n < 2 {
			continue
		}
		step := inner / behind
		if n%(step*r.Dims[dim]) != 0 {
			return nil, nil
		}
		if b.Take(n/r.Dims[dim]*len(list)) != nil {
			return nil, nil
		}
		at := make([]int32, 0, n/r.Dims[dim]*len(list))
		for outer := 0; outer < n; outer += step * r.Dims[dim] {
			for _, i := range list {
				for k := range step {
					at = append(at, int32(outer+int(i)*step+k))
				}
			}
		}
		first := new(runtime.Take)
		*[4]*[]int32{&first.Images, &first.Channels, &first.Rows, &first.Cols}[from] = at
		dims, to := slices.Clone(r.Dims), r.To
		dims[dim] = len(list)
		*[4]*int{&to.N, &to.C, &to.H, &to.W}[axis] = len(list)
		return first, &runtime.Rearrange{Dims: dims, Perm: r.Perm, To: to}
	}
	return nil, nil
}

// isChannels reports whether axes of a rearrangement's result are the channels of what it reads, of shape s, and all of
// them.
func isChannels(r *runtime.Rearrange, over kernels.Axes, s runtime.Shape) bool {
	axis := -1
	to := channelSizes(r.To)
	for i, is := range [4]bool{over.N, over.C, over.H, over.W} {
		if !is || to[i] == 1 {
			continue
		}
		if axis >= 0 {
			return false
		}
		axis = i
	}
	if axis < 0 {
		return false
	}
	r, dim, ok := whence(r, axis)
	if !ok || r.Dims[dim] != s.C {
		return false
	}
	return Elements(r.Dims[dim+1:]) == s.H*s.W
}

// unfocused returns a convolution over an image, and that image, for one over its pixels' parities joined as channels
// (the focus of YOLOv5 and YOLOX): twice the window at twice the stride, with the same weights. nil if before is no
// such join.
func (b *Builder) unfocused(c *runtime.Conv, before *runtime.Node) (*runtime.Conv, *runtime.Value) {
	w := c.Window.Norm()
	if _, ok := before.Op.(*runtime.Concat); !ok || len(before.In) != 4 || c.Groups > 1 || w.DilationH*w.DilationW != 1 {
		return nil, nil
	}
	var image *runtime.Value
	var parts [4]int // which of the four parities, 2·row + column, each part has
	seen := 0
	for i, v := range before.In {
		n := b.made[v]
		if n == nil {
			return nil, nil
		}
		take, ok := n.Op.(*runtime.Take)
		if !ok || len(take.Images)+len(take.Channels) > 0 || image != nil && n.In[0] != image {
			return nil, nil
		}
		image = n.In[0]
		row, col := parity(take.Rows, image.Shape.H), parity(take.Cols, image.Shape.W)
		if row < 0 || col < 0 {
			return nil, nil
		}
		parts[i] = 2*row + col
		seen |= 1 << parts[i]
	}
	if seen != 15 {
		return nil, nil
	}
	wide := *c
	wide.Window = runtime.Window{R: 2 * w.R, S: 2 * w.S, StrideH: 2 * w.StrideH, StrideW: 2 * w.StrideW,
		PadTop: 2 * w.PadTop, PadLeft: 2 * w.PadLeft, PadBottom: 2 * w.PadBottom, PadRight: 2 * w.PadRight}
	wide.Weights = make([]float32, len(c.Weights))
	n, from := image.Shape.C, c.Weights
	for row := range c.K * w.R {
		for s := range w.S {
			for _, p := range parts {
				copy(wide.Weights[n*((2*row+p/2)*2*w.S+2*s+p%2):][:n], from)
				from = from[n:]
			}
		}
	}
	return &wide, image
}

// parity is 0 of a list of every other index of n from 0 on, 1 of that from 1 on, and −1 of any other.
func parity(list []int32, n int) int {
	if n%2 != 0 || len(list) != n/2 || list[0] < 0 || list[0] > 1 {
		return -1
	}
	for i, at := range list {
		if at != list[0]+2*int32(i) {
			return -1
		}
	}
	return int(list[0])
}
