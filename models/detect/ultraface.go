package detect

// ultraSides are the sides of UltraFace's anchors, by stride (Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB,
// vision/ssd/config/fd_config.py).
var ultraSides = [][]float32{{10, 16, 24}, {32, 48}, {64, 96}, {128, 192, 256}}

// buildUltraFace knows the two exports of that repository: probabilities [N, 2] of background and face, and boxes [N,
// 4], either corners in shares of the input or offsets from the anchors with variances 0.1 and 0.2 ([prior.box]).
// Corners are in order for every box, offsets are not: that tells them apart.
func buildUltraFace(l *layout) (head, error) {
	if len(l.outs) != 2 {
		return nil, unfit("%d outputs, want 2", len(l.outs))
	}
	g := l.grids(8, 16, 32, 64)
	if len(g) != len(ultraSides) {
		return nil, unfit("%d strides, want %d", len(g), len(ultraSides))
	}
	h := &ultraHead{priors: g.squares(ultraSides), variances: l.variances(0.1, 0.2)}
	v, err := l.rowsOf(len(h.priors), 2, 4)
	if err != nil {
		return nil, err
	}
	h.scores, h.boxes = v[0], v[1]
	return h, nil
}

type ultraHead struct {
	noPoints
	scores, boxes *view
	priors        priors
	variances     [4]float32
}

func (h *ultraHead) find(d *Decoder) {
	v := h.boxes
	d.hits = h.scores.peaks(d.hits[:0], 1, 1, d.threshold)
	if len(d.hits) == 0 {
		return
	}
	decoded := true
	for i := 0; i < v.n && decoded; i++ {
		decoded = !(v.at(i, 2) < v.at(i, 0) || v.at(i, 3) < v.at(i, 1))
	}
	x, y := float32(d.w), float32(d.h)
	for _, t := range d.hits {
		i := int(t.index)
		if decoded {
			d.add(t.index, 0, t.value, v.at(i, 0)*x, v.at(i, 1)*y, v.at(i, 2)*x, v.at(i, 3)*y)
			continue
		}
		cx, cy, w, hh := h.priors[i].box(v, i, &h.variances)
		d.centred(t.index, 0, t.value, cx, cy, w, hh)
	}
}
