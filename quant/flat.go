package quant

import "github.com/gneiss-go/gneiss/runtime"

// flatSteps is how many steps of a range are looked at, on each side of zero.
const flatSteps = 4096

// telling narrows a range lo ≤ 0 ≤ hi to where a function of single elements tells numbers apart: beyond it on either
// side its results lie within half a level of its own range. SiLU of a large negative number, a gate of a large one,
// are what they are at the bound.
func telling(op runtime.Op, lo, hi float64) (float64, float64) {
	if !(lo >= -maxFinite && lo <= 0 && hi >= 0 && hi <= maxFinite) {
		return lo, hi
	}
	below, above := steps(op, lo), steps(op, hi)
	least, most := below[0], below[0]
	for i := range below {
		least, most = min(least, below[i], above[i]), max(most, below[i], above[i])
	}
	if !(most-least <= maxFinite) { // or a NaN
		return lo, hi
	}
	within := (most - least) / (2 * levels)
	return lo * flat(below, within), hi * flat(above, within)
}

const maxFinite = 1e30

// steps are a function's results at the steps from far to zero.
func steps(op runtime.Op, far float64) []float32 {
	v := make([]float32, flatSteps+1)
	for i := range v {
		v[i] = float32(far * float64(flatSteps-i) / flatSteps)
	}
	runtime.Apply(op, v)
	return v
}

// flat is the share of the way that is left when the steps at its far end that lie within a span of each other are cut.
func flat(v []float32, within float32) float64 {
	least, most := v[0], v[0]
	for i, x := range v {
		if least, most = min(least, x), max(most, x); most-least > within {
			return float64(flatSteps-i+1) / flatSteps
		}
	}
	return 1 // of no use at all: as it was
}
