package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(1, func() Op { return new(Conv) })
	_ = register(15, func() Op { return new(QConv) })
)

// Conv is a convolution: out[n,y,x,k] = Σ in[n, y·stride+r·dilation−pad, …, c]·Weights[k,r,s,c] + Bias[k], clamped.
type Conv struct {
	Window
	K       int       // output channels
	Groups  int       // 0 means 1
	Weights []float32 // [K][R][S][C/Groups]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

func (*Conv) Kind() string { return "Conv" }

func (c *Conv) infer(in []Shape, l *Limits) (Shape, error) {
	return inferRealConv(in, c.Window, c.K, c.Groups, len(c.Weights), c.Bias, c.Act, l)
}

func (*Conv) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (c *Conv) cost(in []Shape, out Shape) Cost {
	n := convCost(in[0], out, c.Window, c.Groups)
	return n.holding(len(c.Weights)+len(c.Bias), 4*len(c.Weights)+4*len(c.Bias))
}

func (*Conv) traits() traits { return traits{apart, pixels, tierBits, Rewritten} }

func (c *Conv) fields(f *fields) {
	f.window(&c.Window)
	f.ints(&c.K, &c.Groups)
	filterArray(f, &c.Weights)
	array(f, &c.Bias)
	f.clamp(&c.Act)
}

func (c *Conv) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	shape := c.Shape(s.in[0].Shape)
	shape.K = 0
	for _, v := range s.out {
		shape.K += v.Shape.C
	}
	weights := filters(s.nodes, p, p.floats, func(o Op) []float32 { return o.(*Conv).Weights })
	bias := join(s.nodes, func(o Op) []float32 { return biasOrZeros(o.(*Conv).Bias, o.(*Conv).K) })
	return kernels.PackConvF32(p.Packing, shape, channels(s.out),
		kernels.ConvF32{Weights: weights, Bias: bias, Act: c.Act.Kernel()}, isa)
}

func (c *Conv) siblings() siblingFilters { return siblingFilters{floats: c.Weights} }

// convCost is that of a convolution without its parameters.
func convCost(in, out Shape, w Window, groups int) Cost {
	macs := times(int64(out.Elements()), w.R, w.S, in.C/max(groups, 1))
	return Cost{MACs: macs, Work: plus(macs, int64(out.Elements()))}
}

// inferRealConv is inferConv of sums that are real numbers, with their biases and clamp.
func inferRealConv(in []Shape, w Window, k, groups, weights int, bias []float32, act Clamp, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	if bias != nil && len(bias) != k {
		return s, errorf("%d biases, want %d: %w", len(bias), k, ErrShape)
	}
	if err := act.check(); err != nil {
		return s, err
	}
	return inferConv(s, w, k, groups, weights, l)
}

// inferConv is the output shape of a convolution, once its window, groups and number of weights are seen to fit.
func inferConv(s Shape, w Window, k, groups, weights int, l *Limits) (Shape, error) {
	if err := w.check(); err != nil {
		return s, err
	}
	groups = max(groups, 1)
	if k < 1 || s.C%groups != 0 || k%groups != 0 {
		return s, errorf("%d filters over %d channels in %d groups: %w", k, s.C, groups, ErrShape)
	}
	want, ok := product(l.MaxWeights, k, w.R, w.S, s.C/groups)
	switch {
	case !ok:
		return s, errorf("more than %d weights: %w", l.MaxWeights, ErrLimit)
	case weights != want:
		return s, errorf("%d weights, want %d×%d×%d×%d: %w", weights, k, w.R, w.S, s.C/groups, ErrShape)
	}
	geo := convShape(s, w, k, groups)
	out := Shape{s.N, geo.OutH(), geo.OutW(), k}
	if out.H < 1 || out.W < 1 {
		return s, errorf("a %d×%d window does not fit %v: %w", w.R, w.S, s, ErrShape)
	}
	return out, nil
}

// Shape returns the geometry over an input of shape s.
func (c *Conv) Shape(s Shape) kernels.ConvShape { return convShape(s, c.Window, c.K, c.Groups) }

func convShape(s Shape, w Window, k, groups int) kernels.ConvShape {
	w = w.Norm()
	return kernels.ConvShape{N: s.N, H: s.H, W: s.W, C: s.C, K: k, R: w.R, S: w.S, StrideH: w.StrideH, StrideW: w.StrideW,
		PadTop: w.PadTop, PadLeft: w.PadLeft, PadBottom: w.PadBottom, PadRight: w.PadRight,
		DilationH: w.DilationH, DilationW: w.DilationW, Groups: max(groups, 1)}
}

// QConv is a convolution of uint8 activations with int8 weights, one scale per output channel:
//
//	acc = Bias[k] + Σ (in − zero)·Weights[k,r,s,c]     exactly
//	out = kernels.Requantize(acc, in.Scale·WScale[k]/Out.Scale, Lo, Hi)
type QConv struct {
	Window
	K       int
	Groups  int       // 0 means 1
	Weights []int8    // [K][R][S][C/Groups], −127…127
	WScale  []float32 // [K]
	Bias    []int32   // [K], in units of in.Scale·WScale[k]; nil for zeros
	Out     Quant
	Lo, Hi  uint8 // bounds of the output: the fused activation; 0, 255 when there is none
}

func (*QConv) Kind() string { return "QConv" }

func (c *QConv) infer(in []Shape, l *Limits) (Shape, error) {
	return c.inferParts(in, len(c.Weights), l)
}

// inferParts is infer of filters whose parts have so many weights.
func (c *QConv) inferParts(in []Shape, weights int, l *Limits) (Shape, error) {
	if len(c.WScale) != c.K || (c.Bias != nil && len(c.Bias) != c.K) {
		return Shape{}, errorf("%d scales and %d biases for %d channels: %w", len(c.WScale), len(c.Bias), c.K, ErrShape)
	}
	s, err := one(in)
	if err != nil {
		return s, err
	}
	out, err := inferConv(s, c.Window, c.K, c.Groups, weights, l)
	if err != nil {
		return s, err
	}
	return out, checkWeights(c.Weights, c.Bias, c.WScale, l)
}

func (c *QConv) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	if c.Lo > c.Hi {
		return 0, Quant{}, errorf("output range %d…%d: %w", c.Lo, c.Hi, ErrShape)
	}
	return U8, c.Out, c.Out.check()
}

// Shape returns the geometry over an input of shape s.
func (c *QConv) Shape(s Shape) kernels.ConvShape { return convShape(s, c.Window, c.K, c.Groups) }

func (c *QConv) cost(in []Shape, out Shape) Cost {
	n := convCost(in[0], out, c.Window, c.Groups)
	return n.holding(len(c.Weights)+len(c.Bias), len(c.Weights)+4*len(c.WScale)+4*len(c.Bias))
}

func (*QConv) traits() traits { return traits{apart, pixels, sameBits, Native} }

func (c *QConv) fields(f *fields) {
	f.window(&c.Window)
	f.ints(&c.K, &c.Groups)
	filterArray(f, &c.Weights)
	array(f, &c.WScale)
	array(f, &c.Bias)
	f.quant(&c.Out)
	f.byte(&c.Lo)
	f.byte(&c.Hi)
}

func (c *QConv) siblings() siblingFilters { return siblingFilters{bytes: c.Weights} }

func (c *QConv) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	return lowerQConv(s, 1, isa, p, func(o Op) *QConv { return o.(*QConv) })
}

// lowerQConv lowers a step of nodes that hold a QConv, of weights of so many parts.
func lowerQConv(s *step, parts int, isa arch.ISA, p *packer, of func(Op) *QConv) (kernels.Op, error) {
	in := s.in[0]
	shape := of(s.nodes[0].Op).Shape(in.Shape)
	shape.K = 0
	q := kernels.ConvU8{Parts: parts, InZero: in.Quant.Zero}
	for i, n := range s.nodes {
		c := of(n.Op)
		shape.K += c.K
		for _, w := range c.WScale {
			q.Scale = append(q.Scale, multiplier(in.Quant.Scale, w, s.out[i].Quant.Scale))
		}
		q.Out = append(q.Out, kernels.OutU8{Zero: c.Out.Zero, Lo: c.Lo, Hi: c.Hi})
	}
	q.Weights = filters(s.nodes, p, p.bytes, func(o Op) []int8 { return of(o).Weights })
	q.Bias = join(s.nodes, func(o Op) []int32 { return biasOrZeros(of(o).Bias, of(o).K) })
	return kernels.PackConvU8(p.Packing, shape, channels(s.out), q, isa)
}

func channels(vs []*Value) []int {
	c := make([]int, len(vs))
	for i, v := range vs {
		c[i] = v.Shape.C
	}
	return c
}

func biasOrZeros[T float32 | int32](b []T, k int) []T {
	if b == nil {
		return make([]T, k)
	}
	return b
}
