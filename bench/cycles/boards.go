package main

import "strings"

// core is a processor core with a model in llvm-mca.
type core struct {
	Name    string // as in the table
	Model   string // llvm-mca's -mcpu
	QEMU    string // the CPU that qemu emulates for it: of the same kernels
	InOrder bool
	DotProd bool
	FP16    bool    // computes in float16
	SlowFMA bool    // llvm-mca lets two 128-bit FMLA start in each cycle, the core's guide only one
	L2      float64 // bytes a cycle from L2 to L1
	OtherPI float64 // cycles per instruction of compiled code between the kernels
}

// The cores. Cortex-A76 is modelled by its server twin: what llvm-mca prints for cortex-a76 is an A57. So is what it
// prints for cortex-a78, of which Neoverse N2 is the nearest relative that it knows.
// Cortex-A55 issues one 128-bit FMLA a cycle, as it does SDOT, by Arm's software optimisation guide.
var cores = []core{
	{Name: "cortex-a53", Model: "cortex-a53", QEMU: "cortex-a53", InOrder: true, L2: 8, OtherPI: 1.2},
	{Name: "cortex-a55", Model: "cortex-a55", QEMU: "neoverse-n1", InOrder: true, DotProd: true, FP16: true,
		SlowFMA: true, L2: 8, OtherPI: 1.1},
	{Name: "cortex-a72", Model: "cortex-a72", QEMU: "cortex-a53", L2: 8, OtherPI: 0.7},
	{Name: "cortex-a76", Model: "neoverse-n1", QEMU: "neoverse-n1", DotProd: true, FP16: true, L2: 16, OtherPI: 0.5},
	{Name: "cortex-a78", Model: "neoverse-n2", QEMU: "neoverse-n1", DotProd: true, FP16: true, L2: 16, OtherPI: 0.45},
	{Name: "neoverse-n1", Model: "neoverse-n1", QEMU: "neoverse-n1", DotProd: true, FP16: true, L2: 16, OtherPI: 0.5},
}

// runs tells whether the core has the instructions of a kernel.
func (c *core) runs(kernel string) bool {
	switch {
	case strings.HasSuffix(kernel, "__dotprod"):
		return c.DotProd
	case strings.HasSuffix(kernel, "__fp16"):
		return c.FP16
	case strings.HasSuffix(kernel, "__i8mm"):
		return false
	}
	return true
}

// board is a core with a clock and memory.
type board struct {
	Name  string
	core  string
	GHz   float64
	Cache int // bytes, the last one before memory, that one core may fill
	// What sbc-bench publishes of the board (tinymembench's memcpy and memset, one thread, MB/s; the median where there
	// are several): see streams.
	Copy, Set float64
	Half      bool               // ncnn computes in fp16 there unless told not to
	Ncnn      map[string]ncnnRow // what it publishes for one thread, by network
}

// ncnnRow is ncnn's default and its int8, in ms; 0 where it publishes none.
type ncnnRow struct{ Default, Int8 float64 }

// boards have ncnn's figures from its benchmark/README.md at a4d2ea1, memory's from sbc-bench's Results.md.
var boards = []board{
	{Name: "Raspberry Pi 3B+", core: "cortex-a53", GHz: 1.4, Cache: 512 << 10, Copy: 1120, Set: 1530,
		Ncnn: map[string]ncnnRow{"googlenet": {451, 425}, "squeezenet": {125, 136}, "mobilenet_v1": {205, 181},
			"mobilenet_v2": {159, 0}, "resnet50": {978, 891}}},
	{Name: "RK3566", core: "cortex-a55", GHz: 1.8, Cache: 512 << 10, Copy: 3110, Set: 6875, Half: true,
		Ncnn: map[string]ncnnRow{"googlenet": {179, 188}, "squeezenet": {47, 51}, "mobilenet_v1": {68, 58},
			"mobilenet_v2": {57, 0}, "resnet50": {327, 325}}},
	{Name: "Raspberry Pi 4", core: "cortex-a72", GHz: 1.8, Cache: 1 << 20, Copy: 2450, Set: 3110,
		Ncnn: map[string]ncnnRow{"googlenet": {235, 210}, "squeezenet": {73, 69}, "mobilenet_v1": {124, 85},
			"mobilenet_v2": {93, 0}, "resnet50": {533, 424}}},
	{Name: "Raspberry Pi 5", core: "cortex-a76", GHz: 2.4, Cache: 2 << 20, Copy: 5260, Set: 11520, Half: true,
		Ncnn: map[string]ncnnRow{"googlenet": {48.6, 49.1}, "squeezenet": {11.8, 11.7}, "mobilenet_v1": {20.2, 14.4},
			"mobilenet_v2": {16.2, 0}, "resnet50": {89, 80}}},
	{Name: "Jetson Orin Nano", core: "cortex-a78", GHz: 1.5, Cache: 2 << 20, Copy: 6730, Set: 20240},
	{Name: "Ampere Altra", core: "neoverse-n1", GHz: 3.0, Cache: 1 << 20, Copy: 11250, Set: 47670},
}

// streamShare is how much of a copy's traffic, both ways together, the layers of a network are taken to reach: they
// read several streams, some of them short, and wait for what a copy prefetches.
const streamShare = 0.6

// stream is what one core is taken to move to and from memory, in GB/s: a copy of n bytes moves 2·n.
func (b *board) stream() float64 { return streamShare * 2 * b.Copy / 1e3 }
