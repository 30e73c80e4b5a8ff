package runtime

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"unsafe"
)

// WriteOption adds something to a file.
type WriteOption func(*writer)

type writer struct {
	graph    *Graph
	sections []section
	err      error
}

// Write writes a model file: the graph, float or quantised, and what the options add. The same graph and options always
// give the same bytes. [ReadGraph] and [Load] read them.
func Write(w io.Writer, g *Graph, opts ...WriteOption) error {
	data, err := encode(g, opts...)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// The structure is, with uvarints for counts and numbers, strings as their length and bytes:
//
//	graph    name, inputs…, nodes…, outputs…, each list after its length; an output is the index of a value
//	input    name, N, H, W, C; inputs are the first values
//	node     name, code, attributes, inputs; an input is the index of an earlier value. Its output is the next value
//	window   R, S, strides, paddings (top, left, bottom, right), dilations
//	clamp    a byte 0, or 1 and two float32
//	quant    float32 scale, byte zero
//	array    a byte 0 for none, or 1, offset in units of 64 bytes from the start of its section, and number of elements
type encoder struct {
	buf     []byte // the structure
	data    []byte // arrays that are used as they are
	filters []byte // filters of convolutions
}

func encode(g *Graph, opts ...WriteOption) ([]byte, error) {
	if g == nil {
		return nil, fmt.Errorf("no graph: %w", ErrGraph)
	}
	if len(g.Outputs) == 0 {
		return nil, fmt.Errorf("graph %q has no output: %w", g.Name, ErrGraph)
	}
	var e encoder
	values := map[*Value]int{}
	index := func(vs []*Value) error {
		e.int(len(vs))
		for _, v := range vs {
			i, ok := values[v]
			if !ok {
				return fmt.Errorf("value %q is used before it is made: %w", v.Name, ErrGraph)
			}
			e.int(i)
		}
		return nil
	}
	e.string(g.Name)
	e.int(len(g.Inputs))
	for _, v := range g.Inputs {
		e.string(v.Name)
		e.ints(v.Shape.N, v.Shape.H, v.Shape.W, v.Shape.C)
		values[v] = len(values)
	}
	e.int(len(g.Nodes))
	for _, n := range g.Nodes {
		e.string(n.Name)
		if err := e.op(n.Op); err != nil {
			return nil, &NodeError{Node: n.Name, Op: n.Op.Kind(), Err: err}
		}
		if err := index(n.In); err != nil {
			return nil, err
		}
		values[n.Out] = len(values)
	}
	if err := index(g.Outputs); err != nil {
		return nil, err
	}
	w := writer{graph: g, sections: []section{{kind: secGraph, data: e.buf}, {kind: secData, data: e.data}, {kind: secFilters, data: e.filters}}}
	if t := tensors(g); t != nil {
		w.add(section{kind: secTensors, data: t})
	}
	for _, o := range opts {
		o(&w)
	}
	if w.err != nil {
		return nil, w.err
	}
	slices.SortStableFunc(w.sections, func(a, b section) int {
		return cmp.Or(cmp.Compare(a.kind.order(), b.kind.order()), cmp.Compare(a.target, b.target))
	})
	return assemble(w.sections), nil
}

func (e *encoder) byte(b byte)     { e.buf = append(e.buf, b) }
func (e *encoder) code(c opCode)   { e.byte(byte(c)) }
func (e *encoder) int(v int)       { e.buf = binary.AppendUvarint(e.buf, uint64(v)) }
func (e *encoder) string(s string) { e.int(len(s)); e.buf = append(e.buf, s...) }
func (e *encoder) float(v float32) {
	e.buf = binary.LittleEndian.AppendUint32(e.buf, math.Float32bits(v))
}
func (e *encoder) quant(q Quant) { e.float(q.Scale); e.byte(q.Zero) }

func (e *encoder) ints(vs ...int) {
	for _, v := range vs {
		e.int(v)
	}
}

func (e *encoder) bool(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) clamp(c Clamp) {
	if e.bool(c.On); c.On {
		e.float(c.Lo)
		e.float(c.Hi)
	}
}

func (e *encoder) window(w Window) {
	e.ints(w.R, w.S, w.StrideH, w.StrideW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight, w.DilationH, w.DilationW)
}

// put writes an array into a section.
func put[T number](e *encoder, section *[]byte, v []T) {
	if v == nil {
		e.byte(0)
		return
	}
	*section = append(*section, make([]byte, alignUp(len(*section))-len(*section))...)
	e.byte(1)
	e.ints(len(*section)/alignment, len(v))
	*section = appendNumbers(*section, v)
}

// appendNumbers appends an array in little-endian order.
func appendNumbers[T number](b []byte, v []T) []byte {
	size := int(unsafe.Sizeof(T(0)))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*size)
	at := len(b)
	b = append(b, raw...)
	if !littleEndian {
		for ; at < len(b); at += size {
			slices.Reverse(b[at:][:size])
		}
	}
	return b
}

// op writes an operation's code and attributes.
func (e *encoder) op(op Op) error {
	switch op := op.(type) {
	case *Conv:
		e.code(opConv)
		e.window(op.Window)
		e.ints(op.K, max(op.Groups, 0))
		put(e, &e.filters, op.Weights)
		put(e, &e.data, op.Bias)
		e.clamp(op.Act)
	case *Pool:
		e.code(opPool)
		e.window(op.Window)
		e.byte(byte(op.Type))
		e.bool(op.Ceil)
		e.bool(op.CountIncludePad)
	case *GlobalPool:
		e.code(opGlobalPool)
		e.byte(byte(op.Type))
	case *FC:
		e.code(opFC)
		e.int(op.K)
		put(e, &e.data, op.Weights)
		put(e, &e.data, op.Bias)
		e.clamp(op.Act)
	case *LRN:
		e.code(opLRN)
		e.int(op.Size)
		e.float(op.Alpha)
		e.float(op.Beta)
		e.float(op.Bias)
	case *Softmax:
		e.code(opSoftmax)
	case *Activation:
		e.code(opActivation)
		e.clamp(op.Act)
	case *Add:
		e.code(opAdd)
		e.clamp(op.Act)
	case *Concat:
		e.code(opConcat)
	case *Affine:
		e.code(opAffine)
		put(e, &e.data, op.Scale)
		put(e, &e.data, op.Shift)
	case *Identity:
		e.code(opIdentity)
	case *Flatten:
		e.code(opFlatten)
	case *Rearrange:
		e.code(opRearrange)
		e.ints(op.To.N, op.To.H, op.To.W, op.To.C, len(op.Dims))
		e.ints(op.Dims...)
		e.ints(op.Perm...)
	case *Binary:
		e.code(opBinary)
		e.byte(byte(op.How))
	case *Curve:
		e.code(opCurve)
		e.byte(byte(op.Of))
	case *Quantize:
		e.code(opQuantize)
		e.quant(op.To)
	case *Dequantize:
		e.code(opDequantize)
	case *QConv:
		e.code(opQConv)
		e.window(op.Window)
		e.ints(op.K, max(op.Groups, 0))
		put(e, &e.filters, op.Weights)
		put(e, &e.data, op.WScale)
		put(e, &e.data, op.Bias)
		e.quant(op.Out)
		e.byte(op.Lo)
		e.byte(op.Hi)
	case *QFC:
		e.code(opQFC)
		e.int(op.K)
		put(e, &e.data, op.Weights)
		put(e, &e.data, op.WScale)
		put(e, &e.data, op.Bias)
	case *Quantised:
		e.code(opQuantised)
		e.quant(op.Out)
		return e.op(op.Op)
	default:
		return fmt.Errorf("no code in version %d of the format: %w", fileVersion, ErrGraph)
	}
	return nil
}
