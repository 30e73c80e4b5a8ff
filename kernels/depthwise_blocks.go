//go:build gc && !purego && !noasm && (amd64 || arm || arm64)

package kernels

import "unsafe"

// from changes the argument to channels k and above, of so many bytes each.
func (a *depthArgs) from(k, size int) *depthArgs {
	for i, table := 0, unsafe.Slice((*depthTap)(a.table), a.taps); i < len(table); i++ {
		table[i].src = unsafe.Add(table[i].src, k*size)
		table[i].w = unsafe.Add(table[i].w, k*size)
	}
	a.bias = unsafe.Add(a.bias, 4*k)
	if a.scale != nil {
		a.scale = unsafe.Add(a.scale, 4*k)
	}
	a.dst = unsafe.Add(a.dst, k*size)
	a.c -= k
	return a
}
