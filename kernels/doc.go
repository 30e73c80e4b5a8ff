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
// # Catalogue
//
// [Catalogue] has a row for every kernel of every architecture, in every build: catalogue_rows.go, with
// catalogue_portable.go, is the only place where one is declared. A portable row holds its function; another row gets
// it from bind_<goarch>.go, where the build has it. [Table] has the rows with a function, and [Select] takes the first
// of them that the CPU can run and whose tier is allowed. For a target ([Target]) it takes the first that a machine of
// that kind would: layouts of packed weights follow from rows, so any machine packs for any other, and links its rows
// only if it asks. What a heuristic asks of a kernel is a field of its row, never a comparison of tiers.
//
// # Names
//
//	kernel     <dtype>_<op>[_<tile>]__<isa>            u8_conv_8x32__avx512vnni; derived from the row
//	           dtype is that of the activations, isa a tier of package arch
//	           tile is pixels × output channels, rows × columns, or the side of a Winograd transform's square
//	function   op, dtype and isa                      convTileU8AVX512VNNI; the portable one ends in Generic
//	assembly   <family>_<dtype>_<isa>_<goarch>.s       conv_u8_avx512vnni_amd64.s
//	           family is the operation of one of its kernels, or how that begins (wino, wino23, maxpool), or pool, eltwise
//	header     <what>[_<tile>][_<dtype>][_<isa>]_<goarch>.h, code that files share   conv_6x16_u8_amd64.h; that of a tier's
//	           name spells out instructions that Go's assembler lacks   neon_arm64.h
//	bindings   bind_<goarch>.go                       declarations of the assembly, and functions by kernels' names
//
// # How to add a kernel
//
// Write the function, in a file of that grammar; declare and bind it in bind_<goarch>.go; add its row to
// catalogue_rows.go, best tier first within an operation. Selection, the tests against the reference between guard
// pages, the proof of its features, the benchmarks, the self-test and KERNELS.md's table find it there. A new operation
// is one file (its OpKind, its reference, its Op) and a portable row that holds the reference. For a new tier see
// package arch.
package kernels
