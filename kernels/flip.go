package kernels

import (
	"encoding/binary"
	"unsafe"
)

const (
	OpFlip  OpKind = "flip"  // copies inputs for kernels that multiply signed bytes; quantised only: func(*flipArgs)
	OpWords OpKind = "words" // the same for kernels that multiply int16
)

// flipArgs is the argument of the kernels that copy uint8 inputs as convolutions take them: less 128, which flips the
// top bit and leaves int8, or as words. For r < rows and i < bytes
//
//	flip:   dst[r·dstStride + i] = ptrs[r][i] XOR 128
//	words:  dst[r·dstStride + 2·i … + 1] = ptrs[r][i], 16 bits in the machine's order
//
// Done here it is done once, and not again for each block of filters.
type flipArgs struct {
	_         uncompared
	ptrs      unsafe.Pointer // [rows] addresses
	dst       unsafe.Pointer // overlaps no input
	dstStride int            // bytes
	rows      int            // ≥ 1
	bytes     int            // ≥ 1
}

func flipGeneric(a *flipArgs) {
	for r, from := range unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.rows) {
		dst := unsafe.Slice((*byte)(unsafe.Add(a.dst, r*a.dstStride)), a.bytes)
		copy(dst, unsafe.Slice((*byte)(from), a.bytes))
		flip(dst)
	}
}

func wordsGeneric(a *flipArgs) {
	for r, from := range unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.rows) {
		dst := unsafe.Slice((*uint16)(unsafe.Add(a.dst, r*a.dstStride)), a.bytes)
		for i, v := range unsafe.Slice((*byte)(from), a.bytes) {
			dst[i] = uint16(v)
		}
	}
}

// flip flips the top bit of each byte.
func flip(b []byte) {
	const top = 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^top)
	}
	for i := range b {
		b[i] ^= 0x80
	}
}

// flippedBytes is how much of copied inputs a worker keeps, unless one tile has more: they stay in an L2 cache.
const flippedBytes = 256 << 10

// flipper is the memory of a worker of directConv whose kernel takes signed bytes or words: copies of windows of
// pixels, one after the other, so that a window is a single tap.
type flipper struct {
	taps []unsafe.Pointer // [tiles][taps][MR] addresses of inputs
	dst  []byte           // [tiles][MR][taps·C], bytes or words
	args flipArgs
}

// flipped returns what a worker has in some scratch, and the addresses of the windows in it.
func (d *directConv) flipped(scratch []byte) (f flipper, windows []unsafe.Pointer) {
	n := d.work.most() * d.kernel.MR
	f.taps = make([]unsafe.Pointer, n*d.shape.R*d.shape.S)
	f.dst = scratch[:n*d.window()]
	windows = make([]unsafe.Pointer, n)
	for i := range windows {
		windows[i] = unsafe.Pointer(&f.dst[i*d.window()])
	}
	return f, windows
}

// window is the bytes of a window's copy.
func (d *directConv) window() int { return d.shape.R * d.shape.S * d.shape.C * d.rowElem() }

// flipTiles copies the windows of so many tiles.
func (d *directConv) flipTiles(f *flipper, tiles int) {
	a, mr, taps, size := &f.args, d.kernel.MR, d.shape.R*d.shape.S, d.window()
	a.dstStride, a.rows, a.bytes = size, mr, d.shape.C
	for i := range tiles * taps {
		a.ptrs, a.dst = addr(f.taps[i*mr:]), addr(f.dst[i/taps*mr*size+i%taps*(size/taps):])
		d.flip(a)
	}
}
