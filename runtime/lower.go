package runtime

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// packer packs the filters of one plan after another step's. It has room to join those of siblings, taken once.
type packer struct {
	*kernels.Packing // may be nil
	floats           []float32
	bytes            []int8
}

func newPacker(p *kernels.Packing, steps []*step) *packer {
	k := &packer{Packing: p}
	if p.Loading() {
		return k
	}
	floats, bytes := 0, 0
	for _, s := range steps {
		if len(s.nodes) < 2 {
			continue
		}
		f, b := 0, 0
		for _, n := range s.nodes {
			switch op := n.Op.(type) {
			case *Conv:
				f += len(op.Weights)
			case *QConv:
				b += len(op.Weights)
			}
		}
		floats, bytes = max(floats, f), max(bytes, b)
	}
	k.floats, k.bytes = make([]float32, 0, floats), make([]int8, 0, bytes)
	return k
}

// filters joins the nodes' filters, unless they come packed and stay unread. They are to be used before the next call.
func filters[T any](nodes []*Node, p *packer, room []T, of func(Op) []T) []T {
	switch {
	case p.Loading():
		return nil
	case len(nodes) == 1:
		return of(nodes[0].Op)
	}
	for _, n := range nodes {
		room = append(room, of(n.Op)...)
	}
	return room
}

// lower chooses the kernel of a step and packs its weights.
func lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	if s.stages != nil {
		return lowerChain(s, isa, p)
	}
	p.Step(s.name())
	in, out := s.in[0], s.out[0]
	switch op := s.nodes[0].Op.(type) {
	case *Conv:
		shape := op.Shape(in.Shape)
		shape.K = 0
		for _, v := range s.out {
			shape.K += v.Shape.C
		}
		weights := filters(s.nodes, p, p.floats, func(o Op) []float32 { return o.(*Conv).Weights })
		bias := join(s.nodes, func(o Op) []float32 { return biasOrZeros(o.(*Conv).Bias, o.(*Conv).K) })
		return kernels.PackConvF32(p.Packing, shape, channels(s.out),
			kernels.ConvF32{Weights: weights, Bias: bias, Act: op.Act.Kernel()}, isa)
	case *QConv:
		return lowerQConv(s, op, isa, p)
	case *FC:
		return kernels.NewFCF32(in.Shape.N, in.Shape.H*in.Shape.W*in.Shape.C, op.K,
			kernels.FCF32{Weights: op.Weights, Bias: op.Bias, Act: op.Act.Kernel()}, isa)
	case *QFC:
		scale := make([]float32, op.K)
		for k := range scale {
			scale[k] = multiplier(in.Quant.Scale, op.WScale[k], 1)
		}
		return kernels.PackFCU8(p.Packing, in.Shape.N, in.Shape.H*in.Shape.W*in.Shape.C, op.K,
			kernels.FCU8{Weights: op.Weights, Bias: op.Bias, Scale: scale, InZero: in.Quant.Zero}, isa)
	case *Pool:
		if in.DType == U8 && op.Type == MaxPool {
			return kernels.NewMaxPoolU8(op.Shape(in.Shape), isa)
		}
		return kernels.NewPoolF32(op.Shape(in.Shape), op.Type == MaxPool, isa)
	case *GlobalPool:
		if in.DType == U8 && op.Type == MaxPool {
			return kernels.NewMaxPoolU8(wholeMap(in.Shape), isa)
		}
		return kernels.NewPoolF32(wholeMap(in.Shape), op.Type == MaxPool, isa)
	case *LRN:
		return kernels.NewLRNF32(in.Shape.C, op.Size, op.Alpha, op.Beta, op.Bias, isa)
	case *Softmax:
		return kernels.NewSoftmaxF32(isa)
	case *Activation:
		return kernels.NewClampF32(op.Act.Kernel(), isa)
	case *Affine:
		return kernels.NewAffineF32(op.Scale, op.Shift, isa)
	case *Add:
		return kernels.NewAddF32(op.Act.Kernel(), isa)
	case *Identity:
		return kernels.NewCopy(in.DType, isa)
	case *Flatten:
		return kernels.NewFlatten(in.DType, isa)
	case *Rearrange:
		return kernels.NewRearrange(in.DType, op.Dims, op.Perm, isa)
	case *Binary:
		return kernels.NewBinaryF32(op.How, isa)
	case *Curve:
		return kernels.NewCurveF32(op.Of, isa)
	case *Quantize:
		return kernels.NewQuantize(op.To.Scale, op.To.Zero, isa)
	case *Dequantize:
		return kernels.NewDequantize(in.Quant.Scale, in.Quant.Zero, isa)
	case *Quantised:
		return lowerQuantised(s, op, out.Quant, isa)
	}
	return nil, fmt.Errorf("no kernel computes it: %w", ErrGraph)
}

func lowerQConv(s *step, op *QConv, isa arch.ISA, p *packer) (kernels.Op, error) {
	in := s.in[0]
	shape := op.Shape(in.Shape)
	shape.K = 0
	q := kernels.ConvU8{InZero: in.Quant.Zero}
	for i, n := range s.nodes {
		c := n.Op.(*QConv)
		shape.K += c.K
		for _, w := range c.WScale {
			q.Scale = append(q.Scale, multiplier(in.Quant.Scale, w, s.out[i].Quant.Scale))
		}
		q.Out = append(q.Out, kernels.OutU8{Zero: c.Out.Zero, Lo: c.Lo, Hi: c.Hi})
	}
	q.Weights = filters(s.nodes, p, p.bytes, func(o Op) []int8 { return o.(*QConv).Weights })
	q.Bias = join(s.nodes, func(o Op) []int32 { return biasOrZeros(o.(*QConv).Bias, o.(*QConv).K) })
	return kernels.PackConvU8(p.Packing, shape, channels(s.out), q, isa)
}

// rescale is how an operation goes from one quantisation to another.
func rescale(from, to Quant, out kernels.OutU8) kernels.RescaleU8 {
	return kernels.RescaleU8{InScale: from.Scale, InZero: from.Zero, OutScale: to.Scale, Out: out}
}

func lowerQuantised(s *step, q *Quantised, to Quant, isa arch.ISA) (kernels.Op, error) {
	in := s.in[0]
	out := kernels.OutU8{Zero: to.Zero, Lo: 0, Hi: 255}
	switch op := q.Op.(type) {
	case *Pool:
		if op.Type == AvgPool {
			return kernels.NewAvgPoolU8(op.Shape(in.Shape), rescale(in.Quant, to, out), isa)
		}
	case *GlobalPool:
		if op.Type == AvgPool {
			return kernels.NewAvgPoolU8(wholeMap(in.Shape), rescale(in.Quant, to, out), isa)
		}
	case *LRN:
		return kernels.NewLRNU8(kernels.LRNU8{C: in.Shape.C, Size: op.Size, Alpha: op.Alpha, Beta: op.Beta, Bias: op.Bias,
			RescaleU8: rescale(in.Quant, to, out)}, isa)
	case *Add:
		if op.Act.On {
			out.Lo, out.Hi = quantBound(op.Act.Lo, to), quantBound(op.Act.Hi, to)
		}
		return kernels.NewAddU8(kernels.AddU8{AScale: in.Quant.Scale, AZero: in.Quant.Zero, BScale: s.in[1].Quant.Scale, BZero: s.in[1].Quant.Zero,
			OutScale: to.Scale, Out: out}, isa)
	}
	return nil, fmt.Errorf("a quantised maximum keeps its input's scale, it is a plain %s: %w", q.Op.Kind(), ErrGraph)
}

// quantBound is the quantised value of a clamp's bound.
func quantBound(x float32, q Quant) uint8 {
	v := math.RoundToEven(float64(x/q.Scale)) + float64(q.Zero)
	return uint8(min(max(v, 0), 255))
}

// wholeMap is the window of a global pool.
func wholeMap(s Shape) kernels.PoolShape {
	return kernels.PoolShape{N: s.N, H: s.H, W: s.W, C: s.C, R: s.H, S: s.W, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, OutH: 1, OutW: 1}
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
