package runtime

import "errors"

// The section of tensors says of each input, and then of each output, what the structure does not: type, quantisation
// and the model's own dimensions. It is left out if there is nothing to say: all are float, [N H W C].
//
//	tensor   byte type (0 float, 1 uint8, 2 uint8 that the model has as int8, 3 int32), quant if an input is of uint8,
//	         byte elements ([Elem]) if it is of int32, byte layout, rank, dimensions
//
// Outputs have the type that the structure gives them; theirs says signed or not, and what elements.

const (
	tensorFloat byte = iota
	tensorU8
	tensorS8
	tensorI32
)

// tensors writes the section, nil if it is not needed.
func tensors(g *Graph) []byte {
	var e encoder
	f := fields{out: &e}
	plain := true
	for i, list := range [][]*Value{g.Inputs, g.Outputs} {
		for _, v := range list {
			plain = plain && v.dims == nil && v.elem == ElemSame && (v.DType == F32 || i > 0)
			kind := tensorFloat
			switch {
			case v.Signed():
				kind = tensorS8
			case v.DType == U8:
				kind = tensorU8
			case v.DType == I32:
				kind = tensorI32
			}
			switch e.byte(kind); {
			case kind == tensorI32:
				e.byte(byte(v.elem))
			case kind != tensorFloat && i == 0:
				f.quant(&v.Quant)
			}
			dims, l := v.Dims()
			e.byte(byte(l))
			e.int(len(dims))
			e.ints(dims...)
		}
	}
	if plain {
		return nil
	}
	return e.buf
}

// tensorRecord is what the section says of one tensor.
type tensorRecord struct {
	kind   byte
	quant  Quant
	elem   Elem // of int32
	layout Layout
	dims   []int
}

func (d *decoder) tensor(input bool) (r tensorRecord) {
	switch r.kind = d.byte(); {
	case r.kind > tensorI32:
		d.fail("a tensor of type %d", r.kind)
	case r.kind == tensorI32:
		if r.elem = Elem(d.byte()); r.elem >= elems {
			d.fail("a tensor of elements %d", r.elem)
		}
	case r.kind != tensorFloat && input:
		f := fields{in: d}
		f.quant(&r.quant)
	}
	if r.layout = Layout(d.byte()); r.layout > ChannelsLast {
		d.fail("a tensor of layout %d", r.layout)
	}
	rank := d.int()
	if rank > MaxRank {
		d.fail("a tensor of %d dimensions", rank)
		return r
	}
	r.dims = make([]int, rank)
	for i := range r.dims {
		r.dims[i] = d.int()
	}
	return r
}

// label gives a value what its record says; without one it keeps what it has.
func (d *decoder) label(g *Graph, v *Value, r tensorRecord) {
	if d.err != nil {
		return
	}
	if want := [...]DType{F32, U8, U8, I32}[r.kind]; v.DType != want {
		d.fail("%q is of type %v, its record says %d", v.Name, v.DType, r.kind)
		return
	}
	if r.kind == tensorS8 {
		r.elem = ElemInt8
	}
	err := errors.Join(g.SetDims(v, r.dims, r.layout), g.SetElem(v, r.elem))
	if err != nil {
		d.set(err)
	}
}

// input declares an input, of the type that its record says; nil if that is an error.
func (d *decoder) input(g *Graph, name string, s Shape) *Value {
	if d.tensors == nil {
		v, err := g.Input(name, s)
		if err != nil {
			d.set(err)
			return nil
		}
		return v
	}
	r := d.tensors.tensor(true)
	if d.tensors.err != nil {
		d.set(d.tensors.err)
		return nil
	}
	var v *Value
	var err error
	switch r.kind {
	case tensorFloat:
		v, err = g.Input(name, s)
	case tensorI32:
		v, err = g.IntInput(name, s)
	default:
		v, err = g.QuantisedInput(name, s, r.quant)
	}
	if err != nil {
		d.set(err)
		return nil
	}
	d.label(g, v, r)
	return v
}

// outputs gives the outputs what their records say.
func (d *decoder) outputs(g *Graph) {
	if d.tensors == nil || d.err != nil {
		return
	}
	for _, v := range g.Outputs {
		r := d.tensors.tensor(false)
		if d.tensors.err != nil {
			d.set(d.tensors.err)
			return
		}
		d.label(g, v, r)
	}
	if len(d.tensors.buf) != 0 {
		d.fail("%d bytes behind the tensors", len(d.tensors.buf))
	}
}
