package arch

import "strings"

// Feature is a set of CPU features, one bit each. A kernel names exactly those it uses.
type Feature uint32

const (
	FeatAVX2 Feature = 1 << iota
	FeatFMA
	FeatAVXVNNI
	FeatAVX512F
	FeatAVX512BW
	FeatAVX512DQ
	FeatAVX512VL
	FeatAVX512VNNI
	FeatAMXInt8
	FeatNEON
	FeatDotProd
	FeatI8MM
	featEnd
)

var featureNames = [...]string{"avx2", "fma", "avxvnni", "avx512f", "avx512bw", "avx512dq", "avx512vl",
	"avx512vnni", "amxint8", "neon", "dotprod", "i8mm"}

// Has reports whether f contains all of want.
func (f Feature) Has(want Feature) bool { return f&want == want }

// String lists the features' names, joined by "+"; the empty set is "none".
func (f Feature) String() string {
	if f == 0 {
		return "none"
	}
	var names []string
	for i, n := range featureNames {
		if f.Has(1 << i) {
			names = append(names, n)
		}
	}
	return strings.Join(names, "+")
}

// tierFeatures says what a CPU must have for a tier to be offered. Kernels are gated on their own
// features besides, so this table only decides what a tier's name promises.
var tierFeatures = map[ISA]Feature{
	Generic:    0,
	AVX2:       FeatAVX2 | FeatFMA,
	AVXVNNI:    FeatAVX2 | FeatFMA | FeatAVXVNNI,
	AVX512:     FeatAVX2 | FeatFMA | FeatAVX512F | FeatAVX512BW | FeatAVX512DQ | FeatAVX512VL,
	AVX512VNNI: FeatAVX2 | FeatFMA | FeatAVX512F | FeatAVX512BW | FeatAVX512DQ | FeatAVX512VL | FeatAVX512VNNI,
	AMX:        FeatAVX2 | FeatFMA | FeatAVX512F | FeatAVX512BW | FeatAVX512DQ | FeatAVX512VL | FeatAVX512VNNI | FeatAMXInt8,
	NEON:       FeatNEON,
	DotProd:    FeatNEON | FeatDotProd,
	I8MM:       FeatNEON | FeatDotProd | FeatI8MM,
}
