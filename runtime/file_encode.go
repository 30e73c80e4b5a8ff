package runtime

import (
	"cmp"
	"encoding/binary"
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

// Write writes a model file: the graph, float or quantised, with functions that it spells out as one operation each,
// and what the options add. The same graph and options always give the same bytes. [ReadGraph] and [Load] read them.
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
//	node     name, code, parameters ([fields]), inputs; an input is the index of an earlier value. Its output is the next value
//	array    a byte 0 for none, or 1, offset in units of 64 bytes from the start of its section, and number of elements
type encoder struct {
	buf     []byte // the structure
	data    []byte // arrays that are used as they are
	filters []byte // filters of convolutions
}

func encode(g *Graph, opts ...WriteOption) ([]byte, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	g, err := recognise(g)
	if err != nil {
		return nil, err
	}
	var e encoder
	f := fields{out: &e}
	if err := uniqueNames(g); err != nil {
		return nil, err
	}
	values := map[*Value]int{}
	index := func(vs []*Value) error {
		e.int(len(vs))
		for _, v := range vs {
			i, ok := values[v]
			if !ok {
				return errorf("value %q is used before it is made: %w", v.Name, ErrGraph)
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
		if err := known(n.Op); err != nil {
			return nil, n.Fault(err)
		}
		f.op(&n.Op)
		if err := index(n.In); err != nil {
			return nil, err
		}
		values[n.Out] = len(values)
	}
	if err := index(g.Outputs); err != nil {
		return nil, err
	}
	w := writer{graph: g, sections: []section{{kind: secGraph, data: e.buf}, {kind: secData, data: e.data},
		{kind: secFilters, data: e.filters}}}
	if t := tensors(g); t != nil {
		w.add(section{kind: secTensors, data: t})
	}
	if most := g.limits.card(); len(g.Card) > most {
		return nil, cardTooLong(len(g.Card), most)
	}
	if len(g.Card) > 0 {
		w.add(section{kind: secCard, data: g.Card})
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

// uniqueNames wants names that a reader will accept, whatever was done to the graph since they were checked.
func uniqueNames(g *Graph) error {
	seen := map[string]bool{}
	check := func(name string) error {
		if seen[name] {
			return errorf("name %q is used twice: %w", name, ErrGraph)
		}
		seen[name] = true
		return nil
	}
	for _, v := range g.Inputs {
		if err := check(v.Name); err != nil {
			return err
		}
	}
	for _, n := range g.Nodes {
		if err := check(n.Name); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) byte(b byte)     { e.buf = append(e.buf, b) }
func (e *encoder) int(v int)       { e.buf = binary.AppendUvarint(e.buf, uint64(v)) }
func (e *encoder) string(s string) { e.int(len(s)); e.buf = append(e.buf, s...) }
func (e *encoder) float(v float32) {
	e.buf = binary.LittleEndian.AppendUint32(e.buf, math.Float32bits(v))
}

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

// put writes an array into a section: the bytes of numbers of a size.
func (e *encoder) put(section *[]byte, array []byte, size int) {
	if array == nil {
		e.byte(0)
		return
	}
	*section = append(*section, make([]byte, alignUp(len(*section))-len(*section))...)
	e.byte(1)
	e.ints(len(*section)/alignment, len(array)/size)
	*section = appendSwapped(*section, array, size)
}

// appendNumbers appends an array in little-endian order.
func appendNumbers[T number](b []byte, v []T) []byte {
	return appendSwapped(b, bytesOf(v), int(unsafe.Sizeof(T(0))))
}

func appendSwapped(b, array []byte, size int) []byte {
	b = append(b, array...)
	swap(b[len(b)-len(array):], size)
	return b
}

// bytesOf views numbers as their bytes.
func bytesOf[T number](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(T(0))))
}

// swap makes numbers of a size in this machine's order little-endian, or the other way about.
func swap(b []byte, size int) {
	for ; !littleEndian && len(b) > 0; b = b[size:] {
		slices.Reverse(b[:size])
	}
}
