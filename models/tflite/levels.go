package tflite

import (
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// The rules by which TensorFlow Lite's integer kernels round, where they are those of no other operation here.

// fixedPoint is a positive factor as a whole number of 31 bits and a power of two.
type fixedPoint struct {
	times int64
	shift int // to the right, of the product's upper half
}

func newFixedPoint(factor float64) fixedPoint {
	f, e := math.Frexp(factor)
	times := int64(math.Round(f * (1 << 31)))
	if times == 1<<31 {
		times, e = times/2, e+1
	}
	return fixedPoint{times, -e}
}

// of is x times the factor, rounded twice: the upper half of the product, halves up, and that shifted, halves away from
// zero.
func (p fixedPoint) of(x int64) int64 {
	x <<= max(-p.shift, 0)
	return away((x*p.times+1<<30)>>31, max(p.shift, 0))
}

// away is x/2ⁿ, halves away from zero.
func away(x int64, n int) int64 {
	half := int64(1) << n >> 1
	if x < 0 {
		return -((half - x) >> n)
	}
	return (x + half) >> n
}

// levelTable returns the level of the output for each of the input's: f of it less its zero point, plus the output's.
func levelTable(in, out runtime.Quant, f func(int64) int64) []uint8 {
	t := make([]uint8, 256)
	for q := range t {
		t[q] = uint8(min(max(f(int64(q)-int64(in.Zero))+int64(out.Zero), 0), 255))
	}
	return t
}

// sloped is PRELU of levels whose slopes are constant, of each channel or one: tables. It returns nil if it is none.
func (n *node) sloped(x *axes.Tensor, t *tensor) (*runtime.Table, error) {
	in, out := x.Quant(), runtime.Quant{}
	a, err := t.quant()
	if err == nil {
		out, err = n.quantised()
	}
	if err != nil {
		return nil, err
	}
	positive := float64(in.Scale / out.Scale)
	negative := float64(float32(in.Scale*a.Scale) / out.Scale)
	const most = 1 << 14 // of which products by 31 bits fit
	if !(max(positive, negative) < most) || !(min(positive, negative) > 1.0/(1<<30)) {
		return nil, nil
	}
	c, err := n.reals(t)
	if err != nil {
		return nil, err
	}
	f, err := n.b.PerChannel(x, &axes.Source{Dims: t.shape, Decode: func(dst []float32, from int) { copy(dst, c[from:]) }})
	if f == nil || err != nil {
		return nil, err
	}
	plus, minus := newFixedPoint(positive), newFixedPoint(negative)
	op := &runtime.Table{Out: out}
	for _, slope := range f {
		level := int64(math.Round(float64(slope / a.Scale)))
		op.Of = append(op.Of, levelTable(in, out, func(v int64) int64 {
			if v >= 0 {
				return plus.of(v)
			}
			return minus.of(v * level)
		})...)
	}
	return op, nil
}

// rescaled is a change of scale as XNNPACK has it: by a factor of eight bits behind the point, halves up. It returns
// nil for factors that it does not take.
func rescaled(in, out runtime.Quant) *runtime.Table {
	factor := in.Scale / out.Scale
	if !(factor >= 1.0/256) || !(factor <= 128) {
		return nil
	}
	times := int64(math.RoundToEven(float64(factor * 256)))
	return &runtime.Table{Out: out, Of: levelTable(in, out, func(v int64) int64 { return (v*times + 128) >> 8 })}
}
