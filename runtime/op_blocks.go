package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(22, func() Op { return new(DepthToSpace) })
	_ = register(23, func() Op { return new(SpaceToDepth) })
)

// DepthToSpace makes a square of pixels of each pixel, whose channels become the square's: ONNX's DepthToSpace, and
// that of TensorFlow Lite, which is not ChannelMajor. It moves elements, so it works on any type.
//
//	out[n, y·Block+i, x·Block+j, c] = in[n, y, x, (i·Block+j)·C + c]        ONNX's DCR
//	                                  in[n, y, x, (c·Block+i)·Block + j]    ChannelMajor: ONNX's CRD, PyTorch's PixelShuffle
//
// C being the channels of the output.
type DepthToSpace struct {
	Block        int // pixels of a square's side
	ChannelMajor bool
}

func (*DepthToSpace) Kind() string { return "DepthToSpace" }

func (d *DepthToSpace) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (d.Block < 1 || d.Block > s.C/d.Block || s.C%(d.Block*d.Block) != 0) {
		err = errorf("%v in blocks of side %d: %w", s, d.Block, ErrShape)
	}
	if err != nil {
		return s, err
	}
	return Shape{s.N, s.H * d.Block, s.W * d.Block, s.C / (d.Block * d.Block)}, nil
}

func (*DepthToSpace) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (*DepthToSpace) cost(_ []Shape, out Shape) Cost { return each(out, moveWork) }

func (*DepthToSpace) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (d *DepthToSpace) fields(f *fields) {
	f.ints(&d.Block)
	f.bool(&d.ChannelMajor)
}

func (d *DepthToSpace) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewDepthToSpace(s.in[0].DType, d.Block, d.ChannelMajor, isa)
}

// SpaceToDepth makes one pixel of each square of pixels, with the channels of all of them, those of the first pixel
// first: ONNX's SpaceToDepth, and that of TensorFlow Lite. It is the inverse of [DepthToSpace] that is not
// ChannelMajor.
type SpaceToDepth struct {
	Block int // pixels of a square's side
}

func (*SpaceToDepth) Kind() string { return "SpaceToDepth" }

func (d *SpaceToDepth) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (d.Block < 1 || s.H%d.Block != 0 || s.W%d.Block != 0) {
		err = errorf("%v in blocks of side %d: %w", s, d.Block, ErrShape)
	}
	if err != nil {
		return s, err
	}
	return Shape{s.N, s.H / d.Block, s.W / d.Block, s.C * d.Block * d.Block}, nil
}

func (*SpaceToDepth) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (*SpaceToDepth) cost(_ []Shape, out Shape) Cost { return each(out, moveWork) }

func (*SpaceToDepth) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (d *SpaceToDepth) fields(f *fields) { f.ints(&d.Block) }

func (d *SpaceToDepth) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewSpaceToDepth(s.in[0].DType, d.Block, isa)
}
