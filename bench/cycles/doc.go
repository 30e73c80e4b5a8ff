// Command cycles argues the speed of the arm64 kernels from models of cores, without such a core.
//
//	go run ./bench/cycles [--execute] [--json] [--markdown] [--layers cortex-a53] [--mca llvm-mca-19]
//
// # Method
//
// It builds the kernels for arm64, disassembles each hot loop (the innermost loop with the most multiply-accumulates),
// and gives it to llvm-mca, which models a core's issue slots, pipes and latencies with every load in the L1 cache. The
// peak beside it is that of the same arithmetic without loads, on registers that do not depend on each other.
//
// For a whole GoogLeNet it counts how often each part of a kernel runs, from the shapes of the layers: hot loop, what
// is left over, what each tap, tile and transform adds. That gives the convolutions' instructions per
// multiply-accumulate; with --execute, GoogLeNet runs under qemu and the instructions that it executes are counted
// beside, and the two agree within one per cent. Cycles follow from the model of each part; milliseconds on a board,
// from its clock.
//
// # Allowances
//
// The models know no memory. To their cycles are added: weights, inputs and outputs of each layer at the board's memory
// bandwidth, waited for; inputs that tiles read again from L2, waited for by in-order cores; and the instructions of
// all other steps, at a rate of the core. See board, core and steps. All of it is prediction. What ncnn publishes for
// one thread of the same boards, measured, stands beside it.
//
// It needs GNU binutils for aarch64 and llvm-mca; 19 is better than 14, the models of which are older.
package main
