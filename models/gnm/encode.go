package gnm

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Write writes a graph.
func Write(w io.Writer, g *runtime.Graph) error {
	data, err := encode(g)
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
//	data     a byte 0 for none, or 1, offset in units of 64 bytes from the start of the data, and number of elements
type encoder struct {
	buf  []byte // the structure
	data []byte
}

func encode(g *runtime.Graph) ([]byte, error) {
	if len(g.Outputs) == 0 {
		return nil, fmt.Errorf("graph %q has no output: %w", g.Name, runtime.ErrGraph)
	}
	var e encoder
	values := map[*runtime.Value]int{}
	index := func(vs []*runtime.Value) error {
		e.int(len(vs))
		for _, v := range vs {
			i, ok := values[v]
			if !ok {
				return fmt.Errorf("value %q is used before it is made: %w", v.Name, runtime.ErrGraph)
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
			return nil, &runtime.NodeError{Node: n.Name, Op: n.Op.Kind(), Err: err}
		}
		if err := index(n.In); err != nil {
			return nil, err
		}
		values[n.Out] = len(values)
	}
	if err := index(g.Outputs); err != nil {
		return nil, err
	}
	return e.file(), nil
}

// file puts the parts together.
func (e *encoder) file() []byte {
	start := roundUp(headerSize + len(e.buf))
	out := make([]byte, start+len(e.data))
	copy(out, magic)
	copy(out[headerSize:], e.buf)
	copy(out[start:], e.data)
	binary.LittleEndian.PutUint32(out[8:], version)
	binary.LittleEndian.PutUint64(out[16:], uint64(len(out)))
	binary.LittleEndian.PutUint64(out[24:], uint64(len(e.buf)))
	binary.LittleEndian.PutUint32(out[12:], crc32.Checksum(out[16:], crcTable))
	return out
}

func roundUp(n int) int { return (n + alignment - 1) &^ (alignment - 1) }

func (e *encoder) byte(b byte)     { e.buf = append(e.buf, b) }
func (e *encoder) code(c opCode)   { e.byte(byte(c)) }
func (e *encoder) int(v int)       { e.buf = binary.AppendUvarint(e.buf, uint64(v)) }
func (e *encoder) string(s string) { e.int(len(s)); e.buf = append(e.buf, s...) }
func (e *encoder) float(v float32) {
	e.buf = binary.LittleEndian.AppendUint32(e.buf, math.Float32bits(v))
}
func (e *encoder) quant(q runtime.Quant) { e.float(q.Scale); e.byte(q.Zero) }

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

func (e *encoder) clamp(c runtime.Clamp) {
	if e.bool(c.On); c.On {
		e.float(c.Lo)
		e.float(c.Hi)
	}
}

func (e *encoder) window(w runtime.Window) {
	e.ints(w.R, w.S, w.StrideH, w.StrideW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight, w.DilationH, w.DilationW)
}

// blob begins a piece of data of n elements.
func (e *encoder) blob(n int) {
	e.data = append(e.data, make([]byte, roundUp(len(e.data))-len(e.data))...)
	e.byte(1)
	e.ints(len(e.data)/alignment, n)
}

func (e *encoder) floats(v []float32) {
	if v == nil {
		e.byte(0)
		return
	}
	e.blob(len(v))
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint32(e.data, math.Float32bits(x))
	}
}

func (e *encoder) int32s(v []int32) {
	if v == nil {
		e.byte(0)
		return
	}
	e.blob(len(v))
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint32(e.data, uint32(x))
	}
}

func (e *encoder) int8s(v []int8) {
	e.blob(len(v))
	for _, x := range v {
		e.data = append(e.data, byte(x))
	}
}

// op writes an operation's code and attributes.
func (e *encoder) op(op runtime.Op) error {
	switch op := op.(type) {
	case *runtime.Conv:
		e.code(opConv)
		e.window(op.Window)
		e.ints(op.K, max(op.Groups, 0))
		e.floats(op.Weights)
		e.floats(op.Bias)
		e.clamp(op.Act)
	case *runtime.Pool:
		e.code(opPool)
		e.window(op.Window)
		e.byte(byte(op.Type))
		e.bool(op.Ceil)
		e.bool(op.CountIncludePad)
	case *runtime.GlobalPool:
		e.code(opGlobalPool)
		e.byte(byte(op.Type))
	case *runtime.FC:
		e.code(opFC)
		e.int(op.K)
		e.floats(op.Weights)
		e.floats(op.Bias)
		e.clamp(op.Act)
	case *runtime.LRN:
		e.code(opLRN)
		e.int(op.Size)
		e.float(op.Alpha)
		e.float(op.Beta)
		e.float(op.Bias)
	case *runtime.Softmax:
		e.code(opSoftmax)
		e.bool(op.Exact)
	case *runtime.Activation:
		e.code(opActivation)
		e.clamp(op.Act)
	case *runtime.Add:
		e.code(opAdd)
		e.clamp(op.Act)
	case *runtime.Concat:
		e.code(opConcat)
	case *runtime.Affine:
		e.code(opAffine)
		e.floats(op.Scale)
		e.floats(op.Shift)
	case *runtime.Identity:
		e.code(opIdentity)
	case *runtime.Flatten:
		e.code(opFlatten)
	case *runtime.Quantize:
		e.code(opQuantize)
		e.quant(op.To)
	case *runtime.Dequantize:
		e.code(opDequantize)
	case *runtime.QConv:
		e.code(opQConv)
		e.window(op.Window)
		e.ints(op.K, max(op.Groups, 0))
		e.int8s(op.Weights)
		e.floats(op.WScale)
		e.int32s(op.Bias)
		e.quant(op.Out)
		e.byte(op.Lo)
		e.byte(op.Hi)
	case *runtime.QFC:
		e.code(opQFC)
		e.int(op.K)
		e.int8s(op.Weights)
		e.floats(op.WScale)
		e.int32s(op.Bias)
	case *runtime.Quantised:
		e.code(opQuantised)
		e.quant(op.Out)
		return e.op(op.Op)
	default:
		return fmt.Errorf("no code in version %d of the format: %w", version, runtime.ErrGraph)
	}
	return nil
}
