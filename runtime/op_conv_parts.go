package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(49, func() Op { return new(QConvParts) })

// QConvParts is a [QConv] whose weights are sums of so many parts, each in −127…127: Weights is
// [K][Parts][R][S][C/Groups]. Weights of nine bits and sign take two or three. All products are added in one int32
// before the one requantisation. Filters whose further parts are zero take no longer than those of a QConv.
type QConvParts struct {
	QConv
	Parts int // 1…3
}

// WideQConv returns the quantised convolution of c's parameters and weights in −381…381, laid as c's would be: c itself
// where they fit it.
func WideQConv(c QConv, weights []int16) Op {
	parts := 1
	for _, w := range weights {
		parts = max(parts, (int(max(w, -w))+126)/127)
	}
	depth := len(weights) / max(c.K, 1)
	all := make([]int8, 0, parts*len(weights))
	for k := range c.K {
		filter := weights[k*depth:][:depth]
		for p := range int16(parts) {
			for _, w := range filter { // what the parts before have left
				rest := max(min(w, 127*(p+1)), -127*(p+1)) - max(min(w, 127*p), -127*p)
				all = append(all, int8(rest))
			}
		}
	}
	c.Weights = all
	if parts == 1 {
		return &c
	}
	return &QConvParts{c, parts}
}

func (*QConvParts) Kind() string { return "QConvParts" }

func (c *QConvParts) infer(in []Shape, l *Limits) (Shape, error) {
	if c.Parts < 1 || c.Parts > kernels.MaxParts || len(c.Weights)%c.Parts != 0 {
		return Shape{}, errorf("%d weights of %d parts: %w", len(c.Weights), c.Parts, ErrShape)
	}
	return c.inferParts(in, len(c.Weights)/c.Parts, l)
}

func (c *QConvParts) cost(in []Shape, out Shape) Cost {
	n := c.QConv.cost(in, out)
	n.Work = times(n.Work, c.Parts)
	return n
}

func (c *QConvParts) fields(f *fields) {
	c.QConv.fields(f)
	f.ints(&c.Parts)
}

func (c *QConvParts) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	return lowerQConv(s, c.Parts, isa, p, func(o Op) *QConv { return &o.(*QConvParts).QConv })
}
