package runtime

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(21, func() Op { return new(Resize) })

// Resize makes each output pixel a copy of one input pixel: out[n, y, x, c] = in[n, Rows[y], Cols[x], c]. It moves
// elements, so it works on any type.
//
// It is resizing by the nearest neighbour, once an importer has made Rows and Cols by its format's own rule, in
// binary32, i being the output's index, s = output/input or the scale given, and the result kept within the input:
//
//	ONNX, half_pixel              (i + ½)/s − ½       rounded by nearest_mode: to the nearest, of two to the lower
//	      asymmetric              i/s                 (round_prefer_floor) or the upper one (round_prefer_ceil), floor, ceil
//	      align_corners           i·(input − 1)/(output − 1)
//	      pytorch_half_pixel      as half_pixel; 0 where the output has one index
//	TensorFlow Lite               ⌊i·(input/output)⌋
//	      half_pixel_centers      ⌊(i + ½)·(input/output)⌋
//	      align_corners           round(i·((input − 1)/(output − 1))), halves up
type Resize struct {
	Rows, Cols []int32 // rows and columns of the input
}

func (*Resize) Kind() string { return "Resize" }

func (r *Resize) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	for _, axis := range []struct {
		at []int32
		n  int
	}{{r.Rows, s.H}, {r.Cols, s.W}} {
		for _, i := range axis.at {
			if i < 0 || int(i) >= axis.n {
				return s, fmt.Errorf("row or column %d of %v: %w", i, s, ErrShape)
			}
		}
	}
	return Shape{s.N, len(r.Rows), len(r.Cols), s.C}, nil
}

func (*Resize) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (r *Resize) cost(_ []Shape, out Shape) Cost {
	return each(out, moveWork).holding(0, 4*len(r.Rows)+4*len(r.Cols))
}

func (*Resize) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (r *Resize) fields(f *fields) {
	array(f, &r.Rows)
	array(f, &r.Cols)
}

func (r *Resize) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	in := s.in[0]
	return kernels.NewResize(in.DType, in.Shape.H, in.Shape.W, r.Rows, r.Cols, isa)
}
