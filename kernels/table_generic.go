package kernels

// genericKernels are the portable rows; every op and dtype has one.
var genericKernels = []Kernel{}
