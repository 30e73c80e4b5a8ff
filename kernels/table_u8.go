package kernels

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpTable is any function of a byte; quantised only: func(*tableArgs).
const OpTable OpKind = "table"

// OpTables is any function of a byte for each channel; quantised only: func(*tableArgs).
const OpTables OpKind = "tables"

// tableArgs is the argument of looking bytes up: for each of rows rows of c elements, dst[i] = table[src[i]], or
// dst[i] = table[256·i + src[i]] of tables. dst may be src.
type tableArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer
	dstStride, srcStride int            // bytes
	rows, c              int            // ≥ 1
	table                unsafe.Pointer // 256 bytes, or 256·c
}

func tablesGeneric(a *tableArgs) {
	tables := unsafe.Slice((*[256]uint8)(a.table), a.c)
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), len(tables))
		src := unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), len(tables))
		for i := range tables {
			dst[i] = tables[i][src[i]]
		}
	}
}

func tableGeneric(a *tableArgs) {
	table := (*[256]uint8)(a.table)
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			dst[i] = table[q]
		}
	}
}

// rest leaves out the first k channels and reports whether others are left.
func (a *tableArgs) rest(k int) bool {
	if k == a.c {
		return false
	}
	a.dst, a.src, a.c = unsafe.Add(a.dst, k), unsafe.Add(a.src, k), a.c-k
	return true
}

// NewTableU8 returns the operation out = table[in], elementwise: any function of a byte, the same on every tier. In
// place is allowed.
func NewTableU8(table *[256]uint8, limit arch.ISA) (Op, error) {
	return newTables(OpTable, table[:], limit), nil
}

// NewTablesU8 returns the operation out = tables[c][in], elementwise, for each channel c: 256 bytes for each. In place
// is allowed.
func NewTablesU8(tables []uint8, limit arch.ISA) (Op, error) {
	if len(tables) == 0 || len(tables)%256 != 0 {
		return nil, errorf("%w: tables of %d bytes", ErrShape, len(tables))
	}
	return newTables(OpTables, tables, limit), nil
}

func newTables(kind OpKind, tables []uint8, limit arch.ISA) *tableU8 {
	o := &tableU8{table: slices.Clone(tables)}
	o.kernel, o.fn = Select[func(*tableArgs)](kind, U8, limit)
	return o
}

type tableU8 struct {
	basic
	fn    func(*tableArgs)
	table []uint8
}

func (o *tableU8) PackedBytes() int { return len(o.table) }

func (o *tableU8) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("table", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == U8 &&
		sameShape(&in[0], &out[0]) && (o.kernel.Op == OpTable || len(o.table) == 256*in[0].C))
	t := &tableTask{tableU8: o, in: in[0], out: out[0], workers: make([]tableWorker, workers), most: maxChannels}
	switch {
	case o.kernel.Op == OpTables:
		t.most = tablesAtOnce
	case t.in.Dense() && t.out.Dense(): // one long row, cut as it comes
		t.long = true
		for _, v := range []*View{&t.in, &t.out} {
			v.N, v.H, v.W, v.C, v.Stride = 1, 1, v.Pixels()*v.C, 1, 1
		}
	}
	t.pixelBlocks = newPixelBlocks(t.in.Pixels(), min(t.in.C, t.most))
	return t
}

// tablesAtOnce is how many channels a unit has of those that have a table each: the tables stay in the first cache from
// pixel to pixel.
const tablesAtOnce = 64

type tableTask struct {
	*tableU8
	onlyTask
	pixelBlocks
	in, out View
	long    bool
	most    int // channels of a unit
	workers []tableWorker
}

type tableWorker struct {
	args tableArgs
	_    [64]byte
}

// Units are blocks of pixels times blocks of channels.
func (t *tableTask) Units() int { return t.pixelBlocks.Units() * t.blocks() }

func (t *tableTask) blocks() int { return (t.in.C + t.most - 1) / t.most }

func (t *tableTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u / t.blocks())
		at := u % t.blocks() * t.most
		*a = tableArgs{dst: t.out.at(p0*t.out.Stride + at), src: t.in.at(p0*t.in.Stride + at), dstStride: t.out.Stride,
			srcStride: t.in.Stride, rows: p1 - p0, c: min(t.in.C-at, t.most), table: addr(t.table)}
		if t.long {
			a.rows, a.c = 1, p1-p0
		}
		if t.kernel.Op == OpTables {
			a.table = addr(t.table[256*at:])
		}
		t.fn(a)
	}
}
