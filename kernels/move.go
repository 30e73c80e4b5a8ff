package kernels

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
)

// digit is one of the indices that count the elements of an array, and what one more of it adds to an element's place
// in two views, in pixels and channels of each.
type digit struct {
	n       int
	in, out place
}

type place struct{ pixels, channels int }

func (p place) times(n int) place { return place{p.pixels * n, p.channels * n} }

// NewMove returns what NewRearrange does from a view to another, of those N, H, W and C, by copies with strides. It is
// nil if the array's dimensions and those of the views have no common refinement, so that there are none.
func NewMove(dt DType, from [4]int, dims, perm []int, to [4]int, limit arch.ISA) (Op, error) {
	r, err := NewRearrange(dt, dims, perm, limit)
	if err != nil {
		return nil, err
	}
	o := &move{dtype: dt, from: from, to: to}
	for _, s := range [][4]int{from, to} {
		n := 1
		for _, d := range s {
			if d < 1 || n > maxElements/d {
				return nil, fmt.Errorf("%w: a view of %v", ErrShape, s)
			}
			n *= d
		}
		if n != r.(*rearrange).elements {
			return nil, fmt.Errorf("%w: %v as %v", ErrShape, s, dims)
		}
	}
	var ok bool
	if o.digits, ok = refine(r.(*rearrange), from, to); !ok {
		return nil, nil
	}
	o.kernel, o.fn = Select[func(*reorderArgs)](OpReorder, bySize(dt), limit)
	return o, nil
}

// axis is a dimension of a view in channel-major order: its size, how many elements lie between two of its indices in
// that order, and where that leads.
type axis struct {
	n, unit int
	step    place
}

// channelMajor are the axes of a view, the last first.
func channelMajor(s [4]int) [4]axis {
	plane := s[1] * s[2]
	return [4]axis{{s[2], 1, place{1, 0}}, {s[1], s[2], place{s[2], 0}}, {s[3], plane, place{0, 1}},
		{s[0], plane * s[3], place{plane, 0}}}
}

// refine cuts the digits of a rearrangement until each leads along one axis of either view.
func refine(r *rearrange, from, to [4]int) (digits []digit, ok bool) {
	out := channelMajor(to)
	k, inside, left := 0, 1, out[0].n // an axis of out, how much of it is counted, and what is left of it
	for j := len(r.size) - 1; j >= 0; j-- {
		n, step := r.size[j], r.step[j]
		for n > 1 {
			for left == 1 {
				k++
				inside, left = 1, out[k].n
			}
			g := min(n, left)
			if max(n, left)%g != 0 {
				return nil, false
			}
			if digits, ok = along(digits, g, step, channelMajor(from), out[k].step.times(inside)); !ok {
				return nil, false
			}
			n, step, left, inside = n/g, step*g, left/g, inside*g
		}
	}
	return digits, true
}

// along adds a digit of n indices, step elements apart in the channel-major order of axes, cut where it leaves one.
func along(digits []digit, n, step int, axes [4]axis, out place) ([]digit, bool) {
	for _, a := range axes {
		if n == 1 {
			break
		}
		if step >= a.unit*a.n {
			continue
		}
		if step < a.unit || step%a.unit != 0 {
			return nil, false
		}
		within := step / a.unit
		if a.n%within != 0 {
			return nil, false
		}
		g := min(n, a.n/within)
		if n%g != 0 {
			return nil, false
		}
		digits = append(digits, digit{g, a.step.times(within), out})
		n, step, out = n/g, step*g, out.times(g)
	}
	return digits, n == 1
}

type move struct {
	basic
	fn       func(*reorderArgs)
	dtype    DType
	from, to [4]int
	digits   []digit
}

// stride is a digit in two views that are there: in elements.
type stride struct{ n, in, out int }

func (o *move) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("move", len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		[4]int{in[0].N, in[0].H, in[0].W, in[0].C} == o.from && in[0].Stride >= in[0].C &&
		[4]int{out[0].N, out[0].H, out[0].W, out[0].C} == o.to && out[0].Stride >= out[0].C)
	t := &moveTask{move: o, in: in[0], out: out[0], workers: make([]moveWorker, workers)}
	for _, d := range o.digits {
		if s := (stride{d.n, d.in.pixels*in[0].Stride + d.in.channels,
			d.out.pixels*out[0].Stride + d.out.channels}); s.n != 1 {
			t.strides = append(t.strides, s)
			for i := len(t.strides) - 1; i > 0 && t.strides[i-1].out < s.out; i-- { // behind those no shorter in out
				t.strides[i-1], t.strides[i] = s, t.strides[i-1]
			}
		}
	}
	for i := len(t.strides) - 1; i > 0; i-- { // two that are one
		if a, b := t.strides[i-1], t.strides[i]; a.in == b.in*b.n && a.out == b.out*b.n {
			t.strides[i-1] = stride{a.n * b.n, b.in, b.out}
			t.strides = slices.Delete(t.strides, i, i+1)
		}
	}
	t.inner()
	return t
}

// inner takes three digits for the box: the columns lie side by side in out, and the rows in in, if any do. It cuts it
// into tiles.
func (t *moveTask) inner() {
	pop := func(i int) stride {
		s := stride{1, 0, 0}
		if i >= 0 {
			s = t.strides[i]
			t.strides = slices.Delete(t.strides, i, i+1)
		}
		return s
	}
	t.cols = pop(len(t.strides) - 1)
	next := len(t.strides) - 1
	if t.cols.in != 1 {
		if i := slices.IndexFunc(t.strides, func(s stride) bool { return s.in == 1 }); i >= 0 {
			next = i
		}
	}
	t.rows = pop(next)
	t.layers = pop(len(t.strides) - 1)
	t.tileCols = min(t.cols.n, heed)
	if t.cols.in != 1 || t.cols.out != 1 {
		const side = 64 // of a tile that a cache holds, read and written
		t.tileCols = min(t.cols.n, max(side, side*side/(t.rows.n*t.layers.n)&^7))
	}
	t.tileRows = min(t.rows.n, max(unitElements/t.tileCols, 1))
	if t.cols.in != 1 {
		t.tileRows = min(t.tileRows, max(64, 4096/t.tileCols))
	}
	t.tileLayers = min(t.layers.n, max(unitElements/(t.tileCols*t.tileRows), 1))
	t.across = (t.cols.n + t.tileCols - 1) / t.tileCols
	t.down = (t.rows.n + t.tileRows - 1) / t.tileRows
	t.deep = (t.layers.n + t.tileLayers - 1) / t.tileLayers
	t.tiles = t.across * t.down * t.deep
	for _, s := range t.strides {
		t.tiles *= s.n
	}
	t.perUnit = max(unitElements/(t.tileCols*t.tileRows*t.tileLayers), 1)
}

type moveTask struct {
	*move
	onlyTask
	in, out                        View
	strides                        []stride // of what is around the box, outermost first
	layers, rows, cols             stride
	tileLayers, tileRows, tileCols int
	deep, down, across             int // tiles
	tiles, perUnit                 int
	workers                        []moveWorker
}

type moveWorker struct {
	args reorderArgs
	_    [64]byte
}

func (t *moveTask) Units() int { return (t.tiles + t.perUnit - 1) / t.perUnit }

func (t *moveTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for tile := lo * t.perUnit; tile < min(hi*t.perUnit, t.tiles) && !stop.Asked(); tile++ {
		i, j, left := tile%t.across*t.tileCols, tile/t.across%t.down*t.tileRows, tile/t.across/t.down
		h := left % t.deep * t.tileLayers
		left /= t.deep
		from, to := i*t.cols.in+j*t.rows.in+h*t.layers.in, i*t.cols.out+j*t.rows.out+h*t.layers.out
		for k := len(t.strides) - 1; k >= 0; k-- {
			s := &t.strides[k]
			from, to = from+left%s.n*s.in, to+left%s.n*s.out
			left /= s.n
		}
		*a = reorderArgs{src: t.in.at(from), dst: t.out.at(to),
			n:       [3]int{min(t.tileLayers, t.layers.n-h), min(t.tileRows, t.rows.n-j), min(t.tileCols, t.cols.n-i)},
			dstStep: [3]int{t.layers.out, t.rows.out, t.cols.out}, srcStep: [3]int{t.layers.in, t.rows.in, t.cols.in}}
		a.tidy()
		t.fn(a)
	}
}
