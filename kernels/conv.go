package kernels

import (
	"errors"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// ErrShape says that an operation's arguments do not fit together.
var ErrShape = errors.New("kernels: shape mismatch")

// conv is what the convolutions built on the tile kernel have in common, float or quantised.
type conv struct {
	shape    ConvShape
	segments []int // channels of each output view
	dtype    DType
	kernel   *Kernel
	fn       func(*convTileArgs)
	blocks   []convBlock
	parts    []int       // of each block's weights; nil if they have one
	panels   []convPanel // of each block
	border   []byte      // what border taps read: zeros, or the input's zero point
	bytes    int         // packed weights, biases and scales
	finish   []finish    // of each output, or nil
	chosen
}

// convTile is the best tile kernel for a dtype at or below limit.
func convTile(dt DType, limit arch.ISA) *Kernel {
	k, _ := Select[func(*convTileArgs)](OpConvTile, dt, limit)
	return k
}

func (c *conv) Kernel() string   { return c.kernel.Name + finishName(c.finish) }
func (c *conv) ISA() arch.ISA    { return c.kernel.ISA }
func (c *conv) PackedBytes() int { return c.bytes }

// tiles of so many output rows, taken together.
func (c *conv) tiles(rows int) int { return (rows*c.shape.OutW() + c.kernel.MR - 1) / c.kernel.MR }

// convCall is about how many products one call of the tile kernel does at most, unless it is for one tile.
const convCall = 1 << 24

// call runs the tile kernel over block b: tiles of pixels from `pixel` on, `rows` of them in the last tile.
func (c *conv) call(a *convTileArgs, out []View, b, pixel, tiles, rows int, stop *Stop) {
	blk := &c.blocks[b]
	a.take(&c.panels[b])
	c.write(a, &out[blk.segment], blk, pixel, tiles, rows, stop)
}

// take sets what a panel is.
func (a *convTileArgs) take(p *convPanel) {
	a.w, a.bias, a.scale, a.size, a.order = p.w, p.bias, p.scale, p.size, p.order
	a.lo, a.hi, a.zero, a.raise, a.plain = p.lo, p.hi, p.zero, p.raise, p.plain
}

// write is call once the panel is taken, of a block that lies at its channels of o.
func (c *conv) write(a *convTileArgs, o *View, blk *convBlock, pixel, tiles, rows int, stop *Stop) {
	a.dst = o.at(pixel*o.Stride + blk.at)
	a.dstStride = o.Stride * o.DType.Size()
	a.cols, a.stop = blk.cols, stop
	mr := c.kernel.MR
	tile := int64(a.taps*a.groups*c.kernel.KR) * int64(mr*c.kernel.NR)
	for most := int(max(1, convCall/tile)); tiles > most; tiles -= most {
		if stop.Asked() {
			return
		}
		a.tiles, a.rows = most, mr
		c.fn(a)
		a.ptrs = unsafe.Add(a.ptrs, most*a.taps*mr*int(unsafe.Sizeof(a.ptrs)))
		pixel += most * mr
		a.dst = o.at(pixel*o.Stride + blk.at)
	}
	a.tiles, a.rows = tiles, rows
	c.fn(a)
}

const (
	maxTaps  = 1 << 18 // of a window: its rows times its columns
	maxDepth = 1 << 20 // numbers under a window that one assembly call multiplies
	maxPtrs  = 1 << 17 // addresses of pixels kept by a worker for each group, unless a single tile has more
)

// deep reports whether a window is too large for an assembly call; the portable kernels leave off within one.
func (s *ConvShape) deep() bool { return s.R*s.S > maxDepth/(s.C/s.Groups) }

func checkConv(s *ConvShape, segments *[]int, weights, bias int) error {
	if s.N < 1 || s.H < 1 || s.W < 1 || s.C < 1 || s.K < 1 || s.R < 1 || s.S < 1 || s.StrideH < 1 || s.StrideW < 1 ||
		s.DilationH < 1 || s.DilationW < 1 || s.R > maxTaps/s.S || s.Groups < 1 || s.C%s.Groups != 0 || s.K%s.Groups != 0 ||
		min(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) < 0 || s.OutH() < 1 || s.OutW() < 1 {
		return errorf("%w: convolution %+v", ErrShape, *s)
	}
	if want := s.K * s.R * s.S * (s.C / s.Groups); weights != want {
		return errorf("%w: %d weights, want %d", ErrShape, weights, want)
	}
	if bias != 0 && bias != s.K {
		return errorf("%w: %d biases, want %d", ErrShape, bias, s.K)
	}
	if len(*segments) == 0 {
		*segments = []int{s.K}
	}
	sum := 0
	for _, n := range *segments {
		if n < 1 {
			return errorf("%w: segments %v", ErrShape, *segments)
		}
		sum += n
	}
	if sum != s.K {
		return errorf("%w: segments %v for %d channels", ErrShape, *segments, s.K)
	}
	return nil
}

// checkViews panics unless Bind was given what the op was made for; the runtime's proof has checked already, so
// this is the last line before assembly.
func checkViews(what string, ok bool) {
	if !ok {
		panic("kernels: " + what + " bound to views of another shape")
	}
}

func checkConvViews(s *ConvShape, dt DType, segments []int, in, out []View) {
	ok := len(in) == 1 && len(out) == len(segments) && in[0].DType == dt &&
		in[0].N == s.N && in[0].H == s.H && in[0].W == s.W && in[0].C == s.C && in[0].Stride >= s.C
	for i := 0; ok && i < len(out); i++ {
		o := &out[i]
		ok = o.DType == dt && o.N == s.N && o.H == s.OutH() && o.W == s.OutW() && o.C == segments[i] && o.Stride >= o.C
	}
	checkViews("convolution", ok)
}
