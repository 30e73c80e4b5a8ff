package kernels

import (
	"encoding/binary"
	"unsafe"
)

// OpWeave puts pixels of rows into columns, for few channels; quantised only: func(*weaveArgs).
const OpWeave OpKind = "weave"

// weaveArgs is the argument of the kernels that write pixels of one or two rows into columns, for columnConv: for
// 0 ≤ x < columns, 0 ≤ r < rows, 0 ≤ i < c
//
//	dst[x·pitch + (r·c + i)·size] = lines[r][x·c + i]
//
// in one byte or, size being 2, as uint16. Nothing else below columns·pitch changes. Beyond that, weaveSlack bytes may
// be read and written; beyond the lines as many may be read.
type weaveArgs struct {
	_       uncompared
	dst     unsafe.Pointer
	lines   [2]unsafe.Pointer // the second is valid even if there is one row
	c       int               // 1…4
	size    int               // 1 or 2
	rows    int               // 1 or 2
	pitch   int               // ≥ 8·size and rows·c·size
	columns int               // ≥ 1

	// Of kernels that shuffle vectors of 32 bytes, of which each takes all it can out of 16 bytes of each line.
	taken int      // bytes of a line in all vectors
	take  int      // in one
	move  int      // bytes from one vector of dst to the next
	order [2]block // bytes of a line, or 0x80 where there are none of it
	keep  block    // what is not written: ones
}

type block [32]byte

const weaveSlack = 64

// newWeave is a weaveArgs but for its addresses.
func newWeave(c, size, rows, pitch, columns int) weaveArgs {
	w := weaveArgs{c: c, size: size, rows: rows, pitch: pitch, columns: columns}
	n := min(16/c, (len(w.keep)-rows*c*size)/pitch+1) // columns of a vector
	w.take, w.move = n*c, n*pitch
	w.taken = (columns + n - 1) / n * w.take
	fill(w.order[0][:], 0x80)
	fill(w.order[1][:], 0x80)
	fill(w.keep[:], 0xff)
	for r := range rows {
		for i := range n * c {
			at := i/c*pitch + (r*c+i%c)*size
			w.order[r][at] = byte(i)
			clear(w.keep[at:][:size])
		}
	}
	return w
}

// weaveGeneric writes words, in which what is not of the row is as it was.
func weaveGeneric(w *weaveArgs) {
	run := 8 * w.c * w.size
	take := ^uint64(0) >> (64 - run)
	for r := range w.rows {
		dst, line := unsafe.Add(w.dst, r*run/8), w.lines[r]
		for x := range w.columns {
			v := uint64(binary.LittleEndian.Uint32((*[4]byte)(unsafe.Add(line, x*w.c))[:]))
			if w.size == 2 {
				v = spread(v)
			}
			word := (*[8]byte)(unsafe.Add(dst, x*w.pitch))[:]
			binary.LittleEndian.PutUint64(word, binary.LittleEndian.Uint64(word)&^take|v&take)
		}
	}
}

// spread makes four uint16 of four bytes.
func spread(v uint64) uint64 {
	v = (v | v<<16) & 0x0000ffff0000ffff
	return (v | v<<8) & 0x00ff00ff00ff00ff
}
