package ncnn

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	convIDs = []int{0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18}
)

func registerConv() {
	register("Convolution", kind{knows: convIDs, arrays: convArrays, handle: convolution})
	register("ConvolutionDepthWise", kind{knows: append([]int{7}, convIDs...), arrays: convArrays,
		handle: convolution})
	register("InnerProduct", kind{knows: []int{0, 1, 2, 8, 9, 10}, handle: innerProduct,
		arrays: func(r *reader) []array {
			k := r.int(0, 0)
			return weighted(r, k, r.int(2, 0), r.bool(1, 0), k)
		}})
}

func convArrays(r *reader) []array {
	k, scales := r.int(0, 0), r.int(0, 0)
	if r.typ == "ConvolutionDepthWise" {
		if scales = r.int(7, 1); r.int(8, 0)%100 == 2 {
			scales = 1
		}
	}
	return weighted(r, k, r.int(6, 0), r.bool(5, 0), scales)
}

// weighted are the arrays of a layer of k outputs: n weights, a bias, and where parameter 8 says so scales of int8: of
// the weights, of the input and, from 101 on, of the output.
func weighted(r *reader, k, n int, bias bool, scales int) []array {
	a := []array{tagged(n)}
	if bias {
		a = append(a, raw(k))
	}
	term := r.int(8, 0)
	if term != 0 {
		a = append(a, raw(scales), raw(1))
	}
	if term > 100 {
		a = append(a, raw(1))
	}
	return a
}

// kernel returns the weights of a layer, and its bias; weights of int8 are what they stand for.
func (c *call) kernel(hasBias bool, k int) (w *weights, bias []float32, err error) {
	w, at := c.w[0], 1
	if hasBias {
		if bias, err = c.vector(1, k); err != nil {
			return nil, nil, err
		}
		at = 2
	}
	switch term := c.int(8, 0); term {
	case 0, 1, 2, 101, 102:
	default:
		return nil, nil, fmt.Errorf("int8_scale_term %d: %w", term, runtime.ErrCorrupt)
	}
	if w.int8 == nil {
		return w, bias, nil
	}
	if at >= len(c.w) {
		return nil, nil, fmt.Errorf("weights of int8 without scales: %w", runtime.ErrCorrupt)
	}
	scales, err := c.b.Floats(c.w[at].src)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range scales {
		if !(s >= 0) || s-s != 0 {
			return nil, nil, fmt.Errorf("a scale of %v: %w", s, runtime.ErrCorrupt)
		}
	}
	return w.scaled(scales), bias, nil
}

// window reads kernel, stride, dilation and padding. Padding of one size may stand for a rule: sameUpper or sameLower.
func (c *call) window() (w runtime.Window, rule int) {
	w = runtime.Window{S: c.int(1, 0), DilationW: c.int(2, 1), StrideW: c.int(3, 1), PadLeft: c.int(4, 0)}
	w.R, w.DilationH, w.StrideH = c.int(11, w.S), c.int(12, w.DilationW), c.int(13, w.StrideW)
	w.PadTop, w.PadRight = c.int(14, w.PadLeft), c.int(15, w.PadLeft)
	w.PadBottom = c.int(16, w.PadTop)
	if p := w.PadLeft; p == w.PadTop && p == w.PadRight && p == w.PadBottom && (p == sameUpper || p == sameLower) {
		rule = p
		w.PadLeft, w.PadTop, w.PadRight, w.PadBottom = 0, 0, 0, 0
	}
	c.bounded(w)
	return w, rule
}

// Padding that makes the output as large as the input divided by the stride, what is odd behind or before it.
const (
	sameUpper = -233
	sameLower = -234
)

// bounded fails if the window is not one.
func (c *call) bounded(w runtime.Window) {
	const most = 1 << 14
	least := min(w.R, w.S, w.StrideH, w.StrideW, w.DilationH, w.DilationW)
	if c.err == nil && (least < 1 || min(w.PadTop, w.PadLeft, w.PadBottom, w.PadRight) < 0 || max(w.R, w.S, w.StrideH,
		w.StrideW, w.DilationH, w.DilationW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight) > most) {
		c.err = fmt.Errorf("kernel %d×%d, stride %d×%d, dilation %d×%d, padding %d %d %d %d: %w", w.R, w.S, w.StrideH,
			w.StrideW, w.DilationH, w.DilationW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight, runtime.ErrShape)
	}
}

// same pads a window by a rule over an image of h rows and w columns.
func same(win *runtime.Window, rule, h, w int) {
	along := func(n, taps, dilation, stride int) (before, behind int) {
		sum := max((taps-1)*dilation+1+(n-1)/stride*stride-n, 0)
		if rule == sameLower {
			return sum - sum/2, sum / 2
		}
		return sum / 2, sum - sum/2
	}
	win.PadTop, win.PadBottom = along(h, win.R, win.DilationH, win.StrideH)
	win.PadLeft, win.PadRight = along(w, win.S, win.DilationW, win.StrideW)
}

func convolution(c *call) ([]*axes.Tensor, error) {
	k, groups, hasBias, fill := c.int(0, 0), c.int(7, 1), c.bool(5, 0), c.float(18, 0)
	win, rule := c.window()
	if c.err != nil {
		return nil, c.err
	}
	if k < 1 || groups < 1 || k%groups != 0 {
		return nil, fmt.Errorf("%d filters in %d groups: %w", k, groups, runtime.ErrShape)
	}
	if len(c.in[0].Dims) == 2 && win.R == 1 && win.S == 1 && groups == 1 { // ncnn takes it for an InnerProduct
		return c.fullyConnected(k, hasBias)
	}
	t, err := c.image()
	if err != nil {
		return nil, err
	}
	ch := t.Dims[1]
	if ch%groups != 0 {
		return nil, fmt.Errorf("%d channels in %d groups: %w", ch, groups, runtime.ErrShape)
	}
	ws, bias, err := c.kernel(hasBias, k)
	if err != nil {
		return nil, err
	}
	src, err := ws.of(k, ch/groups, win.R, win.S)
	if err != nil {
		return nil, err
	}
	if rule != 0 {
		same(&win, rule, t.Dims[2], t.Dims[3])
	}
	if fill != 0 {
		if t, err = c.b.Surround(c.name+"/pad", t, []int{0, 0, win.PadTop, win.PadLeft},
			[]int{0, 0, win.PadBottom, win.PadRight}, axes.Constant, fill); err != nil {
			return nil, err
		}
		win.PadTop, win.PadLeft, win.PadBottom, win.PadRight = 0, 0, 0, 0
	}
	op := &runtime.Conv{Window: win, K: k, Groups: groups, Bias: bias}
	if op.Weights, err = c.b.ConvWeights(src, k, ch/groups, win.R*win.S); err != nil {
		return nil, err
	}
	return c.activated(func(name string) (*axes.Tensor, error) { return c.b.Add(name, op, t) })
}

func innerProduct(c *call) ([]*axes.Tensor, error) {
	k, hasBias := c.int(0, 0), c.bool(1, 0)
	if c.err != nil {
		return nil, c.err
	}
	if k < 1 {
		return nil, fmt.Errorf("%d outputs: %w", k, runtime.ErrShape)
	}
	t := c.in[0]
	if n := c.int(2, 0) / k; len(t.Dims) == 3 && t.Dims[2] == n { // rows, each for itself
		ws, bias, err := c.kernel(hasBias, k)
		if err != nil {
			return nil, err
		}
		src, err := ws.of(k, n)
		if err != nil {
			return nil, err
		}
		return c.activated(func(name string) (*axes.Tensor, error) {
			part := name
			if bias != nil {
				part += "/product"
			}
			y, err := c.b.MatMulConst(part, t, src, false, runtime.MatMul{TransB: true})
			if err != nil || bias == nil {
				return y, err
			}
			return c.b.Beside(name, plus, y, constant(bias, k))
		})
	}
	return c.fullyConnected(k, hasBias)
}

// fullyConnected takes an input of any shape as one row.
func (c *call) fullyConnected(k int, hasBias bool) ([]*axes.Tensor, error) {
	t := c.in[0]
	var err error
	if len(t.Dims) > axes.MaxRank {
		if t, err = c.b.Rearrange(c.name+"/row", t, nil, []int{t.Dims[0], axes.Elements(t.Dims[1:])}); err != nil {
			return nil, err
		}
	}
	if t, err = c.b.As(c.name, t, runtime.ChannelsLast); err != nil {
		return nil, err
	}
	v, _, err := c.b.Unflat(t) // flattened or not, the weights are over C·H·W
	if err != nil {
		return nil, err
	}
	ws, bias, err := c.kernel(hasBias, k)
	if err != nil {
		return nil, err
	}
	ch, hw := v.Shape.C, v.Shape.H*v.Shape.W
	src, err := ws.of(k, ch, hw)
	if err != nil {
		return nil, err
	}
	op := &runtime.FC{K: k, Bias: bias}
	if op.Weights, err = c.b.FCWeights(src, k, ch, hw, false); err != nil {
		return nil, err
	}
	return c.activated(func(name string) (*axes.Tensor, error) { return c.b.AddValues(name, op, 2, v) })
}
