package ncnn

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	deconvIDs = []int{0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21}
)

func registerDeconv() {
	register("Deconvolution", kind{knows: deconvIDs, arrays: convArrays, handle: deconvolution})
	register("DeconvolutionDepthWise", kind{knows: append([]int{7}, deconvIDs...), arrays: convArrays,
		handle: deconvolution})
}

// deconvolution has filters [K][C of a group][R][S]. The padding is dropped from the result.
func deconvolution(c *call) ([]*axes.Tensor, error) {
	k, groups, hasBias := c.int(0, 0), c.int(7, 1), c.bool(5, 0)
	win, rule := c.window()
	moreW := c.int(18, 0)
	moreH := c.int(19, moreW)
	outW := c.int(20, 0)
	outH := c.int(21, outW)
	t, err := c.image()
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	ch := t.Dims[1]
	const most = 1 << 14
	if k < 1 || groups < 1 || k%groups != 0 || ch%groups != 0 || min(moreW, moreH, outW, outH) < 0 ||
		max(moreW, moreH, outW, outH, t.Dims[2], t.Dims[3]) > most {
		return nil, fmt.Errorf("%d filters in %d groups over %v, output padding %d×%d, output %d×%d: %w", k, groups, t.Dims,
			moreH, moreW, outH, outW, runtime.ErrShape)
	}
	d := &axes.Deconv{K: k, Groups: groups, R: win.R, S: win.S, StrideH: win.StrideH, StrideW: win.StrideW,
		DilationH: win.DilationH, DilationW: win.DilationW, DropTop: win.PadTop, DropLeft: win.PadLeft}
	d.OutH = (t.Dims[2]-1)*win.StrideH + (win.R-1)*win.DilationH + 1 + moreH // before anything is dropped
	d.OutW = (t.Dims[3]-1)*win.StrideW + (win.S-1)*win.DilationW + 1 + moreW
	switch {
	case rule != 0 && (outH < 1 || outW < 1 || outH > d.OutH || outW > d.OutW):
		return nil, fmt.Errorf("an output of %d×%d of %d×%d: %w", outH, outW, d.OutH, d.OutW, runtime.ErrShape)
	case rule != 0:
		if d.DropTop, d.DropLeft = (d.OutH-outH)/2, (d.OutW-outW)/2; rule == sameLower {
			d.DropTop, d.DropLeft = d.OutH-outH-d.DropTop, d.OutW-outW-d.DropLeft
		}
		d.OutH, d.OutW = outH, outW
	default:
		d.OutH, d.OutW = d.OutH-win.PadTop-win.PadBottom, d.OutW-win.PadLeft-win.PadRight
		if outH > 0 && outH != d.OutH || outW > 0 && outW != d.OutW {
			return c.unsupported("an output of %d×%d where padding makes %d×%d", outH, outW, d.OutH, d.OutW)
		}
	}
	ws, bias, err := c.kernel(hasBias, k)
	if err != nil {
		return nil, err
	}
	cg := ch / groups
	src, err := ws.of(k, cg, win.R, win.S)
	if err != nil {
		return nil, err
	}
	return c.activated(func(name string) (*axes.Tensor, error) {
		return c.b.Deconv(name, t, d, func(w runtime.Window, filters int) (runtime.Op, error) {
			op := &runtime.Conv{Window: w, K: filters, Groups: groups, Bias: axes.Repeated(d, bias)}
			f, err := c.b.Floats(src)
			if err != nil {
				return nil, err
			}
			op.Weights, err = axes.Filters(c.b, d, cg, f, func(k, r, s, ch int) int { return ((k*cg+ch)*d.R+r)*d.S + s })
			return op, err
		})
	})
}
