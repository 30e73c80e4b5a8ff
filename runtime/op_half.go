package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// The operations of half precision. A graph in half precision is an ordinary graph in which some values have DType F16;
// [ToHalf] makes it of a float one. Inputs and outputs of a graph are never float16.
//
//	Narrow → HConv, HFC, Half{Pool, Add, …}, operations that move elements → Widen
//
// Those that move elements work on float16 as they are. Any other operation refuses float16.

const opHalf opCode = 64

var (
	_ = register(60, func() Op { return new(Narrow) })
	_ = register(61, func() Op { return new(Widen) })
	_ = register(62, func() Op { return new(HConv) })
	_ = register(63, func() Op { return new(HFC) })
	_ = register(opHalf, func() Op { return new(Half) })
)

// halves is the type of an operation's output that takes and gives float16 values.
func halves(in []*Value) (DType, Quant, error) { return F16, Quant{}, wantType(in, F16) }

// checkHalves refuses float16 values to an operation that would give their bits another meaning.
func checkHalves(op Op, in []*Value) error {
	switch op.(type) {
	case *Concat, *DepthToSpace, *Flatten, *Half, *HConv, *HFC, *Identity, *Rearrange, *SpaceToDepth, *Take, *Widen:
		return nil
	}
	for i, v := range in {
		if v.DType == F16 {
			return errorf("input %d is f16, which a %s does not take: %w", i, op.Kind(), ErrShape)
		}
	}
	return nil
}

// Narrow makes float16 of a float value: the nearest number, of two the even one; beyond 65504 infinity.
type Narrow struct{}

func (*Narrow) Kind() string                               { return "Narrow" }
func (*Narrow) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }
func (*Narrow) outType(in []*Value) (DType, Quant, error)  { return F16, Quant{}, wantType(in, F32) }
func (*Narrow) cost(_ []Shape, out Shape) Cost             { return each(out, 4) }
func (*Narrow) traits() traits                             { return traits{apart, pixels, sameBits, Native} }
func (*Narrow) fields(*fields)                             {}
func (*Narrow) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewNarrow(isa)
}

// Widen makes a float of a float16 value, exactly.
type Widen struct{}

func (*Widen) Kind() string                               { return "Widen" }
func (*Widen) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }
func (*Widen) outType(in []*Value) (DType, Quant, error)  { return F32, Quant{}, wantType(in, F16) }
func (*Widen) cost(_ []Shape, out Shape) Cost             { return each(out, 4) }
func (*Widen) traits() traits                             { return traits{apart, pixels, sameBits, Native} }
func (*Widen) fields(*fields)                             {}
func (*Widen) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewWiden(isa)
}

// HConv is a [Conv] of float16 values with float16 weights. Its output is the sum, clamped and rounded once: of
// float32, or on the tier fp16 of float16 by blocks (docs/NUMERICS.md).
type HConv struct {
	Window
	K       int
	Groups  int            // 0 means 1
	Weights []kernels.Half // [K][R][S][C/Groups]
	Bias    []float32      // [K], or nil for zeros
	Act     Clamp
}

func (*HConv) Kind() string { return "HConv" }

func (c *HConv) infer(in []Shape, l *Limits) (Shape, error) {
	return inferRealConv(in, c.Window, c.K, c.Groups, len(c.Weights), c.Bias, c.Act, l)
}

func (*HConv) outType(in []*Value) (DType, Quant, error) { return halves(in) }

func (c *HConv) cost(in []Shape, out Shape) Cost {
	return convCost(in[0], out, c.Window, c.Groups).holding(len(c.Weights)+len(c.Bias), 2*len(c.Weights)+4*len(c.Bias))
}

func (*HConv) traits() traits { return traits{apart, pixels, tierBits, Native} }

func (c *HConv) fields(f *fields) {
	f.window(&c.Window)
	f.ints(&c.K, &c.Groups)
	filterArray(f, &c.Weights)
	array(f, &c.Bias)
	f.clamp(&c.Act)
}

// Shape returns the geometry over an input of shape s.
func (c *HConv) Shape(s Shape) kernels.ConvShape { return convShape(s, c.Window, c.K, c.Groups) }

func (c *HConv) siblings() siblingFilters { return siblingFilters{halves: c.Weights} }

func (c *HConv) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	shape := c.Shape(s.in[0].Shape)
	shape.K = 0
	for _, v := range s.out {
		shape.K += v.Shape.C
	}
	weights := filters(s.nodes, p, p.halves, func(o Op) []kernels.Half { return o.(*HConv).Weights })
	bias := join(s.nodes, func(o Op) []float32 { return biasOrZeros(o.(*HConv).Bias, o.(*HConv).K) })
	return kernels.PackConvHalf(p.Packing, shape, channels(s.out),
		kernels.ConvHalf{Weights: weights, Bias: bias, Act: c.Act.Kernel()}, isa)
}

// HFC is an [FC] of float16 values with float16 weights. Its output is the sum, as that of [HConv].
type HFC struct {
	K       int
	Weights []kernels.Half // [K][H][W][C] of the input
	Bias    []float32      // [K], or nil for zeros
	Act     Clamp
}

func (*HFC) Kind() string { return "HFC" }

func (f *HFC) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	return inferFC(s, f.K, len(f.Weights), f.Bias, f.Act, l)
}

func (*HFC) outType(in []*Value) (DType, Quant, error) { return halves(in) }

func (f *HFC) cost(in []Shape, out Shape) Cost {
	return fcCost(in[0], out).holding(len(f.Weights)+len(f.Bias), 2*len(f.Weights)+4*len(f.Bias))
}

func (*HFC) traits() traits { return traits{apart, rows, tierBits, Native} }

func (f *HFC) fields(v *fields) {
	v.ints(&f.K)
	array(v, &f.Weights)
	array(v, &f.Bias)
	v.clamp(&f.Act)
}

func (f *HFC) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	in := s.in[0].Shape
	return kernels.NewFCHalf(in.N, in.H*in.W*in.C, f.K,
		kernels.FCHalf{Weights: f.Weights, Bias: f.Bias, Act: f.Act.Kernel()}, isa)
}

// Half is a float operation on float16 values: of the numbers as they are in float32, its result rounded once. It takes
// Pool, GlobalPool, LRN, Add, Binary, Activation, Curve and Affine, but not a window that lies in padding alone, nor a
// constant of several rows or images.
type Half struct{ Op Op }

func (h *Half) Kind() string { return "H" + h.Op.Kind() }

func (h *Half) infer(in []Shape, l *Limits) (Shape, error) {
	out, err := h.Op.infer(in, l)
	if err != nil {
		return out, err
	}
	if _, ok := halfShape(h.Op, in, out); !ok {
		return out, errorf("%s has no half precision: %w", h.Op.Kind(), ErrGraph)
	}
	return out, nil
}

func (*Half) outType(in []*Value) (DType, Quant, error) { return halves(in) }

func (h *Half) cost(in []Shape, out Shape) Cost { return h.Op.cost(in, out) }

func (h *Half) traits() traits {
	t := h.Op.traits()
	return traits{t.aliasing, t.reads, t.bits, Native}
}

func (h *Half) fields(f *fields) { f.op(&h.Op) }

// lower makes the operation for one image of floats, and [kernels.NewHalf] of it.
func (h *Half) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	floats := &step{nodes: s.nodes}
	var shapes []Shape
	for _, v := range s.in {
		shapes = append(shapes, v.Shape)
		floats.in = append(floats.in, &Value{Shape: oneImage(v.Shape), DType: F32})
	}
	for _, v := range s.out {
		floats.out = append(floats.out, &Value{Shape: oneImage(v.Shape), DType: F32})
	}
	shape, ok := halfShape(h.Op, shapes, s.out[0].Shape)
	if !ok {
		return nil, errorf("%s has no half precision: %w", h.Op.Kind(), ErrGraph)
	}
	op, err := h.Op.lower(floats, isa, p)
	if err != nil {
		return nil, err
	}
	return kernels.NewHalf(op, shape, isa)
}

func oneImage(s Shape) Shape {
	s.N = 1
	return s
}

// halfShape says how an operation's rows depend on those of its inputs; ok is false if [Half] does not take it.
func halfShape(op Op, in []Shape, out Shape) (s kernels.HalfShape, ok bool) {
	s = kernels.HalfShape{N: out.N, Rows: kernels.RowWindow{Taps: 1, Stride: 1, Dilation: 1, H: out.H},
		Out: kernels.Extent{H: out.H, W: out.W, C: out.C}, Once: make([]bool, len(in))}
	for i, v := range in {
		s.In = append(s.In, kernels.Extent{H: v.H, W: v.W, C: v.C})
		s.Once[i] = v.N != out.N
	}
	switch op := op.(type) {
	case *Activation, *Curve, *Affine, *LRN, *Add:
		return s, true
	case *Binary:
		return s, op.Of == nil || op.Shape.N == 1 && op.Shape.H == 1
	case *GlobalPool:
		s.Rows.Taps, s.Rows.H = in[0].H, in[0].H
		return s, true
	case *Pool:
		w := op.Norm()
		s.Rows = kernels.RowWindow{Taps: w.R, Stride: w.StrideH, Dilation: w.DilationH, PadTop: w.PadTop, H: in[0].H}
		return s, s.Rows.Meets(out.H)
	}
	return s, false
}
