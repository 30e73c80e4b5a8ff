package kernels

import (
	"errors"
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
)

// ErrShape says that an operation's arguments do not fit together.
var ErrShape = errors.New("kernels: shape mismatch")

// NewConvF32 returns a float convolution of the given geometry with weights [K][R][S][C/Groups] and bias [K] or nil,
// clamped by act, on the best kernel at or below limit. Its meaning is that of [RefConvF32].
//
// Segments, when not nil, splits the K output channels between that many output views, in order: so siblings that
// read the same tensor are computed as one. The op takes one input view and as many output views.
//
// The algorithm is chosen by geometry: Winograd F(4,3) for 3×3 stride 1 on maps where it wins, rows of a padded
// copy for inputs of few channels, one channel at a time for depthwise, indirect GEMM for the rest.
func NewConvF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) (Op, error) {
	if err := checkConv(&s, &segments, len(weights), len(bias)); err != nil {
		return nil, err
	}
	c := convF32{shape: s, segments: segments, act: act}
	switch {
	case s.Groups > 1 && s.Groups == s.C && s.Groups == s.K && len(segments) == 1:
		return newDepthwiseF32(c, weights, bias, limit), nil
	case s.Groups > 1:
		return newGroupedF32(c, weights, bias, limit)
	case winogradWins(&s, limit):
		return newWinogradF32(c, weights, bias, limit), nil
	case fewChannels(&s):
		return newRowConvF32(c, weights, bias, limit), nil
	}
	return newDirectConvF32(c, weights, bias, limit), nil
}

// NewDirectConvF32 is NewConvF32 restricted to the indirect GEMM, for tests and for measuring the choice.
func NewDirectConvF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) (Op, error) {
	if err := checkConv(&s, &segments, len(weights), len(bias)); err != nil {
		return nil, err
	}
	if s.Groups != 1 {
		return nil, fmt.Errorf("%w: direct convolution of %d groups", ErrShape, s.Groups)
	}
	return newDirectConvF32(convF32{shape: s, segments: segments, act: act}, weights, bias, limit), nil
}

// NewWinogradConvF32 is NewConvF32 restricted to Winograd F(4,3); it fails where that does not apply.
func NewWinogradConvF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) (Op, error) {
	if err := checkConv(&s, &segments, len(weights), len(bias)); err != nil {
		return nil, err
	}
	if !winogradFits(&s) {
		return nil, fmt.Errorf("%w: Winograd F(4,3) needs a 3×3 window of stride 1 over a multiple of 8 channels", ErrShape)
	}
	return newWinogradF32(convF32{shape: s, segments: segments, act: act}, weights, bias, limit), nil
}

// convF32 is what all float convolutions have in common.
type convF32 struct {
	shape    ConvShape
	segments []int
	act      Clamp
}

func checkConv(s *ConvShape, segments *[]int, weights, bias int) error {
	if s.N < 1 || s.H < 1 || s.W < 1 || s.C < 1 || s.K < 1 || s.R < 1 || s.S < 1 || s.StrideH < 1 || s.StrideW < 1 ||
		s.DilationH < 1 || s.DilationW < 1 || s.Groups < 1 || s.C%s.Groups != 0 || s.K%s.Groups != 0 ||
		min(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) < 0 || s.OutH() < 1 || s.OutW() < 1 {
		return fmt.Errorf("%w: convolution %+v", ErrShape, *s)
	}
	if want := s.K * s.R * s.S * (s.C / s.Groups); weights != want {
		return fmt.Errorf("%w: %d weights, want %d", ErrShape, weights, want)
	}
	if bias != 0 && bias != s.K {
		return fmt.Errorf("%w: %d biases, want %d", ErrShape, bias, s.K)
	}
	if len(*segments) == 0 {
		*segments = []int{s.K}
	}
	sum := 0
	for _, n := range *segments {
		if n < 1 {
			return fmt.Errorf("%w: segments %v", ErrShape, *segments)
		}
		sum += n
	}
	if sum != s.K {
		return fmt.Errorf("%w: segments %v for %d channels", ErrShape, *segments, s.K)
	}
	return nil
}

// checkViews panics unless Bind was given what the op was made for; the runtime's verifier has checked already, so
// this is the last line before assembly.
func checkViews(what string, ok bool) {
	if !ok {
		panic("kernels: " + what + " bound to views of another shape")
	}
}

func (c *convF32) checkBind(in, out []View) {
	s := &c.shape
	ok := len(in) == 1 && len(out) == len(c.segments) && in[0].DType == F32 &&
		in[0].N == s.N && in[0].H == s.H && in[0].W == s.W && in[0].C == s.C && in[0].Stride >= s.C
	for i := 0; ok && i < len(out); i++ {
		o := &out[i]
		ok = o.DType == F32 && o.N == s.N && o.H == s.OutH() && o.W == s.OutW() && o.C == c.segments[i] && o.Stride >= o.C
	}
	checkViews("convolution", ok)
}
