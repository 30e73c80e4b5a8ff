// Command cycles argues the speed of the arm64 kernels from models of cores, without such a core.
//
//	go run ./bench/cycles [--execute] [--json] [--layers cortex-a53] [--mca llvm-mca-19]
//
// # Method
//
// It builds the kernels for arm64, disassembles each hot loop (the innermost loop with the most multiply-accumulates),
// and gives it to llvm-mca, which models a core's issue slots, pipes and latencies with every load in the L1 cache. The
// peak beside it is that of the same arithmetic without loads, on registers that do not depend on each other.
//
// For a whole GoogLeNet it counts how often each part of a kernel runs, from the shapes of the layers: hot loop, what is
// left over, what each tap, tile and transform adds. That gives instructions per multiply-accumulate exactly, for the
// assembly; with --execute, GoogLeNet runs under qemu and the instructions that it executes are counted beside. Cycles by the model of each part; and, with a stated allowance for memory and for the steps between
// convolutions, milliseconds on boards. All of it is prediction. Measured figures of another engine on the same boards
// stand beside it.
//
// It needs GNU binutils for aarch64 and llvm-mca; 19 is better than 14, the models of which are older.
package main
