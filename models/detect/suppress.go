package detect

import "math"

// Suppression says which of overlapping boxes stay.
type Suppression uint8

// The ways. A box overlaps another if their intersection over union is more than the overlap that is set.
const (
	BestOfClass  Suppression = iota // of overlapping boxes of one class, the best
	BestOfAll                       // of overlapping boxes of whatever class, the best
	SoftLinear                      // overlapping boxes of a class lose score: ·(1 − IoU)
	SoftGaussian                    // boxes of a class lose score by how much they overlap: ·e^(−IoU²/0.5)
	Everything                      // all boxes
)

var suppressionNames = [...]string{"class", "all", "linear", "gaussian", "none"}

// String returns class, all, linear, gaussian or none.
func (s Suppression) String() string {
	if int(s) < len(suppressionNames) {
		return suppressionNames[s]
	}
	return "?"
}

// gaussian is σ of soft suppression's e^(−IoU²/σ), as its authors have it: Bodla, Singh, Chellappa and Davis,
// "Soft-NMS: improving object detection with one line of code", ICCV 2017.
const gaussian = 0.5

// suppress returns the candidates that stay, the best first, at most as many as are wanted. They stand in order before.
// The work is at most candidates·most.
func (d *Decoder) suppress() []candidate {
	if d.suppression == SoftLinear || d.suppression == SoftGaussian {
		return d.soften()
	}
	kept := 0
	for i := range d.found {
		if kept == d.most {
			break
		}
		if c := &d.found[i]; d.stays(c, d.found[:kept]) {
			d.found[kept] = *c
			kept++
		}
	}
	return d.found[:kept]
}

// stays reports whether none of the better ones overlaps a candidate.
func (d *Decoder) stays(c *candidate, better []candidate) bool {
	if d.suppression == Everything || d.kind.final {
		return true
	}
	for i := range better {
		b := &better[i]
		if (d.suppression == BestOfAll || b.class == c.class) && overlap(b, c) > d.overlap {
			return false
		}
	}
	return true
}

// soften takes the best again and again, and lowers the scores of those that overlap it.
func (d *Decoder) soften() []candidate {
	left := d.found
	kept := 0
	for kept < d.most && kept < len(left) {
		best := kept
		for i := kept + 1; i < len(left); i++ {
			if inOrder(left[i], left[best]) < 0 {
				best = i
			}
		}
		left[kept], left[best] = left[best], left[kept]
		b := &left[kept]
		kept++
		n := kept
		for i := kept; i < len(left); i++ {
			c := left[i]
			if c.class == b.class {
				c.score *= d.fade(overlap(b, &c))
			}
			if c.score >= d.threshold {
				left[n] = c
				n++
			}
		}
		left = left[:n]
	}
	return left[:kept]
}

// fade is what is left of a score.
func (d *Decoder) fade(iou float32) float32 {
	switch {
	case d.suppression == SoftGaussian:
		return float32(math.Exp(-float64(iou) * float64(iou) / gaussian))
	case iou > d.overlap:
		return 1 - iou
	}
	return 1
}

// overlap is the intersection over union, computed in float64: sides of boxes that are far too large have no overflow.
func overlap(a, b *candidate) float32 {
	w := min(float64(a.x1), float64(b.x1)) - max(float64(a.x0), float64(b.x0))
	h := min(float64(a.y1), float64(b.y1)) - max(float64(a.y0), float64(b.y0))
	if w <= 0 || h <= 0 {
		return 0
	}
	both := float64(w * h)
	return float32(both / (area(a) + area(b) - both))
}

func area(c *candidate) float64 {
	return float64((float64(c.x1) - float64(c.x0)) * (float64(c.y1) - float64(c.y0)))
}
