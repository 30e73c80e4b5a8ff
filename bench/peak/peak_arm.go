//go:build gc && !purego && !noasm

package peak

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// The loops of peak_arm.s; n is the number of passes.

//go:noescape
func clockLoop(n int)

//go:noescape
func fmaNEON(n int)

//go:noescape
func smlalNEON(n int)

const clockCycles = 24 // of one pass of clockLoop

var loops = []loop{
	{"f32_fma__neon", kernels.F32, arch.NEON, arch.FeatNEON, 12 * 4, fmaNEON},
	{"u8_smlal__neon", kernels.U8, arch.NEON, arch.FeatNEON, 12 * 8, smlalNEON},
}

func halfLoop() (run func(int), macs int) { return nil, 0 }

func runClock() func(int) { return clockLoop }

func reader() func(unsafe.Pointer, int) { return readGeneric }
