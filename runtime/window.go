package runtime

// Window is the geometry shared by convolution and pooling.
// Zero strides and dilations mean 1.
type Window struct {
	R, S                                 int // rows and columns
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	DilationH, DilationW                 int
}

// Norm returns w with zero strides and dilations replaced by 1.
func (w Window) Norm() Window {
	w.StrideH, w.StrideW = max(w.StrideH, 1), max(w.StrideW, 1)
	w.DilationH, w.DilationW = max(w.DilationH, 1), max(w.DilationW, 1)
	return w
}

const maxWindow = 1 << 14 // bound on every number of a window, so that sums of them cannot overflow

func (w Window) check() error {
	for _, v := range []int{w.R, w.S} {
		if v < 1 || v > maxWindow {
			return errorf("window %d×%d: %w", w.R, w.S, ErrShape)
		}
	}
	for _, v := range []int{w.StrideH, w.StrideW, w.DilationH, w.DilationW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight} {
		if v < 0 || v > maxWindow {
			return errorf("stride, dilation or padding %d out of range: %w", v, ErrShape)
		}
	}
	return nil
}
