//go:build gc && !purego && !noasm && (amd64 || arm64)

package kernels

import "unsafe"

// split divides the argument's rows: what lies in whole blocks of n elements, and the rest. Elements take so many
// bytes. Where nothing is left, the rest has no addresses: they would be the end of their allocations.
func (a *convertArgs) split(n, from, to int) (whole, rest convertArgs) {
	whole = *a
	whole.c = a.c / n * n
	if whole.c < a.c {
		rest = *a
		rest.src, rest.dst = unsafe.Add(a.src, from*whole.c), unsafe.Add(a.dst, to*whole.c)
		rest.c -= whole.c
	}
	return whole, rest
}
