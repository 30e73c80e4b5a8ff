//go:build gc && !purego && !noasm

package peak

import (
	"unsafe"

	"golang.org/x/sys/cpu"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// The loops of peak_arm64.s; n is the number of passes.

//go:noescape
func clockLoop(n int)

//go:noescape
func fmaNEON(n int)

//go:noescape
func fmaHalf(n int)

//go:noescape
func smlalNEON(n int)

//go:noescape
func dotDotProd(n int)

//go:noescape
func mmlaI8MM(n int)

//go:noescape
func readNEON(p unsafe.Pointer, n int)

const clockCycles = 24 // of one pass of clockLoop

var loops = []loop{
	{"f32_fma__neon", kernels.F32, arch.NEON, arch.FeatNEON, 24 * 4, fmaNEON},
	{"u8_smlal__neon", kernels.U8, arch.NEON, arch.FeatNEON, 24 * 8, smlalNEON},
	{"u8_dot__dotprod", kernels.U8, arch.DotProd, arch.FeatDotProd, 24 * 16, dotDotProd},
	{"u8_mmla__i8mm", kernels.U8, arch.I8MM, arch.FeatI8MM, 24 * 32, mmlaI8MM},
}

// halfLoop is the loop of float16 arithmetic, where the CPU has it; nil elsewhere.
func halfLoop() (run func(int), macs int) {
	if cpu.ARM64.HasASIMDHP {
		return fmaHalf, 24 * 8
	}
	return nil, 0
}

func runClock() func(int) { return clockLoop }

func reader() func(unsafe.Pointer, int) { return readNEON }
