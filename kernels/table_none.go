//go:build !gc || purego || noasm || !(amd64 || arm64 || arm)

package kernels

func archKernels() []Kernel { return nil }
