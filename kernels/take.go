package kernels

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpTake copies the pixels and channels that lists name: func(*takeArgs); by element size, as OpCopy.
const OpTake OpKind = "take"

// takeArgs is the argument of taking, of one row:
//
//	dst[x][i] = src[cols.at(x)][chans.at(i)]     first ≤ x < first + pixels, 0 ≤ i < channels
//
// and fill where either index is −1. dst begins at pixel first, src at the row. They do not overlap.
type takeArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer
	dstStride, srcStride int // elements from one pixel to the next
	cols, chans          picks
	first, pixels        int
	channels             int
	fill                 uint32 // the bits of an element
}

// picks is a list of indices of one axis, −1 for none. The list nil names all of them.
type picks struct {
	at  []int32
	run []int32 // how many from each on follow one another, or are −1
}

// newPicks returns a copy of a list whose indices are below n.
func newPicks(at []int32, n int) (picks, error) {
	if len(at) == 0 {
		return picks{}, nil
	}
	p := picks{slices.Clone(at), make([]int32, len(at))}
	for i := len(at) - 1; i >= 0; i-- {
		v := p.at[i]
		if v < -1 || int(v) >= n {
			return picks{}, errorf("%w: index %d of %d", ErrShape, v, n)
		}
		p.run[i] = 1
		if i+1 < len(at) && (v < 0 && p.at[i+1] < 0 || v >= 0 && p.at[i+1] == v+1) {
			p.run[i] += p.run[i+1]
		}
	}
	return p, nil
}

// from returns index i, and how many of the n from i on follow one another.
func (p *picks) from(i, n int) (at, run int) {
	if p.at == nil {
		return i, n
	}
	return int(p.at[i]), min(int(p.run[i]), n)
}

// part is the list from index i on, of the n there.
func (p *picks) part(i, n int) picks {
	if p.at == nil {
		return *p
	}
	return picks{p.at[i : i+n], p.run[i : i+n]}
}

// fits reports whether the list makes out indices of in.
func (p *picks) fits(in, out int) bool {
	return p.at == nil && in == out || p.at != nil && len(p.at) == out
}

func take32Generic(a *takeArgs) { takeGeneric[uint32](a) }
func take16Generic(a *takeArgs) { takeGeneric[uint16](a) }
func take8Generic(a *takeArgs)  { takeGeneric[uint8](a) }

func takeGeneric[T uint8 | uint16 | uint32](a *takeArgs) {
	dense := a.dstStride == a.channels && a.srcStride == a.channels && a.chans.at == nil
	for x := 0; x < a.pixels; {
		col, run := a.cols.from(a.first+x, a.pixels-x)
		switch {
		case col < 0:
			for p := x; p < x+run; p++ {
				paint(takeAt[T](a.dst, p*a.dstStride, a.channels), T(a.fill))
			}
		case dense:
			copy(takeAt[T](a.dst, x*a.dstStride, run*a.channels), takeAt[T](a.src, col*a.srcStride, run*a.channels))
		default:
			for i := range run {
				takePixel[T](a, x+i, col+i)
			}
		}
		x += run
	}
}

// takePixel takes the channels of a column for pixel x of dst.
func takePixel[T uint8 | uint16 | uint32](a *takeArgs, x, col int) {
	dst := takeAt[T](a.dst, x*a.dstStride, a.channels)
	src := unsafe.Add(a.src, col*a.srcStride*int(unsafe.Sizeof(T(0))))
	for i := 0; i < a.channels; {
		c, run := a.chans.from(i, a.channels-i)
		switch {
		case c < 0:
			paint(dst[i:i+run], T(a.fill))
		case run == 1:
			dst[i] = takeAt[T](src, c, 1)[0]
		default:
			copy(dst[i:i+run], takeAt[T](src, c, run))
		}
		i += run
	}
}

// takeAt is n elements from element i on.
func takeAt[T any](p unsafe.Pointer, i, n int) []T {
	return unsafe.Slice((*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T))))), n)
}

func paint[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

// Taking are the lists of NewTake: the input's index for each of the output, −1 for none; nil names all.
type Taking struct {
	Images, Rows, Cols, Channels []int32
	Fill                         uint32 // the bits of what stands where there is none
}

// NewTake returns the operation out[n, y, x, c] = in[Images[n], Rows[y], Cols[x], Channels[c]] over an input of those
// dimensions. It keeps copies of the lists: they become addresses.
func NewTake(dt DType, n, h, w, c int, t Taking, limit arch.ISA) (Op, error) {
	o := &take{dtype: dt, in: [4]int{n, h, w, c}, fill: t.Fill}
	for i, list := range [][]int32{t.Images, t.Rows, t.Cols, t.Channels} {
		var err error
		if o.axes[i], err = newPicks(list, o.in[i]); err != nil {
			return nil, err
		}
	}
	o.kernel, o.fn = Select[func(*takeArgs)](OpTake, bySize(dt), limit)
	if r, ok := o.runs(); ok {
		o.stripes = r
		o.kernel, o.reorder = Select[func(*reorderArgs)](OpReorder, bySize(dt), limit)
	}
	return o, nil
}

type take struct {
	basic
	fn      func(*takeArgs)
	reorder func(*reorderArgs) // in place of fn, where there are stripes
	stripes runs
	dtype   DType
	in      [4]int
	axes    [4]picks // images, rows, columns, channels
	fill    uint32
}

func (o *take) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		[4]int{in[0].N, in[0].H, in[0].W, in[0].C} == o.in && in[0].Stride >= in[0].C && out[0].Stride >= out[0].C
	if ok {
		for i, n := range [4]int{out[0].N, out[0].H, out[0].W, out[0].C} {
			ok = ok && o.axes[i].fits(o.in[i], n)
		}
	}
	checkViews("take", ok)
	return &takeTask{take: o, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(out[0].Pixels(), out[0].C),
		workers: make([]takeWorker, workers)}
}

type takeTask struct {
	*take
	onlyTask
	pixelBlocks
	in, out View
	workers []takeWorker
}

type takeWorker struct {
	args takeArgs
	box  reorderArgs
	_    [64]byte
}

func (t *takeTask) Run(worker, lo, hi int, stop *Stop) {
	for u := lo; u < hi && !stop.Asked(); u++ {
		for p, end := t.block(u); p < end; {
			n := min(end-p, t.out.W-p%t.out.W) // a row, or the part of it in this unit
			t.row(&t.workers[worker], p, n, stop)
			p += n
		}
	}
}

// row takes pixels p to p+n of one row of the output, wide ones in parts.
func (t *takeTask) row(worker *takeWorker, p, n int, stop *Stop) {
	a, y := &worker.args, p/t.out.W
	image, _ := t.axes[0].from(y/t.out.H, 1)
	row, _ := t.axes[1].from(y%t.out.H, 1)
	*a = takeArgs{dstStride: t.out.Stride, srcStride: t.in.Stride, cols: t.axes[2], first: p % t.out.W, pixels: n,
		fill: t.fill}
	for c := 0; c < t.out.C && !stop.Asked(); c += maxChannels {
		a.dst, a.channels = t.out.at(p*t.out.Stride+c), min(t.out.C-c, maxChannels)
		if image < 0 || row < 0 {
			t.blank(a)
			continue
		}
		from := (image*t.in.H + row) * t.in.W * t.in.Stride
		if t.reorder != nil {
			t.boxes(worker, from, c)
			continue
		}
		if a.chans = t.axes[3].part(c, a.channels); a.chans.at == nil {
			from += c
		}
		a.src = t.in.at(from)
		t.fn(a)
	}
}

// blank fills the pixels.
func (t *takeTask) blank(a *takeArgs) {
	for x := range a.pixels {
		switch at := x * a.dstStride; t.dtype.Size() {
		case 1:
			paint(takeAt[uint8](a.dst, at, a.channels), uint8(a.fill))
		case 2:
			paint(takeAt[uint16](a.dst, at, a.channels), uint16(a.fill))
		default:
			paint(takeAt[uint32](a.dst, at, a.channels), a.fill)
		}
	}
}
