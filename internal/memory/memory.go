// Package memory is where sessions get the memory that kernels work in.
package memory

import "unsafe"

// Align is the alignment of what [New] returns: a cache line, and a vector of the widest kernels.
const Align = 64

// New returns n zero bytes. Tests put memory between inaccessible pages in its place, before any session is made.
var New = func(n int) []byte {
	buf := make([]byte, n+Align)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % Align)
	return buf[skip:][:n:n]
}
