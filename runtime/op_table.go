package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(43, func() Op { return new(Table) })

// Table is any function of a byte: the level of the output for each level of the input; or one for each channel.
type Table struct {
	Of  []uint8 // 256, or 256 for each channel
	Out Quant
}

func (*Table) Kind() string { return "Table" }

func (t *Table) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if n := len(t.Of); err == nil && n != 256 && (n%256 != 0 || n/256 != s.C) {
		err = errorf("a table of %d levels, want 256, or that for each of %d channels: %w", n, s.C, ErrShape)
	}
	return s, err
}

func (t *Table) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	return U8, t.Out, t.Out.check()
}

func (t *Table) cost(_ []Shape, out Shape) Cost { return each(out, 1).holding(len(t.Of), len(t.Of)) }

func (*Table) traits() traits { return traits{onSpot, pixels, sameBits, Native} }

func (t *Table) fields(f *fields) {
	f.quant(&t.Out)
	array(f, &t.Of)
}

func (t *Table) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	if len(t.Of) > 256 {
		return kernels.NewTablesU8(t.Of, isa)
	}
	return kernels.NewTableU8((*[256]uint8)(t.Of), isa)
}

// elementwise is implemented by operations that may do the same to every element, whatever its place.
type elementwise interface {
	// pointwise returns what is done to each number of a list; nil if that depends on its place.
	pointwise() func([]float32)
}

// numbersOf returns what dequantising a byte and doing all in turn gives: by the written order of their kernels, so
// that it is the same bits. [Pointwise] holds for all.
func numbersOf(in Quant, all ...Op) *[256]float32 {
	v := new([256]float32)
	for q := range v {
		v[q] = float32(q-int(in.Zero)) * in.Scale
	}
	for _, op := range all {
		Apply(op, v[:])
	}
	return v
}

// tableOf returns the levels of what [numbersOf] gives.
func tableOf(in, out Quant, all ...Op) *[256]uint8 {
	table := new([256]uint8)
	for q, x := range numbersOf(in, all...) {
		table[q] = out.Level(x)
	}
	return table
}
