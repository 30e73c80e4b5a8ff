package quant

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Bounds of an activation's scale, so that products and quotients of scales stay normal float32 numbers.
const minScale, maxScale = 1e-12, 1e24

// quantOf spreads 256 levels over lo…hi such that zero is one of them, exactly. Rounding the zero point shifts the
// levels by half a step at most, so that no number in the range is further from its level than half a step.
func quantOf(lo, hi float64) runtime.Quant {
	lo, hi = min(lo, 0), max(hi, 0)
	if lo == 0 && hi == 0 {
		return runtime.Quant{Scale: 1}
	}
	scale := min(max((hi-lo)/255, minScale), maxScale)
	zero := min(max(math.RoundToEven(-lo/scale), 0), 255)
	return runtime.Quant{Scale: float32(scale), Zero: uint8(zero)}
}
