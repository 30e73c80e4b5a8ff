package tflite

import (
	"encoding/binary"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"
)

// file is a TFLite model to be written for a test, by the schema, independently of the code that reads it.
type file struct {
	tensors         []tensorSpec
	ops             []opSpec
	inputs, outputs []int
	more            []*file // further subgraphs
	metadata        []byte  // nil if there are none
}

type tensorSpec struct {
	name   string
	shape  []int
	dtype  dtype
	data   []byte
	scale  []float32
	zero   []int64
	axis   int
	kept   bool
	sparse *sparsity
}

type opSpec struct {
	code            int
	inputs, outputs []int
	options         func(b *flatbuffers.Builder) flatbuffers.UOffsetT // nil for none
	custom          string
	customOptions   []byte
}

// opt is a field of an options table.
type opt struct {
	field int
	value any // int8, int32, float32
}

// options makes a table of fields.
func options(fields ...opt) func(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	return func(b *flatbuffers.Builder) flatbuffers.UOffsetT {
		b.StartObject(10)
		for _, f := range fields {
			switch v := f.value.(type) {
			case int8:
				b.PrependInt8Slot(f.field, v, 0)
			case int32:
				b.PrependInt32Slot(f.field, v, 0)
			case float32:
				b.PrependFloat32Slot(f.field, v, 0)
			}
		}
		return b.EndObject()
	}
}

// refsOf writes a vector of tables.
func refsOf(b *flatbuffers.Builder, v []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(v), 4)
	for i := len(v) - 1; i >= 0; i-- {
		b.PrependUOffsetT(v[i])
	}
	return b.EndVector(len(v))
}

// intsOf writes a vector of int32.
func intsOf(b *flatbuffers.Builder, v []int) flatbuffers.UOffsetT {
	b.StartVector(4, len(v), 4)
	for i := len(v) - 1; i >= 0; i-- {
		b.PrependInt32(int32(v[i]))
	}
	return b.EndVector(len(v))
}

// quantOf writes a tensor's quantisation; 0 for none.
func (t *tensorSpec) quantOf(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	if t.scale == nil {
		return 0
	}
	b.StartVector(4, len(t.scale), 4)
	for i := len(t.scale) - 1; i >= 0; i-- {
		b.PrependFloat32(t.scale[i])
	}
	scale := b.EndVector(len(t.scale))
	b.StartVector(8, len(t.zero), 8)
	for i := len(t.zero) - 1; i >= 0; i-- {
		b.PrependInt64(t.zero[i])
	}
	zero := b.EndVector(len(t.zero))
	b.StartObject(7)
	b.PrependUOffsetTSlot(2, scale, 0)
	b.PrependUOffsetTSlot(3, zero, 0)
	b.PrependInt32Slot(6, int32(t.axis), 0)
	return b.EndObject()
}

// codeOf writes an operator code.
func (o *opSpec) codeOf(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	var custom flatbuffers.UOffsetT
	if o.custom != "" {
		custom = b.CreateString(o.custom)
	}
	b.StartObject(4)
	b.PrependInt8Slot(0, int8(min(o.code, 127)), 0)
	if custom != 0 {
		b.PrependUOffsetTSlot(1, custom, 0)
	}
	b.PrependInt32Slot(3, int32(o.code), 0)
	return b.EndObject()
}

// operatorOf writes an operator of code i.
func (o *opSpec) operatorOf(b *flatbuffers.Builder, i int) flatbuffers.UOffsetT {
	in, out := intsOf(b, o.inputs), intsOf(b, o.outputs)
	var opts flatbuffers.UOffsetT
	if o.options != nil {
		opts = o.options(b)
	}
	var custom flatbuffers.UOffsetT
	if o.customOptions != nil {
		custom = b.CreateByteVector(o.customOptions)
	}
	b.StartObject(9)
	if custom != 0 {
		b.PrependUOffsetTSlot(5, custom, 0)
	}
	b.PrependUint32Slot(0, uint32(i), 0)
	b.PrependUOffsetTSlot(1, in, 0)
	b.PrependUOffsetTSlot(2, out, 0)
	if opts != 0 {
		b.PrependByteSlot(3, byte(handlers[o.code].options), 0)
		b.PrependUOffsetTSlot(4, opts, 0)
	}
	return b.EndObject()
}

func (f *file) bytes() []byte {
	registerAll() // for the kinds of options
	b := flatbuffers.NewBuilder(1024)
	b.StartObject(3)
	buffers, codes := []flatbuffers.UOffsetT{b.EndObject()}, []flatbuffers.UOffsetT(nil)
	var subs []flatbuffers.UOffsetT
	for _, g := range append([]*file{f}, f.more...) {
		subs = append(subs, g.subgraph(b, &buffers, &codes))
	}
	var entries flatbuffers.UOffsetT
	if f.metadata != nil {
		data := b.CreateByteVector(f.metadata)
		b.StartObject(3)
		b.PrependUOffsetTSlot(0, data, 0)
		buffers = append(buffers, b.EndObject())
		name := b.CreateString("TFLITE_METADATA")
		b.StartObject(2)
		b.PrependUOffsetTSlot(0, name, 0)
		b.PrependUint32Slot(1, uint32(len(buffers)-1), 0)
		entries = refsOf(b, []flatbuffers.UOffsetT{b.EndObject()})
	}
	sub, cs, bs := refsOf(b, subs), refsOf(b, codes), refsOf(b, buffers)
	b.StartObject(8)
	b.PrependUint32Slot(0, 3, 0)
	b.PrependUOffsetTSlot(1, cs, 0)
	b.PrependUOffsetTSlot(2, sub, 0)
	b.PrependUOffsetTSlot(4, bs, 0)
	if entries != 0 {
		b.PrependUOffsetTSlot(6, entries, 0)
	}
	b.FinishWithFileIdentifier(b.EndObject(), []byte(identifier))
	return b.FinishedBytes()
}

// subgraph writes the tensors and operators, and appends their buffers and codes.
func (f *file) subgraph(b *flatbuffers.Builder, buffers, codes *[]flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	var tensors, ops []flatbuffers.UOffsetT
	for _, t := range f.tensors {
		buffer := 0
		if t.data != nil {
			data := b.CreateByteVector(t.data)
			b.StartObject(3)
			b.PrependUOffsetTSlot(0, data, 0)
			buffer = len(*buffers)
			*buffers = append(*buffers, b.EndObject())
		}
		quant := t.quantOf(b)
		var sparse flatbuffers.UOffsetT
		if t.sparse != nil {
			sparse = t.sparse.write(b)
		}
		name, shape := b.CreateString(t.name), intsOf(b, t.shape)
		b.StartObject(10)
		b.PrependUOffsetTSlot(0, shape, 0)
		b.PrependInt8Slot(1, int8(t.dtype), 0)
		b.PrependUint32Slot(2, uint32(buffer), 0)
		b.PrependUOffsetTSlot(3, name, 0)
		b.PrependBoolSlot(5, t.kept, false)
		if quant != 0 {
			b.PrependUOffsetTSlot(4, quant, 0)
		}
		b.PrependUOffsetTSlot(6, sparse, 0)
		tensors = append(tensors, b.EndObject())
	}
	for _, o := range f.ops {
		*codes = append(*codes, o.codeOf(b))
		ops = append(ops, o.operatorOf(b, len(*codes)-1))
	}
	ts, in, out, os := refsOf(b, tensors), intsOf(b, f.inputs), intsOf(b, f.outputs), refsOf(b, ops)
	b.StartObject(5)
	b.PrependUOffsetTSlot(0, ts, 0)
	b.PrependUOffsetTSlot(1, in, 0)
	b.PrependUOffsetTSlot(2, out, 0)
	b.PrependUOffsetTSlot(3, os, 0)
	return b.EndObject()
}

// tensor appends a tensor and returns its number.
func (f *file) tensor(t tensorSpec) int {
	f.tensors = append(f.tensors, t)
	return len(f.tensors) - 1
}

func (f *file) op(code int, opts func(b *flatbuffers.Builder) flatbuffers.UOffsetT, output int, inputs ...int) int {
	f.ops = append(f.ops, opSpec{code: code, inputs: inputs, outputs: []int{output}, options: opts})
	return output
}

func floatBytes(v []float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func intBytes(v []int32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	return b
}
