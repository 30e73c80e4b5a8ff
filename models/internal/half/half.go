// Package half widens numbers of 16 bits, as model files have them.
package half

import "math"

// Float32 widens an IEEE binary16, exactly.
func Float32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // subnormal: frac · 2⁻²⁴
		return math.Float32frombits(math.Float32bits(float32(frac)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
