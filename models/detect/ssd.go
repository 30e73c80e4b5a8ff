package detect

import "math"

// buildSSD knows Caffe's and PyTorch's single-shot detectors ([prior.box] has the formula and its source): offsets [N,
// 4] from the card's anchors, cell by cell of its maps, and probabilities [N, 1+C] with the background first. Variances
// are 0.1 and 0.2 unless the card has others.
func buildSSD(l *layout) (head, error) { return l.ssd(false) }

// buildSSDLogits knows the same before its softmax over a box's classes.
func buildSSDLogits(l *layout) (head, error) { return l.ssd(true) }

func (l *layout) ssd(logits bool) (head, error) {
	if !l.named {
		return nil, unfit("single-shot detectors are to be named")
	}
	if len(l.outs) != 2 {
		return nil, unfit("%d outputs, want offsets and probabilities", len(l.outs))
	}
	h := &ssdHead{variances: l.variances(0.1, 0.2), logits: logits}
	a, b := l.rows(0), l.rows(1)
	if a == nil || b == nil || a.n != b.n {
		return nil, unfit("outputs are no two of as many rows")
	}
	if a.c != 4 || b.c == 4 && l.classes > 0 && l.classes != 3 {
		a, b = b, a
	}
	if h.offsets, h.scores = a, b; a.c != 4 || b.c < 2 || l.classes > 0 && b.c != 1+l.classes {
		return nil, unfit("rows of %d and %d numbers, want 4 and one more than classes", a.c, b.c)
	}
	var err error
	h.priors, err = l.priorsOfCard(a.n)
	return h, err
}

type ssdHead struct {
	noPoints
	offsets, scores *view
	priors          priors
	variances       [4]float32
	logits          bool
}

func (h *ssdHead) find(d *Decoder) {
	least := d.threshold
	if h.logits {
		least = float32(math.Inf(-1))
	}
	classes := h.scores.c - 1
	d.hits = h.scores.peaks(d.hits[:0], 1, classes, least)
	sure := logit(d.threshold)
	for _, t := range d.hits {
		i, score := int(t.index), t.value
		if h.logits {
			if t.value-h.scores.at(i, 0) < sure { // already less than the background leaves
				continue
			}
			score = h.scores.share(i, t.value)
		}
		cx, cy, w, hh := h.priors[i].box(h.offsets, i, &h.variances)
		d.centred(t.index, t.class, score, cx, cy, w, hh)
	}
}

// share returns the softmax of one of a candidate's numbers, computed in float64.
func (v *view) share(i int, of float32) float32 {
	var sum float64
	for c := range v.c {
		sum += math.Exp(float64(v.at(i, c)) - float64(of))
	}
	return float32(1 / sum)
}
