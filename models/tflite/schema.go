package tflite

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The parts of TensorFlow Lite's schema (version 3) that an import needs. A field's number is its place in the schema's
// table.

const (
	identifier    = "TFL3"
	schemaVersion = 3
)

// table gives typed access to a flatbuffers table; the zero table has no fields.
type table struct {
	flatbuffers.Table
	there bool
}

// field is where a field's value begins, or 0 if it has its default.
func (t table) field(n int) flatbuffers.UOffsetT {
	if !t.there {
		return 0
	}
	o := t.Offset(flatbuffers.VOffsetT(4 + 2*n))
	if o == 0 {
		return 0
	}
	return t.Pos + flatbuffers.UOffsetT(o)
}

// beyond returns the first field from n on that the table has, or −1.
func (t table) beyond(n int) int {
	size := int(t.GetVOffsetT(t.Pos - flatbuffers.UOffsetT(t.GetSOffsetT(t.Pos)))) // of the vtable, in bytes
	for ; 4+2*n < size; n++ {
		if t.field(n) != 0 {
			return n
		}
	}
	return -1
}

func (t table) int(n, missing int) int {
	if at := t.field(n); at != 0 {
		return int(t.GetInt32(at))
	}
	return missing
}

func (t table) byte(n int) int {
	if at := t.field(n); at != 0 {
		return int(t.GetInt8(at))
	}
	return 0
}

func (t table) float(n int, missing float32) float32 {
	if at := t.field(n); at != 0 {
		return t.GetFloat32(at)
	}
	return missing
}

func (t table) string(n int) string {
	if at := t.field(n); at != 0 {
		return string(t.ByteVector(at))
	}
	return ""
}

// table returns the table that field n refers to.
func (t table) table(n int) table {
	at := t.field(n)
	if at == 0 {
		return table{}
	}
	return table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at)}, true}
}

// vector returns where the elements of a vector of elements of that size begin, and how many there are. A vector that
// the file is too short for is a panic, as everywhere in flatbuffers.
func (t table) vector(n, size int) (at, length int) {
	f := t.field(n)
	if f == 0 {
		return 0, 0
	}
	f -= t.Pos
	at, length = int(t.Vector(f)), t.VectorLen(f)
	_ = t.Bytes[at : at+length*size : at+length*size]
	return at, length
}

// tables returns a vector of tables.
func (t table) tables(n int) []table {
	at, length := t.vector(n, 4)
	ts := make([]table, length)
	for i := range ts {
		p := flatbuffers.UOffsetT(at + 4*i)
		ts[i] = table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(p)}, true}
	}
	return ts
}

func (t table) ints(n int) []int {
	at, length := t.vector(n, 4)
	v := make([]int, length)
	for i := range v {
		v[i] = int(int32(binary.LittleEndian.Uint32(t.Bytes[at+4*i:])))
	}
	return v
}

func (t table) longs(n int) []int64 {
	at, length := t.vector(n, 8)
	v := make([]int64, length)
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(t.Bytes[at+8*i:]))
	}
	return v
}

func (t table) floats(n int) []float32 {
	at, length := t.vector(n, 4)
	v := make([]float32, length)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Bytes[at+4*i:]))
	}
	return v
}

func (t table) bytes(n int) []byte {
	at, length := t.vector(n, 1)
	return t.Bytes[at : at+length : at+length]
}

// dtype is the schema's TensorType.
type dtype int

const (
	typeFloat32 dtype = 0
	typeFloat16 dtype = 1
	typeInt32   dtype = 2
	typeUint8   dtype = 3
	typeInt64   dtype = 4
	typeBool    dtype = 6
	typeInt16   dtype = 7
	typeInt8    dtype = 9
)

// types are the names of TensorType, from 0.
var types = strings.Fields(`float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64
	resource variant uint32 uint16 int4 bfloat16 int2 uint4`)

func (d dtype) String() string {
	if d >= 0 && int(d) < len(types) {
		return types[d]
	}
	return fmt.Sprintf("of type %d", int(d))
}

// tensor is an entry of a subgraph's list.
type tensor struct {
	name   string
	shape  []int
	dtype  dtype
	data   []byte // nil if it is computed
	scale  []float32
	zero   []int64
	axis   int   // that scale and zero run along
	sparse table // how data lies, if not all elements are there
	number int
	kept   bool // is_variable: what is written to it is there in the next run
}

func (t *tensor) constant() bool { return len(t.data) > 0 }

// operator is a node of a subgraph.
type operator struct {
	code            int // BuiltinOperator
	custom          string
	inputs, outputs []int // tensors; −1 where an optional one is left out
	kind            int   // of options, in BuiltinOptions
	options         table
	customOptions   []byte
	dilated         *dilation // of a convolution that was between space and batch
}

type subgraph struct {
	tensors         []tensor
	inputs, outputs []int
	operators       []operator
}

type model struct{ subgraphs []subgraph }

// readModel reads all but the weights, which stay where they are. It panics where the file refers to what is not there.
func readModel(data []byte) model {
	root := table{flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}, true}
	if v := root.int(0, 0); v != schemaVersion {
		panic(corruptVersion(v))
	}
	type code struct {
		builtin int
		custom  string
	}
	var codes []code
	for _, t := range root.tables(1) {
		codes = append(codes, code{max(t.int(3, 0), t.byte(0)), t.string(1)}) // the first field is that of files before 2020
	}
	buffers := root.tables(4)
	var m model
	for _, t := range root.tables(2) {
		var s subgraph
		for i, tt := range t.tables(0) {
			q := tt.table(4)
			x := tensor{name: tt.string(3), shape: tt.ints(0), dtype: dtype(tt.byte(1)), scale: q.floats(2), zero: q.longs(3),
				axis: q.int(6, 0), number: i,
				sparse: tt.table(6), kept: tt.byte(5) != 0}
			x.data = buffers[tt.int(2, 0)].bytes(0)
			s.tensors = append(s.tensors, x)
		}
		s.inputs, s.outputs = t.ints(1), t.ints(2)
		for _, ot := range t.tables(3) {
			c := codes[ot.int(0, 0)]
			s.operators = append(s.operators, operator{code: c.builtin, custom: c.custom, inputs: ot.ints(1),
				outputs: ot.ints(2),
				kind:    ot.byte(3) & 255, options: ot.table(4), customOptions: ot.bytes(5)})
		}
		m.subgraphs = append(m.subgraphs, s)
	}
	return m
}

type corruptVersion int

func (v corruptVersion) String() string { return "its schema is not version 3" }
