package gnm

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/runtime"
)

// Read reads a graph from the bytes of a file. The graph's weights are parts of data wherever their alignment allows,
// so data must not change while the graph is in use. Errors wrap runtime.ErrCorrupt, or are those of the graph's own
// checks.
func Read(data []byte, opts ...Option) (*runtime.Graph, error) {
	o := options{limits: runtime.DefaultLimits}
	for _, opt := range opts {
		opt(&o)
	}
	switch {
	case !Is(data):
		return nil, corrupt("not a gneiss model")
	case len(data) < headerSize:
		return nil, corrupt("%d bytes, too few for a header", len(data))
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v != version {
		return nil, corrupt("version %d of the format, this is version %d", v, version)
	}
	if n := binary.LittleEndian.Uint64(data[16:]); n != uint64(len(data)) {
		return nil, corrupt("%d bytes of %d", len(data), n)
	}
	if crc32.Checksum(data[16:], crcTable) != binary.LittleEndian.Uint32(data[12:]) {
		return nil, corrupt("checksum does not match")
	}
	n := binary.LittleEndian.Uint64(data[24:])
	if n > uint64(len(data)-headerSize) {
		return nil, corrupt("a structure of %d bytes", n)
	}
	end := headerSize + int(n)
	d := &decoder{buf: data[headerSize:end:end]}
	if start := roundUp(end); start <= len(data) {
		d.data = data[start:]
		d.left = len(d.data)
	}
	g := d.graph(o.limits)
	if d.err != nil {
		return nil, d.err
	}
	return g, nil
}

// decoder reads the structure. The first error stays; after it everything reads as zero.
type decoder struct {
	buf  []byte // what is left of the structure
	data []byte
	left int // bytes of data not used yet: no two pieces overlap, so the same bytes cannot be asked for again and again
	err  error
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
	if n <= 0 || v > maxInt {
		d.fail("a number is cut off or too large")
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

func (d *decoder) quant() runtime.Quant { return runtime.Quant{Scale: d.float(), Zero: d.byte()} }

func (d *decoder) clamp() (c runtime.Clamp) {
	if c.On = d.bool(); c.On {
		c.Lo, c.Hi = d.float(), d.float()
	}
	return c
}

func (d *decoder) window() (w runtime.Window) {
	for _, p := range []*int{&w.R, &w.S, &w.StrideH, &w.StrideW, &w.PadTop, &w.PadLeft, &w.PadBottom, &w.PadRight, &w.DilationH, &w.DilationW} {
		*p = d.int()
	}
	return w
}

func (d *decoder) poolKind() runtime.PoolKind {
	k := runtime.PoolKind(d.byte())
	if k != runtime.MaxPool && k != runtime.AvgPool {
		d.fail("pooling of kind %d", k)
	}
	return k
}

// littleEndian tells whether numbers in memory look as they do in the file.
var littleEndian = *(*byte)(unsafe.Pointer(&[]uint16{1}[0])) == 1

// number is an element of data.
type number interface{ int8 | int32 | float32 }

// blob returns a piece of data: part of the file if the machine can use it as it is, else a copy; nil if there is none.
func blob[T number](d *decoder) []T {
	if !d.bool() {
		return nil
	}
	at, n := d.int(), d.int()
	size := int(unsafe.Sizeof(T(0)))
	if at > len(d.data)/alignment || n > (len(d.data)-at*alignment)/size || n > d.left/size {
		d.fail("data beyond the end of the file")
		return nil
	}
	d.left -= n * size
	if n == 0 {
		return []T{}
	}
	raw := d.data[at*alignment:][:n*size]
	p := unsafe.Pointer(&raw[0])
	if size == 1 || littleEndian && uintptr(p)%uintptr(size) == 0 {
		return unsafe.Slice((*T)(p), n)
	}
	out := make([]T, n)
	for i := range out {
		bits := binary.LittleEndian.Uint32(raw[4*i:])
		out[i] = *(*T)(unsafe.Pointer(&bits))
	}
	return out
}

func (d *decoder) graph(limits runtime.Limits) *runtime.Graph {
	g := runtime.NewGraph(d.string())
	g.SetLimits(limits)
	var values []*runtime.Value
	list := func() []*runtime.Value {
		vs := make([]*runtime.Value, d.count())
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
		s := runtime.Shape{N: d.int(), H: d.int(), W: d.int(), C: d.int()}
		if d.err != nil {
			return nil
		}
		v, err := g.Input(name, s)
		if err != nil {
			d.set(err)
			return nil
		}
		values = append(values, v)
	}
	for range d.count() {
		name := d.string()
		op := d.op(0)
		in := list()
		if d.err == nil && len(in) == 0 {
			d.fail("node %q has no inputs", name)
		}
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
	outputs := list()
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
	}
	return g
}

// op reads an operation; depth counts those around it.
func (d *decoder) op(depth int) runtime.Op {
	switch code := opCode(d.byte()); code {
	case opConv:
		return &runtime.Conv{Window: d.window(), K: d.int(), Groups: d.int(), Weights: blob[float32](d), Bias: blob[float32](d), Act: d.clamp()}
	case opPool:
		return &runtime.Pool{Window: d.window(), Type: d.poolKind(), Ceil: d.bool(), CountIncludePad: d.bool()}
	case opGlobalPool:
		return &runtime.GlobalPool{Type: d.poolKind()}
	case opFC:
		return &runtime.FC{K: d.int(), Weights: blob[float32](d), Bias: blob[float32](d), Act: d.clamp()}
	case opLRN:
		return &runtime.LRN{Size: d.int(), Alpha: d.float(), Beta: d.float(), Bias: d.float()}
	case opSoftmax:
		return &runtime.Softmax{Exact: d.bool()}
	case opActivation:
		return &runtime.Activation{Act: d.clamp()}
	case opAdd:
		return &runtime.Add{Act: d.clamp()}
	case opConcat:
		return &runtime.Concat{}
	case opAffine:
		return &runtime.Affine{Scale: blob[float32](d), Shift: blob[float32](d)}
	case opIdentity:
		return &runtime.Identity{}
	case opFlatten:
		return &runtime.Flatten{}
	case opQuantize:
		return &runtime.Quantize{To: d.quant()}
	case opDequantize:
		return &runtime.Dequantize{}
	case opQConv:
		return &runtime.QConv{Window: d.window(), K: d.int(), Groups: d.int(), Weights: blob[int8](d), WScale: blob[float32](d),
			Bias: blob[int32](d), Out: d.quant(), Lo: d.byte(), Hi: d.byte()}
	case opQFC:
		return &runtime.QFC{K: d.int(), Weights: blob[int8](d), WScale: blob[float32](d), Bias: blob[int32](d)}
	case opQuantised:
		if depth > 0 {
			d.fail("a quantised operation in another")
			return nil
		}
		out := d.quant()
		return &runtime.Quantised{Op: d.op(depth + 1), Out: out}
	default:
		d.fail("operation code %d", code)
		return nil
	}
}
