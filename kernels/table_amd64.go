//go:build gc && !purego && !noasm

package kernels

// archKernels lists the amd64 kernels, best tier first within an op.
func archKernels() []Kernel { return []Kernel{} }
