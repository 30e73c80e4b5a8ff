package runtime

import (
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// 21 was that of an operation that no release had.
var _ = register(24, func() Op { return new(Take) })

// Take picks elements along each axis:
//
//	out[n, y, x, c] = in[Images[n], Rows[y], Cols[x], Channels[c]]
//
// An empty list names all of its axis, in order. Where an index is −1 the output is Fill: in a quantised value the
// level that stands for it, or comes nearest. It moves elements, so it works on any type. Package quant leaves one that
// fills with something else than 0 float.
//
// It is every slice, split, gathering, padding, repetition and reversal by indices that are known before the run, and
// resizing by the nearest neighbour, once an importer has made the lists by its format's own rule, in binary32, i being
// the output's index, s = output/input or the scale given, and the result kept within the input:
//
//	ONNX, half_pixel              (i + ½)/s − ½       rounded by nearest_mode: to the nearest, of two to the lower
//	      asymmetric              i/s                 (round_prefer_floor) or the upper one (round_prefer_ceil), floor, ceil
//	      align_corners           i·(input − 1)/(output − 1)
//	      pytorch_half_pixel      as half_pixel; 0 where the output has one index
//	TensorFlow Lite               ⌊i·(input/output)⌋
//	      half_pixel_centers      ⌊(i + ½)·(input/output)⌋
//	      align_corners           round(i·((input − 1)/(output − 1))), halves up
type Take struct {
	Images, Rows, Cols, Channels []int32
	Fill                         float32
}

func (*Take) Kind() string { return "Take" }

// lists are the axes of a shape beside those of the operation.
func (t *Take) lists(s *Shape) [4]struct {
	at []int32
	n  *int
} {
	return [4]struct {
		at []int32
		n  *int
	}{{t.Images, &s.N}, {t.Rows, &s.H}, {t.Cols, &s.W}, {t.Channels, &s.C}}
}

func (t *Take) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	out := s
	for _, axis := range t.lists(&out) {
		for _, i := range axis.at {
			if i < -1 || int(i) >= *axis.n {
				return s, errorf("index %d of %d in %v: %w", i, *axis.n, s, ErrShape)
			}
		}
		if len(axis.at) > 0 {
			*axis.n = len(axis.at)
		}
	}
	return out, nil
}

func (*Take) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (t *Take) cost(_ []Shape, out Shape) Cost {
	return each(out, moveWork).holding(0, 4*(len(t.Images)+len(t.Rows)+len(t.Cols)+len(t.Channels)))
}

func (t *Take) traits() traits {
	if t.fills() && t.Fill != 0 { // which the input's scale may have no level for
		return traits{apart, pixels, sameBits, FloatOnly}
	}
	return traits{apart, pixels, sameBits, Moves}
}

// slice returns the first channel of an operation that takes a range of channels and nothing else; −1 of any other.
func (t *Take) slice() int {
	if len(t.Images)+len(t.Rows)+len(t.Cols) > 0 || len(t.Channels) == 0 {
		return -1
	}
	for i, at := range t.Channels {
		if at != t.Channels[0]+int32(i) {
			return -1
		}
	}
	return int(t.Channels[0])
}

// fills reports whether an element of the output is Fill.
func (t *Take) fills() bool {
	for _, at := range [][]int32{t.Images, t.Rows, t.Cols, t.Channels} {
		if slices.Contains(at, -1) {
			return true
		}
	}
	return false
}

func (t *Take) fields(f *fields) {
	array(f, &t.Images)
	array(f, &t.Rows)
	array(f, &t.Cols)
	array(f, &t.Channels)
	f.float(&t.Fill)
}

func (t *Take) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	in := s.in[0]
	fill := math.Float32bits(t.Fill)
	switch in.DType {
	case F16:
		fill = uint32(kernels.ToHalf(t.Fill))
	case U8:
		fill = uint32(in.Quant.Level(t.Fill))
	case I32:
		fill = uint32(kernels.ToInt32(t.Fill, math.MinInt32, math.MaxInt32))
	}
	return kernels.NewTake(in.DType, in.Shape.N, in.Shape.H, in.Shape.W, in.Shape.C, kernels.Taking{Images: t.Images,
		Rows: t.Rows, Cols: t.Cols, Channels: t.Channels, Fill: fill}, isa)
}
