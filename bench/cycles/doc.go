// Command cycles argues the speed of networks on ARM from models of cores, without such a core.
//
//	go run ./bench/cycles                                       GoogLeNet on each board, float and int8
//	go run ./bench/cycles --model family --as markdown          tables for documents
//	go run ./bench/cycles --model net.onnx --core cortex-a72 --layers
//	go run ./bench/cycles --model family --keep DIR             what was emulated is kept, and not emulated again
//
// # Method
//
// qemu runs the network once for each CPU that has kernels of its own, with a mark after each step, and logs every
// straight piece of code that it enters. That counts, for each step, how often each piece of each kernel ran, and the
// instructions of all compiled code beside. llvm-mca models the cores' issue slots, pipes and latencies, with every
// load in the L1 cache: a step's cycles are those of its pieces, each repeated, as often as it ran. Compiled code takes
// cycles per instruction, by the core. Milliseconds on a board follow from its clock.
//
// # Proof
//
// For convolutions by tiles and by Winograd in float32 the same instructions are counted from shapes alone; "off" is
// the difference: below 1 % for seven networks. The models are set beside what others publish: loops of cpufp on
// A53, A55, A72 and A76, and ncnn's times for its own kernels, whose tiles are modelled in the same way. That gives the
// error bar. Nothing of gneiss was measured on ARM.
//
// # Allowances
//
// The models know no memory. To their cycles are added: the weights of each step, and its inputs and outputs where they
// are more than half of the last cache, at 60 % of what a copy moves on that board by sbc-bench, waited for; and inputs
// that tiles read again from L2, waited for by in-order cores. The streams are printed beside what was measured.
//
// # Caveats
//
// A53: llvm-mca starts 24 independent FMLA in 30 cycles, the core in 24; kernels may be a fifth faster than it says.
// A55: 4 %. Both models let no load finish before the product issued ahead of it, and know nothing of the width of a
// load. A76 is modelled by Neoverse N1, its server twin, and A78 by Neoverse N2; there is no published loop of A78's
// and N1's among those compared. Branches are predicted, and translations of addresses cost nothing.
//
// It needs GNU binutils for aarch64, qemu-user-static and llvm-mca; 19 is better than 14, the models of which are
// older.
package main
