//go:build gc && !purego && !noasm

package peak

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// The loops of peak_amd64.s; n is the number of passes.

//go:noescape
func clockLoop(n int)

//go:noescape
func fmaAVX2(n int)

//go:noescape
func fmaAVX512(n int)

//go:noescape
func maddwdAVX2(n int)

//go:noescape
func maddubsAVX2(n int)

//go:noescape
func dotAVXVNNI(n int)

//go:noescape
func dotAVX512VNNI(n int)

//go:noescape
func dotAMX(n int)

//go:noescape
func readAVX2(p unsafe.Pointer, n int)

const clockCycles = 8 * 3 // of one pass of clockLoop

var loops = []loop{
	{"f32_fma__avx2", kernels.F32, arch.AVX2, arch.FeatAVX2 | arch.FeatFMA, 12 * 8, fmaAVX2},
	{"f32_fma__avx512", kernels.F32, arch.AVX512, arch.FeatAVX512F, 24 * 16, fmaAVX512},
	{"s16_maddwd__avx2", kernels.U8, arch.AVX2, arch.FeatAVX2, 12 * 16, maddwdAVX2},
	{"u8_maddubs__avx2", kernels.U8, arch.AVX2, arch.FeatAVX2, 12 * 32, maddubsAVX2},
	{"u8_dot__avxvnni", kernels.U8, arch.AVXVNNI, arch.FeatAVX2 | arch.FeatAVXVNNI, 12 * 32, dotAVXVNNI},
	{"u8_dot__avx512vnni", kernels.U8, arch.AVX512VNNI, arch.FeatAVX512F | arch.FeatAVX512VNNI, 24 * 64, dotAVX512VNNI},
	{"u8_dot__amx", kernels.U8, arch.AMX, arch.FeatAVX512F | arch.FeatAMXInt8, 4 * 16 * 16 * 64, dotAMX},
}

func halfLoop() (run func(int), macs int) { return nil, 0 }

func runClock() func(int) { return clockLoop }

func reader() func(unsafe.Pointer, int) {
	if arch.Features().Has(arch.FeatAVX2) {
		return readAVX2
	}
	return readGeneric
}
