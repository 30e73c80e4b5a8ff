package detect

// buildYOLOX knows Megvii's YOLOX as it is exported without decoding (Ge, Liu, Wang, Li and Sun, "YOLOX: exceeding YOLO
// series in 2021", arXiv 2107.08430; Megvii-BaseDetection/YOLOX, yolox/utils/demo_utils.py). For cell (i, j) of a map
//
//	x = (t₀ + i)·stride   y = (t₁ + j)·stride   width = e^t₂·stride   height = e^t₃·stride   score = t₄·t₅₊c
//
// where t₄, t₅ … are probabilities.
func buildYOLOX(l *layout) (head, error) {
	if err := l.one(); err != nil {
		return nil, err
	}
	h := &yoloxHead{grids: l.grids(8, 16, 32)}
	if h.v = l.rows(0); h.v == nil || h.v.n != h.grids.count() {
		return nil, unfit("output %s is no row for each of %d cells", describe(&l.outs[0]), h.grids.count())
	}
	var err error
	h.classes, err = l.numberOfClasses(h.v.c, 5)
	return h, err
}

// buildYOLOXOld knows YOLOX's first release, which differs in how pictures are prepared: outputs do not show it, so it
// is to be named.
func buildYOLOXOld(l *layout) (head, error) {
	if !l.named {
		return nil, unfit("the first release's networks are to be named")
	}
	return buildYOLOX(l)
}

type yoloxHead struct {
	noPoints
	v       *view
	grids   grids
	classes int
}

func (h *yoloxHead) find(d *Decoder) {
	v := h.v
	d.hits = v.peaks(d.hits[:0], 4, 1, d.threshold)
	for _, t := range d.hits {
		i := int(t.index)
		class, of := v.best(i, 5, h.classes)
		score := min(t.value, 1) * of
		if !(score >= d.threshold) {
			continue
		}
		x, y, stride := h.grids.at(i)
		d.centred(t.index, class, score, (v.at(i, 0)+x)*stride, (v.at(i, 1)+y)*stride, exp(v.at(i, 2))*stride,
			exp(v.at(i, 3))*stride)
	}
}
