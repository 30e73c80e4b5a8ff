package preprocess

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Frame makes a network's input of a camera's frames: crop, resize, colours, mean, scale and, for a quantised input,
// rounding, without an image in between. It is bound once and then allocates nothing:
//
//	f, err := preprocess.NewFrame(preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 1280, Height: 720}, spec, sess.Input(0))
//	err = f.Fill(bytes) // for each frame, before sess.Run
//
// The result is that of a [Preparer] on the frame converted to RGB, with two differences: colours are not rounded to
// 8 bits in between, and bytes that stand for no colour (such as a bright saturated Y'CbCr) are clamped after they have
// been mixed with their neighbours, not before. Chroma that two or four pixels share is repeated, not interpolated.
// It is the same on every CPU and tier, bit for bit.
//
// Rows are blended before they are converted: a frame of YUYV is read as bytes, whatever they mean, and colours are
// computed for the network's pixels only. With [Bilinear] at most two rows are read for each row of the input.
//
// A Frame belongs to one goroutine at a time, that of its session.
type Frame struct {
	format  FrameFormat
	spec    Spec
	input   *runtime.Tensor
	size    int // bytes that a frame has at least
	blender *kernels.Blender
	planes  []framePlane
	bars    []bool       // columns that lie in a bar; nil if none does
	top     int          // rows of the input above the image,
	bottom  int          // and the first one below it
	across  [3][]float32 // one row of the input by the frame's channels
	matrix  matrix
	write   writer
}

// framePlane is a plane bound to its tables.
type framePlane struct {
	plane
	first   int       // the first byte of a row that is needed
	rows    taps      // of this plane's rows
	blended []float32 // one row from first, and room for the last window
	needed  int       // how many of these are blended
	views   []frameView
}

// frameView is a view bound to its windows.
type frameView struct {
	lanes [3][]int // of each channel: none, one, two or all four
	dots  *kernels.Dotter
	sums  []float32 // four for each column
}

// NewFrame binds frames of the format to an input, which must have the spec's shape and one image. The errors are
// *[FrameError], or wrap [runtime.ErrShape].
func NewFrame(f FrameFormat, s Spec, input *runtime.Tensor) (*Frame, error) {
	tier, err := arch.Default()
	if err != nil {
		return nil, err
	}
	return newFrame(f, s, input, tier)
}

func newFrame(f FrameFormat, s Spec, input *runtime.Tensor, limit arch.ISA) (*Frame, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	planes, err := f.planes()
	if err != nil {
		return nil, err
	}
	if want := (runtime.Shape{N: 1, H: s.Height, W: s.Width, C: s.Order.Channels()}); input.Shape() != want {
		return nil, f.errorf("the input is %v, the spec makes %v", input.Shape(), want)
	}
	fr := &Frame{format: f, spec: s, input: input, size: f.Size(), blender: kernels.NewBlender(limit), matrix: f.matrix()}
	fr.write.init(&s, input.Info().Quant)

	var cols, rows taps
	s.place(f.Width, f.Height).taps(f.Width, f.Height, &s, &cols, &rows)
	fr.findBars(&cols, &rows)
	for _, p := range planes {
		bound, err := bindPlane(p, &cols, &rows, limit)
		if err != nil {
			return nil, &FrameError{f, err}
		}
		fr.planes = append(fr.planes, bound)
	}
	for c := range fr.across {
		fr.across[c] = make([]float32, s.Width)
	}
	return fr, nil
}

// findBars notes what lies beside the image. The rows and columns of the image are contiguous.
func (fr *Frame) findBars(cols, rows *taps) {
	for _, n := range cols.count {
		if n == 0 {
			fr.bars = make([]bool, len(cols.count))
			for x, n := range cols.count {
				fr.bars[x] = n == 0
			}
			break
		}
	}
	for fr.top < len(rows.count) && rows.count[fr.top] == 0 {
		fr.top++
	}
	fr.bottom = fr.top
	for fr.bottom < len(rows.count) && rows.count[fr.bottom] != 0 {
		fr.bottom++
	}
}

// bindPlane makes a plane's tables from those of the pixels.
func bindPlane(p plane, cols, rows *taps, limit arch.ISA) (framePlane, error) {
	out := framePlane{plane: p, rows: rows.shared(p.down)}
	// The bytes that are needed: from first, a multiple of 4, so that lanes keep their meaning, to end.
	first, end := math.MaxInt, 0
	for _, v := range p.views {
		for x := range cols.start {
			lo, hi := v.window(cols, x)
			first, end = min(first, lo), max(end, hi)
		}
	}
	first &^= 3
	out.first, out.needed = first, end-first
	reach := out.needed
	for _, v := range p.views {
		bound, err := v.bind(cols, first, limit)
		if err != nil {
			return out, err
		}
		reach = max(reach, bound.dots.Reach())
		out.views = append(out.views, bound)
	}
	out.blended = make([]float32, reach)
	return out, nil
}

// window returns the bytes that column x is made of; those of the first byte for a bar.
func (v *view) window(cols *taps, x int) (lo, hi int) {
	lo = math.MaxInt
	from, to := cols.start[x], max(cols.end(x), cols.start[x]+1)
	for _, s := range v.samples {
		lo, hi = min(lo, from/s.across*s.step+s.offset), max(hi, (to-1)/s.across*s.step+s.offset+1)
	}
	return lo, hi
}

// bind makes the windows of a view, as offsets from the byte first.
func (v *view) bind(cols *taps, first int, limit arch.ISA) (frameView, error) {
	width := 8
	starts := make([]int32, len(cols.start))
	for x := range starts {
		lo, hi := v.window(cols, x)
		lo &^= 3
		starts[x] = int32(lo - first)
		width = max(width, (hi-lo+7)&^7)
	}
	weights := make([]float32, len(starts)*width)
	for x := range starts {
		w := weights[x*width:][:width]
		for i := range cols.count[x] {
			px := cols.start[x] + i
			for _, s := range v.samples {
				w[px/s.across*s.step+s.offset-first-int(starts[x])] += cols.weights[x*cols.width+i]
			}
		}
	}
	dots, err := kernels.NewDotter(starts, weights, width, limit)
	bound := frameView{dots: dots, sums: make([]float32, 4*len(starts))}
	for l, c := range v.channel {
		bound.lanes[c] = append(bound.lanes[c], l)
	}
	return bound, err
}

// shared returns the taps of a plane of which n positions here are one: their weights are added.
func (t *taps) shared(n int) taps {
	out := taps{width: t.width/n + 2, start: make([]int, len(t.start)), count: make([]int, len(t.start))}
	out.weights = make([]float32, len(t.start)*out.width)
	for i, start := range t.start {
		out.start[i] = start / n
		if t.count[i] > 0 {
			out.count[i] = (t.end(i)-1)/n - start/n + 1
		}
		for j := range t.count[i] {
			out.weights[i*out.width+(start+j)/n-start/n] += t.weights[i*t.width+j]
		}
	}
	return out
}

// Size returns the bytes that a frame must have at least.
func (fr *Frame) Size() int { return fr.size }

// Format returns what the frame was bound to.
func (fr *Frame) Format() FrameFormat { return fr.format }

// Fill makes the input of one frame, which is neither kept nor changed. A frame that is too short, as cameras give when
// a transfer is cut off, is a *[FrameError], and the input is as before.
func (fr *Frame) Fill(frame []byte) error {
	if len(frame) < fr.size {
		return fr.format.errorf("%d bytes, want %d", len(frame), fr.size)
	}
	fr.write.bind(fr.input)
	for y := range fr.spec.Height {
		if y < fr.top || y >= fr.bottom {
			fr.write.bar()
			continue
		}
		for i := range fr.planes {
			fr.planes[i].resize(fr.blender, frame, y, &fr.across)
		}
		fr.colours()
		fr.write.row(&fr.across, fr.bars)
	}
	return nil
}

// resize makes the plane's channels of the input's row y.
func (p *framePlane) resize(b *kernels.Blender, frame []byte, y int, across *[3][]float32) {
	src := frame[p.offset+p.rows.start[y]*p.stride+p.first:]
	b.Blend(p.blended[:p.needed], src, p.stride, p.rows.weights[y*p.rows.width:][:p.rows.count[y]])
	for i := range p.views {
		v := &p.views[i]
		v.dots.Dots(v.sums, p.blended)
		for c, lanes := range v.lanes {
			if len(lanes) > 0 {
				gather(across[c], v.sums, lanes)
			}
		}
	}
}

// gather makes a channel's row of one, two or all four sums of each column.
func gather(dst, sums []float32, lanes []int) {
	sums = sums[:4*len(dst)]
	switch len(lanes) {
	case 1:
		for x := range dst {
			dst[x] = sums[4*x+lanes[0]]
		}
	case 2:
		a, b := sums[lanes[0]:], sums[lanes[1]:]
		for x := range dst {
			dst[x] = a[4*x] + b[4*x]
		}
	default:
		for x := range dst {
			s := sums[4*x : 4*x+4 : 4*x+4]
			dst[x] = (s[0] + s[1]) + (s[2] + s[3])
		}
	}
}

// colours turns the row's channels into R, G, B.
func (fr *Frame) colours() {
	r := fr.across[0]
	g, b := fr.across[1][:len(r)], fr.across[2][:len(r)]
	switch fr.format.Pixels {
	case RGB24, BGR24:
	case Grey8:
		copy(g, r)
		copy(b, r)
	default:
		for x := range r {
			r[x], g[x], b[x] = fr.matrix.rgb(r[x], g[x], b[x])
		}
	}
}
