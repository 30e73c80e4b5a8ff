//go:build gc && !purego && !noasm && (amd64 || arm64)

package kernels

import (
	"testing"
	"unsafe"
)

// A rest of nothing would begin where its allocation ends: an address that belongs to whatever lies behind.
func TestSplitOfWholeBlocks(t *testing.T) {
	src, dst := make([]float32, 16), make([]Half, 16)
	for c := 1; c <= len(src); c++ {
		a := convertArgs{src: unsafe.Pointer(&src[0]), dst: unsafe.Pointer(&dst[0]), rows: 1, c: c}
		whole, rest := a.split(8, 4, 2)
		switch {
		case whole.c != c/8*8 || rest.c != c%8:
			t.Errorf("%d elements: %d in blocks and %d", c, whole.c, rest.c)
		case rest.c == 0 && (rest.src != nil || rest.dst != nil):
			t.Errorf("%d elements: a rest of none has addresses", c)
		case rest.c > 0 && (rest.src != unsafe.Pointer(&src[whole.c]) || rest.dst != unsafe.Pointer(&dst[whole.c])):
			t.Errorf("%d elements: the rest is not behind the blocks", c)
		}
	}
}
