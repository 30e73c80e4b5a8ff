package ncnn

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerResize() {
	register("Interp", kind{knows: []int{0, 1, 2, 3, 4, 5, 6}, handle: resize})
	register("Crop", kind{several: true, knows: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, handle: crop})
	register("Padding", kind{knows: []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, handle: padding,
		arrays: func(r *reader) []array {
			if n := r.int(6, 0); n != 0 {
				return []array{raw(n)}
			}
			return nil
		}})
}

// resize makes other numbers of rows and columns: to a size, or by factors.
func resize(c *call) ([]*axes.Tensor, error) {
	how, high, wide, dynamic, corners := c.int(0, 0), c.float(1, 1), c.float(2, 1), c.int(5, 0), c.bool(6, 0)
	outH, outW := c.int(3, 0), c.int(4, 0)
	if c.err != nil {
		return nil, c.err
	}
	if dynamic != 0 {
		return c.unsupported("dynamic_target_size")
	}
	t := c.in[0]
	var err error
	if len(t.Dims) == 2 { // each number is an image of one pixel
		t, err = c.b.Rearrange(c.name+"/pixels", t, nil, []int{t.Dims[0], t.Dims[1], 1, 1})
	} else {
		t, err = c.image()
	}
	if err != nil {
		return nil, err
	}
	h, w := t.Dims[2], t.Dims[3]
	byScale := outH == 0 || outW == 0
	if byScale {
		outH, outW = scaledSize(h, high), scaledSize(w, wide)
	}
	const most = 1 << 14
	if outH < 1 || outW < 1 || outH > most || outW > most {
		return nil, fmt.Errorf("%d×%d to %d×%d: %w", h, w, outH, outW, runtime.ErrShape)
	}
	if outH == h && outW == w {
		return done(t, nil)
	}
	if err := c.b.Take(8 * (outH + outW)); err != nil {
		return nil, err
	}
	step := func(n, out int, scale float32) float32 {
		if byScale {
			return 1 / scale
		}
		return float32(n) / float32(out)
	}
	switch how {
	case 1:
		return done(c.b.Select(c.name, t, [][]int32{nil, nil, nearest(h, outH, step(h, outH, high)),
			nearest(w, outW, step(w, outW, wide))}, 0))
	case 2:
		taps := []kernels.Taps{{}, {}, axes.Linear(h, outH, corners), axes.Linear(w, outW, corners)}
		y, op, err := c.b.Rows(c.name, t, taps, 0)
		if err != nil {
			return nil, err
		}
		return done(c.b.Add(c.name, op, y))
	}
	return c.unsupported("resize_type %d; only 1 and 2, nearest and bilinear", how)
}

// scaledSize is a number of pixels times a factor, cut off; 0 if that is out of range.
func scaledSize(n int, scale float32) int {
	if v := float32(n) * scale; v >= 1 && v < 1<<20 {
		return int(v)
	}
	return 0
}

// nearest are the indices of the pixels that are copied.
func nearest(n, out int, step float32) []int32 {
	at := make([]int32, out)
	for i := range at {
		at[i] = min(int32(min(float32(i)*step, 1<<30)), int32(n-1))
	}
	return at
}

// crop keeps a part: from offsets on, of a size or up to other offsets, or of the size of a second input; or from
// starts to ends along axes.
func crop(c *call) ([]*axes.Tensor, error) {
	if len(c.in) == 0 || len(c.in) > 2 {
		return nil, fmt.Errorf("%d inputs: %w", len(c.in), runtime.ErrShape)
	}
	t := c.in[0]
	rank := len(t.Dims) - 1
	ranges := make([]axes.Range, rank+1)
	starts, ends, at := c.ints(9), c.ints(10), c.ints(11)
	switch {
	case rank > 3:
		return c.unsupported("%d dimensions", rank)
	case len(starts) > 0:
		if len(c.in) != 1 || len(ends) != len(starts) || len(at) > 0 && len(at) != len(starts) || len(starts) > rank {
			return nil, orElse(c.err, fmt.Errorf("%d starts, %d ends, %d axes of %d: %w", len(starts), len(ends), len(at), rank,
				runtime.ErrShape))
		}
		for i, from := range starts {
			a := i
			if len(at) > 0 {
				a = at[i]
			}
			d, err := axis(a, t)
			if err != nil {
				return nil, err
			}
			ranges[d] = part(t.Dims[d], from, ends[i])
		}
	default:
		for i, ids := range [][3]int{{0, 3, 6}, {1, 4, 7}, {2, 5, 8}}[:rank] { // w, h, c
			d := rank - i
			from, n, behind := c.int(ids[0], 0), c.int(ids[1], 0), c.int(ids[2], 0)
			left := t.Dims[d] - from - behind
			switch {
			case len(c.in) == 2 && len(c.in[1].Dims) > i+1:
				n = c.in[1].Dims[len(c.in[1].Dims)-1-i]
			case len(c.in) == 2:
				n = left
			case n == -233:
				n = left
			default:
				n = min(n, left)
			}
			ranges[d] = axes.Range{From: from, Step: 1, Count: n}
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	for d, r := range ranges[1:] {
		if r != (axes.Range{}) && (r.From < 0 || r.Count < 1 || r.Count > t.Dims[d+1]-r.From) {
			return nil, fmt.Errorf("%d from %d of %d along axis %d: %w", r.Count, r.From, t.Dims[d+1], d, runtime.ErrShape)
		}
	}
	return done(c.b.Slice(c.name, t, ranges))
}

// part is a range of n from a start to an end, either of which may count from the end.
func part(n, from, to int) axes.Range {
	const none = -233
	switch {
	case from == none:
		from = 0
	case from < 0:
		from += n
	}
	switch {
	case to == none:
		to = n
	case to <= 0:
		to += n
	}
	return axes.Range{From: from, Step: 1, Count: min(to, n) - from}
}

// padding puts elements around an image.
func padding(c *call) ([]*axes.Tensor, error) {
	t := c.in[0]
	kinds := []axes.Border{axes.Constant, axes.Edge, axes.Reflect}
	of, value, each := c.int(4, 0), c.float(5, 0), c.int(6, 0)
	switch {
	case c.err != nil:
		return nil, c.err
	case of < 0 || of >= len(kinds):
		return c.unsupported("type %d", of)
	case each != 0:
		return c.unsupported("a value for each channel")
	case len(t.Dims) > axes.MaxRank:
		return c.unsupported("%d dimensions", len(t.Dims)-1)
	}
	before, behind := make([]int, len(t.Dims)), make([]int, len(t.Dims))
	for i, ids := range [][2]int{{2, 3}, {0, 1}, {7, 8}} { // columns, rows, channels
		d := len(t.Dims) - 1 - i
		x, y := c.int(ids[0], 0), c.int(ids[1], 0)
		if d < 1 && (x != 0 || y != 0) || x < 0 || y < 0 {
			return nil, fmt.Errorf("padding %d and %d: %w", x, y, runtime.ErrShape)
		}
		if d > 0 {
			before[d], behind[d] = x, y
		}
		if d > 0 && kinds[of] == axes.Reflect && max(x, y) >= t.Dims[d] && max(x, y) > 0 {
			return nil, fmt.Errorf("%d and %d reflections of %d: %w", x, y, t.Dims[d], runtime.ErrShape)
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return done(c.b.Surround(c.name, t, before, behind, kinds[of], value))
}
