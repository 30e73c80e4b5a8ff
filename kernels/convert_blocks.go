//go:build gc && !purego && !noasm && (amd64 || arm64)

package kernels

import "unsafe"

// split divides the argument's rows: what lies in whole blocks of n elements, and the rest. Elements take so many
// bytes.
func (a *convertArgs) split(n, from, to int) (whole, rest convertArgs) {
	whole, rest = *a, *a
	whole.c = a.c / n * n
	rest.src, rest.dst = unsafe.Add(a.src, from*whole.c), unsafe.Add(a.dst, to*whole.c)
	rest.c -= whole.c
	return whole, rest
}
