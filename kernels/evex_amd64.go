//go:build evex

package kernels

// evex makes avxvnni_amd64.h encode the instructions of AVX-VNNI as AVX-512 does; [arch.Features] knows of the same
// tag. The assembler sees it as const_evex.
//
//lint:ignore U1000 assembly uses it
const evex = 1
