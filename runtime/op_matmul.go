package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(28, func() Op { return new(MatMul) })

// MatMul is the product of two computed matrices for each image and row of pixels: the columns of pixels W are a
// matrix's rows, the channels its columns. Where N or H of one factor is 1, its matrices serve all of the other's.
type MatMul struct{ TransA, TransB bool } // factors given transposed

func (*MatMul) Kind() string { return "MatMul" }

// sizes are the rows, the columns and the sums' length of a product.
func (m *MatMul) sizes(in []Shape) (rows, cols, depth, depthB int) {
	rows, depth, depthB, cols = in[0].W, in[0].C, in[1].W, in[1].C
	if m.TransA {
		rows, depth = depth, rows
	}
	if m.TransB {
		depthB, cols = cols, depthB
	}
	return rows, cols, depth, depthB
}

func (m *MatMul) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 {
		return Shape{}, errorf("%d inputs, want 2: %w", len(in), ErrShape)
	}
	rows, cols, depth, depthB := m.sizes(in)
	out := Shape{N: max(in[0].N, in[1].N), H: max(in[0].H, in[1].H), W: rows, C: cols}
	for _, s := range in {
		if depth != depthB || s.N != 1 && s.N != out.N || s.H != 1 && s.H != out.H {
			return out, errorf("the product of %v and %v: %w", in[0], in[1], ErrShape)
		}
	}
	return out, nil
}

func (*MatMul) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (m *MatMul) cost(in []Shape, out Shape) Cost {
	rows, cols, depth, _ := m.sizes(in)
	images := times(int64(out.N), out.H)
	macs := times(images, rows, cols, depth)
	// A block of the factors is brought in order for each 64 rows and 32 columns.
	moves := plus(times(images, cols, depth, rows/64+1), times(images, rows, depth, cols/32+1))
	return Cost{MACs: macs, Work: plus(plus(macs, times(moves, 2)), int64(out.Elements()))}
}

func (*MatMul) traits() traits { return traits{apart, pixels, tierBits, Wrapped} }

func (m *MatMul) fields(f *fields) {
	f.bool(&m.TransA)
	f.bool(&m.TransB)
}

func (m *MatMul) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewMatMulF32(kernels.MatMul(*m), isa)
}

func (m *MatMul) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	a, b := in[0].Quant, in[1].Quant
	return kernels.NewMatMulU8(kernels.MatMulU8{MatMul: kernels.MatMul(*m), AScale: a.Scale, AZero: a.Zero,
		BScale: b.Scale, BZero: b.Zero, OutScale: to.Scale, Out: Clamp{}.levels(to)}, isa)
}
