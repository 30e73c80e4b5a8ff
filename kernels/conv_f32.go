package kernels

import (
	"github.com/gneiss-go/gneiss/arch"
)

// NewConvF32 returns a float convolution of the given geometry with weights [K][R][S][C/Groups] and bias [K] or nil,
// clamped by act, on the best kernel at or below limit. Its meaning is that of [RefConvF32].
//
// Segments, when not nil, splits the K output channels between that many output views, in order: so siblings that
// read the same tensor are computed as one. The op takes one input view and as many output views.
//
// The algorithm is chosen by geometry: Winograd F(4,3) or F(2,3) for 3×3, F(2,5) for 5×5 and F(3,4) for 7×7 of stride 2
// where they win, rows of a padded copy for inputs of few channels, windows that slide along rows for depthwise,
// indirect GEMM for the rest.
func NewConvF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) (Op, error) {
	return PackConvF32(nil, s, segments, ConvF32{weights, bias, act}, limit)
}

// ConvF32 is a convolution's parameters.
type ConvF32 struct {
	Weights []float32 // [K][R][S][C/Groups]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

// PackConvF32 is NewConvF32 with its weights packed through p. Where p is loading, weights are not looked at.
func PackConvF32(p *Packing, s ConvShape, segments []int, layer ConvF32, limit arch.ISA) (Op, error) {
	weights, bias, act := layer.Weights, layer.Bias, layer.Act
	if err := checkConv(&s, &segments, p.count(&s, len(weights), 1), len(bias)); err != nil {
		return nil, err
	}
	switch {
	case depthwiseFits(&s, segments):
		return newDepthwiseF32(p, s, weights, bias, act, limit), nil
	case s.Groups > 1:
		if len(segments) != 1 {
			return nil, errorf("%w: a grouped convolution has one output", ErrShape)
		}
		if k := groupRows(&s, F32, limit); k != nil {
			return k.group.f32(p, s, layer, k), nil
		}
		return newGrouped(s, F32, func(part ConvShape, g int) (Op, error) {
			return PackConvF32(p, part, nil, ConvF32{groupOf(weights, g, s.Groups), groupOf(bias, g, s.Groups), act}, limit)
		})
	}
	if s.deep() {
		limit = arch.Generic
	}
	return p.choose(tiers(F32, limit, func(k *Kernel, limit arch.ISA) []candidate {
		var rows func() Op
		if s.S > 1 && s.DilationW == 1 && rowsFit(&s, k, 4) {
			rows = func() Op { return newRowConv(newConvF32(p, s, segments, s.R, s.S*s.C, weights, bias, act, k)) }
		}
		return algorithms(&s, k, fitting(formsF32, &s, F32, limit), func(f *winoForm) string { return f.whyNot(&s) },
			func(f *winoForm) Op { return newWinogradF32(p, f, s, segments, weights, bias, act, limit) },
			nil, rows, func() Op { return newDirectConv(newConvF32(p, s, segments, s.R*s.S, s.C, weights, bias, act, k)) })
	})), nil
}

// NewDirectConvF32 is NewConvF32 restricted to the indirect GEMM, for tests and for measuring the choice.
func NewDirectConvF32(s ConvShape, segments []int, weights, bias []float32, act Clamp, limit arch.ISA) (Op, error) {
	if err := checkConv(&s, &segments, len(weights), len(bias)); err != nil {
		return nil, err
	}
	if s.Groups != 1 {
		return nil, errorf("%w: direct convolution of %d groups", ErrShape, s.Groups)
	}
	if s.deep() {
		limit = arch.Generic
	}
	k := convTile(F32, limit)
	return newDirectConv(newConvF32(nil, s, segments, s.R*s.S, s.C, weights, bias, act, k)), nil
}

// newConvF32 packs for a tile kernel: the window counts as `taps` taps of `depth` channels.
func newConvF32(p *Packing, s ConvShape, segments []int, taps, depth int, weights, bias []float32, act Clamp,
	k *Kernel) conv {
	c := conv{shape: s, segments: segments, dtype: F32, kernel: k, fn: k.fn.(func(*convTileArgs)),
		blocks: convBlocks(segments, k)}
	c.border = aligned[byte](4 * s.C)
	w := packWeights(p, filtersOf(weights, s.K), taps, depth, c.blocks, k.KR)
	b := packRow(bias, c.blocks, k.NR)
	for i := range c.blocks {
		c.panels = append(c.panels, convPanel{w: addr(w[i]), bias: addr(b[i*k.NR:]), lo: act.Lo, hi: act.Hi})
		c.bytes += 4 * (len(w[i]) + k.NR)
	}
	return c
}
