package ncnn

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerPool() {
	register("Pooling", kind{knows: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18}, handle: pooling})
}

// Ways of padding that parameter 5 has.
const (
	padFull = iota // as much more behind as the last window needs
	padValid
	padSameUpper
	padSameLower
)

func pooling(c *call) ([]*axes.Tensor, error) {
	how, global, mode, counted, adaptive := c.int(0, 0), c.bool(4, 0), c.int(5, 0), c.bool(6, 0), c.bool(7, 0)
	op := &runtime.Pool{CountIncludePad: counted, Window: runtime.Window{S: c.int(1, 0), StrideW: c.int(2, 1),
		PadLeft: c.int(3, 0), DilationH: 1, DilationW: 1}}
	w := &op.Window
	w.R, w.StrideH = c.int(11, w.S), c.int(12, w.StrideW)
	w.PadTop, w.PadRight = c.int(13, w.PadLeft), c.int(14, w.PadLeft)
	w.PadBottom = c.int(15, w.PadTop)
	switch {
	case how == 0:
		op.Type, op.CountIncludePad = runtime.MaxPool, false
	case how == 1:
		op.Type = runtime.AvgPool
	default:
		c.fail(0, "pooling_type %d: %w", how, runtime.ErrCorrupt)
	}
	t, err := c.image()
	switch {
	case c.err != nil || err != nil:
		return nil, orElse(c.err, err)
	case global:
		y, err := c.b.Add(c.name+"/pooled", &runtime.GlobalPool{Type: op.Type}, t)
		if err != nil {
			return nil, err
		}
		return done(c.b.Rearrange(c.name, y, nil, t.Dims[:2]))
	case adaptive:
		return c.adaptive(op, t)
	}
	if c.bounded(*w); c.err != nil {
		return nil, c.err
	}
	h, wide := t.Dims[2], t.Dims[3]
	switch mode {
	case padFull:
		tail := func(n, pads, taps, stride int) int {
			if rest := (n + pads - taps) % stride; n+pads >= taps && rest != 0 {
				return stride - rest
			}
			return 0
		}
		w.PadBottom += tail(h, w.PadTop+w.PadBottom, w.R, w.StrideH)
		w.PadRight += tail(wide, w.PadLeft+w.PadRight, w.S, w.StrideW)
	case padValid:
	case padSameUpper, padSameLower: // an average counts what is put around: only the padding of the parameters is not
		if max(w.PadTop, w.PadLeft, w.PadBottom, w.PadRight) > 0 {
			return c.unsupported("pad_mode %d with padding", mode)
		}
		rule := sameUpper
		if mode == padSameLower {
			rule = sameLower
		}
		same(w, rule, h, wide)
		op.CountIncludePad = op.Type == runtime.AvgPool
	default:
		return c.unsupported("pad_mode %d", mode)
	}
	return done(c.b.Add(c.name, op, t))
}

// adaptive makes an output of a given size, whose windows must be alike.
func (c *call) adaptive(op *runtime.Pool, t *axes.Tensor) ([]*axes.Tensor, error) {
	w := c.int(8, 0)
	h := c.int(18, w)
	if w == -233 {
		w = t.Dims[3]
	}
	if h == -233 {
		h = t.Dims[2]
	}
	if c.err != nil || h < 1 || w < 1 {
		return nil, orElse(c.err, fmt.Errorf("an output of %d×%d: %w", h, w, runtime.ErrShape))
	}
	if h > t.Dims[2] || w > t.Dims[3] || t.Dims[2]%h != 0 || t.Dims[3]%w != 0 {
		return c.unsupported("adaptive pooling of %d×%d to %d×%d; only to a divisor", t.Dims[2], t.Dims[3], h, w)
	}
	if h == 1 && w == 1 {
		return done(c.b.Add(c.name, &runtime.GlobalPool{Type: op.Type}, t))
	}
	r, s := t.Dims[2]/h, t.Dims[3]/w
	op.Window = runtime.Window{R: r, S: s, StrideH: r, StrideW: s, DilationH: 1, DilationW: 1}
	return done(c.b.Add(c.name, op, t))
}
