package guard

import (
	"runtime/debug"
	"testing"
	"unsafe"
)

var sink byte

func TestBytes(t *testing.T) {
	for _, side := range Sides {
		for _, n := range []int{0, 1, 4, 63, 4096, 4097, 1 << 16} {
			b := Bytes(t, side, n)
			if len(b) != n {
				t.Fatalf("%v: %d bytes, want %d", side, len(b), n)
			}
			for i := range b {
				b[i]++
			}
			if n == 0 || !Protected {
				continue
			}
			outside := -1
			if side == End {
				outside = n
			}
			if !faults(unsafe.Add(unsafe.Pointer(&b[0]), outside)) {
				t.Errorf("%v, %d bytes: no fault at byte %d", side, n, outside)
			}
		}
	}
}

// faults reports whether reading p faults.
func faults(p unsafe.Pointer) (yes bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { yes = recover() != nil }()
	sink = *(*byte)(p)
	return false
}
