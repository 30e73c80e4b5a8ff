//go:build evex

package arch

// pretended gives AVX-VNNI to exactly the CPUs that have its instructions in the encoding of AVX-512: with the tag evex
// the kernels for AVX-VNNI are assembled to that, so that the tier runs, at its speed, where AVX-VNNI is missing.
func pretended(f Feature) Feature {
	f &^= FeatAVXVNNI
	if f.Has(FeatAVX512VL | FeatAVX512VNNI) {
		f |= FeatAVXVNNI
	}
	return f
}
