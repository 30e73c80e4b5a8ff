//go:build !gc || purego || noasm || !(amd64 || arm64)

package kernels

func archKernels() []Kernel { return nil }
