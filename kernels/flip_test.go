package kernels

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Every kernel flips what flipArgs says of rows that lie anywhere, up to the ends of pages, and nothing between them.
func TestFlip(t *testing.T) {
	testFlip(t, OpFlip, 1, func(v uint8, to []byte) { to[0] = v ^ 128 })
}

// So it does words.
func TestWords(t *testing.T) {
	testFlip(t, OpWords, 2, func(v uint8, to []byte) { binary.NativeEndian.PutUint16(to, uint16(v)) })
}

// testFlip copies rows by each kernel of the kind, of which one makes of each byte what each says, so many bytes.
func testFlip(t *testing.T, op OpKind, size int, each func(v uint8, to []byte)) {
	forKernels(t, op, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for bytes := 1; bytes <= 2*k.NR+70; bytes++ {
			for _, side := range guard.Sides {
				rows := 1 + r.IntN(4)
				gap := size * r.IntN(5)
				stride := size*bytes + gap
				dst := guardedSlice(t, side, integers[uint8](r, rows*stride-gap, 0, 255))
				want := slices.Clone(dst)
				ptrs := make([]unsafe.Pointer, rows)
				for i := range ptrs {
					row := guardedSlice(t, side, integers[uint8](r, bytes, 0, 255))
					ptrs[i] = addr(row)
					for j, v := range row {
						each(v, want[i*stride+size*j:])
					}
				}
				k.fn.(func(*flipArgs))(&flipArgs{ptrs: addr(ptrs), dst: addr(dst), dstStride: stride, rows: rows, bytes: bytes})
				equalBits(t, fmt.Sprintf("%d rows of %d bytes, %d between", rows, bytes, gap), dst, want)
			}
		}
	})
}
