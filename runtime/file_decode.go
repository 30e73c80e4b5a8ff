package runtime

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/kernels"
)

// ReadGraph reads the graph of a model file. The graph's weights are parts of data wherever their alignment allows, so
// data must not change while the graph is in use. Of the options it heeds [WithLimits] and those about signatures.
// Errors wrap [ErrCorrupt] or [ErrSignature], or are those of the graph's own checks.
func ReadGraph(data []byte, opts ...Option) (*Graph, error) {
	o := newOptions(opts)
	c, err := parse(data)
	if err == nil {
		err = c.authenticate(data, &o)
	}
	if err != nil {
		return nil, err
	}
	return c.graph(o.limits, true, false)
}

// graph reads the graph. Without filters, their content is neither checked nor to be used; trusted graphs are to be
// compiled at once, and kernels look at weights themselves.
func (c *container) graph(limits Limits, filters, trusted bool) (*Graph, error) {
	structure, data, all := c.find(secGraph, ""), c.find(secData, ""), c.find(secFilters, "")
	if structure == nil || data == nil || all == nil {
		return nil, corrupt("a section is missing")
	}
	for _, s := range c.sections {
		if s.kind == secGraph || s.kind == secData || s.kind == secFilters && filters {
			if err := s.checkIn(c.relief); err != nil {
				return nil, err
			}
		}
	}
	card, err := c.card(&limits)
	if err != nil {
		return nil, err
	}
	limits.trusted = trusted
	d := &decoder{buf: structure.data, data: arrays{data.data, 0}, filters: arrays{all.data, 0}}
	if s := c.find(secTensors, ""); s != nil {
		if err := s.check(); err != nil {
			return nil, err
		}
		d.tensors = &decoder{buf: s.data}
	}
	g := d.graph(limits)
	if g != nil {
		g.Card = card
	}
	if d.err == nil && (d.data.next != len(data.data) || d.filters.next != len(all.data)) {
		d.fail("arrays that no operation uses")
	}
	if d.err != nil {
		return nil, d.err
	}
	return g, nil
}

// decoder reads the structure. The first error stays; after it everything reads as zero.
type decoder struct {
	buf           []byte // what is left of the structure
	data, filters arrays
	tensors       *decoder // of the section of tensors; nil if there is none
	err           error
}

// arrays is a section of arrays. They follow each other in the order of the operations, so no two overlap.
type arrays struct {
	all  []byte
	next int
}

func (d *decoder) fail(format string, args ...any) {
	d.set(corrupt(format, args...))
}

func (d *decoder) set(err error) {
	if d.err == nil {
		d.err = err
	}
	d.buf = nil
}

func (d *decoder) take(n int) []byte {
	if n > len(d.buf) {
		d.fail("the structure ends early")
		return nil
	}
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

// maxInt bounds every number of the structure, so that it is an int on every machine.
const maxInt = math.MaxInt32

func (d *decoder) int() int {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 || v > maxInt || n > 1 && d.buf[n-1] == 0 {
		d.fail("a number is cut off, too large or too long")
		return 0
	}
	d.buf = d.buf[n:]
	return int(v)
}

// count is the length of a list whose elements take a byte at least each.
func (d *decoder) count() int {
	n := d.int()
	if n > len(d.buf) {
		d.fail("%d elements in %d bytes", n, len(d.buf))
		return 0
	}
	return n
}

func (d *decoder) bool() bool {
	b := d.byte()
	if b > 1 {
		d.fail("a flag is %d", b)
	}
	return b == 1
}

func (d *decoder) string() string { return string(d.take(d.count())) }

func (d *decoder) float() float32 {
	if b := d.take(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// number is an element of data.
type number interface {
	int8 | uint8 | int32 | float32 | kernels.Half
}

// array returns the bytes of the next array of a section, of numbers of a size; nil if there is none.
func (d *decoder) array(p *arrays, size int) []byte {
	if !d.bool() {
		return nil
	}
	at, n := d.int(), d.int()
	start := alignUp(p.next)
	if d.err != nil || at != start/alignment || start > len(p.all) || n > (len(p.all)-start)/size {
		d.fail("an array is not where it should be")
		return nil
	}
	for _, b := range p.all[p.next:start] {
		if b != 0 {
			d.fail("padding is not zero")
			return nil
		}
	}
	p.next = start + n*size
	return native(p.all[start:p.next], size)
}

// native returns bytes that the machine can use as numbers of a size: the bytes themselves if it can, else a copy.
func native(raw []byte, size int) []byte {
	p := unsafe.Pointer(unsafe.SliceData(raw))
	if len(raw) > 0 && (size == 1 || littleEndian && uintptr(p)%uintptr(size) == 0) {
		return raw
	}
	words := make([]uint64, len(raw)/8+1) // begin at a multiple of any size
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(raw))
	copy(b, raw)
	swap(b, size)
	return b
}

// numbers views bytes that are native as an array.
func numbers[T number](b []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(T(0))))
}

func (d *decoder) graph(limits Limits) *Graph {
	g := NewGraph(d.string())
	g.SetLimits(limits)
	var values []*Value
	list := func(most int) []*Value {
		n := d.count()
		if n > most {
			d.set(fmt.Errorf("a list of %d values, more than %d: %w", n, most, ErrLimit))
			return nil
		}
		vs := make([]*Value, n)
		for i := range vs {
			at := d.int()
			if at >= len(values) {
				d.fail("value %d of %d", at, len(values))
				return nil
			}
			vs[i] = values[at]
		}
		return vs
	}
	for range d.count() {
		name := d.string()
		s := Shape{N: d.int(), H: d.int(), W: d.int(), C: d.int()}
		if d.err != nil {
			return nil
		}
		v := d.input(g, name, s)
		if v == nil {
			return nil
		}
		values = append(values, v)
	}
	f := fields{in: d}
	for range d.count() {
		name := d.string()
		var op Op
		f.op(&op)
		in := list(limits.operands())
		if d.err != nil {
			return nil
		}
		v, err := g.Add(name, op, in...)
		if err != nil {
			d.set(err)
			return nil
		}
		values = append(values, v)
	}
	outputs := list(limits.ports())
	switch {
	case d.err != nil:
	case len(d.buf) != 0:
		d.fail("%d bytes behind the structure", len(d.buf))
	case len(outputs) == 0:
		d.fail("no outputs")
	default:
		if err := g.Output(outputs...); err != nil {
			d.set(err)
		}
		d.outputs(g)
	}
	return g
}
