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
	FeatAVX512VBMI
	FeatAMXInt8
	FeatNEON
	FeatDotProd
	FeatI8MM
	featEnd
)

var featureNames = [...]string{"avx2", "fma", "avxvnni", "avx512f", "avx512bw", "avx512dq", "avx512vl",
	"avx512vnni", "avx512vbmi", "amxint8", "neon", "dotprod", "i8mm"}

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
