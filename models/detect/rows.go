package detect

// rowsHead reads boxes that the network has decoded: centre, size, perhaps objectness, classes, perhaps key points.
// They are in pixels of the input, or in shares of it: shares where no centre is at 2 or beyond, for boxes come from
// cells all over the input.
type rowsHead struct {
	v          *view
	score      int  // the first class's column
	objectness bool // the column before
	pointsAt   int  // the first key point's column
	count      int  // key points, of x, y and a score each
	x, y       float32
}

func (h *rowsHead) find(d *Decoder) {
	v := h.v
	h.x, h.y = 1, 1
	if v.most(0) < 2 {
		h.x, h.y = float32(d.w), float32(d.h)
	}
	classes := v.c - h.score
	if h.count > 0 {
		classes = h.pointsAt - h.score
	}
	if h.objectness {
		d.hits = v.peaks(d.hits[:0], h.score-1, 1, d.threshold)
	} else {
		d.hits = v.peaks(d.hits[:0], h.score, classes, d.threshold)
	}
	for _, t := range d.hits {
		i, score, class := int(t.index), t.value, t.class
		if h.objectness {
			var of float32
			class, of = v.best(i, h.score, classes)
			score = min(score, 1) * of
		}
		if score >= d.threshold {
			d.centred(t.index, class, score, v.at(i, 0)*h.x, v.at(i, 1)*h.y, v.at(i, 2)*h.x, v.at(i, 3)*h.y)
		}
	}
}

func (h *rowsHead) points(_ *Decoder, index int, b *Box) {
	b.Count = h.count
	for p := range h.count {
		c := h.pointsAt + 3*p
		b.Points[p] = Point{h.v.at(index, c) * h.x, h.v.at(index, c+1) * h.y, h.v.at(index, c+2)}
	}
}
