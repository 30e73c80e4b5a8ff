// Package kernels holds the inner loops of gneiss and the scalar reference that defines them.
//
// # Contract
//
// Data is NHWC. An [Op] is an operation with its kernel chosen and its weights packed; Bind fixes addresses and
// gives a [Task], whose Run allocates nothing. Kernels neither read nor write a byte outside their views, and ask
// for no alignment of user memory. float32 kernels are within c·K·ε of the reference (K products per output);
// int8 kernels equal it bit for bit.
//
// # Flow
//
//	NewConvF32, NewPool, … → Op → Bind(views) → Task → Run(worker, lo, hi) → inner kernel, one tile or row per call
//
// # How to add a kernel
//
// Write the function (assembly in <op>_<dtype>_<isa>_<goarch>.s), add its row to archKernels in
// table_<goarch>.go. Selection, the tests against the reference between guard pages, the benchmarks and
// the self-test find it there.
package kernels
