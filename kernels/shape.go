package kernels

import "math"

// ConvShape is the geometry of a 2-D convolution over NHWC data with filters [K][R][S][C/Groups].
type ConvShape struct {
	N, H, W, C                           int // input images, rows, columns, channels
	K, R, S                              int // filters, their rows and columns
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int // zeros around the input
	DilationH, DilationW                 int
	Groups                               int // C and K are multiples of it
}

// OutH returns the output's rows, ⌊(H + pads − dilated R)/stride⌋ + 1; 0 when the filter does not fit.
func (s *ConvShape) OutH() int {
	return outDim(s.H+s.PadTop+s.PadBottom, s.R, s.StrideH, s.DilationH)
}

// OutW returns the output's columns.
func (s *ConvShape) OutW() int {
	return outDim(s.W+s.PadLeft+s.PadRight, s.S, s.StrideW, s.DilationW)
}

// pointwise reports whether each output pixel is made of the input's pixel at its place alone.
func (s *ConvShape) pointwise() bool {
	return s.R == 1 && s.S == 1 && s.StrideH == 1 && s.StrideW == 1 && s.OutH() == s.H && s.OutW() == s.W
}

// MACs returns the multiply-accumulates of a direct convolution, taps on the border included.
func (s *ConvShape) MACs() int64 {
	return int64(s.N) * int64(s.OutH()) * int64(s.OutW()) * int64(s.K) * int64(s.R) * int64(s.S) * int64(s.C/s.Groups)
}

// outDim is called where programs have no need of a copy.
//
//go:noinline
func outDim(padded, taps, stride, dilation int) int {
	span := (taps-1)*dilation + 1
	if padded < span {
		return 0
	}
	return (padded-span)/stride + 1
}

// PoolShape is the geometry of a 2-D pooling window. OutH and OutW are given, since ceil and floor modes
// and their clipping differ between frameworks; the runtime computes them.
type PoolShape struct {
	N, H, W, C           int
	R, S                 int
	StrideH, StrideW     int
	PadTop, PadLeft      int
	DilationH, DilationW int
	OutH, OutW           int
	// PadBottom and PadRight matter only to CountIncludePad: a window's divisor counts the cells inside the
	// padded input.
	PadBottom, PadRight int
	CountIncludePad     bool
}

var (
	negInf = float32(math.Inf(-1))
	posInf = float32(math.Inf(1))
)
