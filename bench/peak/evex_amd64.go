//go:build evex

package peak

// evex makes the loop for AVX-VNNI one of the same instruction in the encoding of AVX-512; see arch.
//
//lint:ignore U1000 assembly uses it
const evex = 1
