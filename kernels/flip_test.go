package kernels

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Every kernel flips what flipArgs says of rows that lie anywhere, up to the ends of pages, and nothing between them.
func TestFlip(t *testing.T) {
	forKernels(t, OpFlip, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for bytes := 1; bytes <= 2*k.NR+70; bytes++ {
			for _, side := range guard.Sides {
				rows := 1 + r.IntN(4)
				gap := r.IntN(5)
				dst := guardedSlice(t, side, integers[uint8](r, rows*(bytes+gap)-gap, 0, 255))
				want := slices.Clone(dst)
				ptrs := make([]unsafe.Pointer, rows)
				for i := range ptrs {
					row := guardedSlice(t, side, integers[uint8](r, bytes, 0, 255))
					ptrs[i] = addr(row)
					for j, v := range row {
						want[i*(bytes+gap)+j] = v ^ 128
					}
				}
				k.fn.(func(*flipArgs))(&flipArgs{ptrs: addr(ptrs), dst: addr(dst), dstStride: bytes + gap, rows: rows,
					bytes: bytes})
				equalBits(t, fmt.Sprintf("%d rows of %d bytes, %d between", rows, bytes, gap), dst, want)
			}
		}
	})
}
