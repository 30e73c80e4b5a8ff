package detect

// yolov10Most bounds the rows of an output that is taken for finished boxes.
const yolov10Most = 1000

// buildYOLOv10 knows networks that choose their boxes themselves, as YOLOv10 does (THU-MIG/yolov10) and what is
// exported with suppression inside: rows of left, top, right, bottom, score and class, in pixels of the input, or in
// shares of it where no corner is at 2 or beyond.
func buildYOLOv10(l *layout) (head, error) {
	if err := l.one(); err != nil {
		return nil, err
	}
	v := l.rows(0)
	if v == nil || v.c != 6 || v.n > yolov10Most && !l.named {
		return nil, unfit("output %s is no list of six numbers a box", describe(&l.outs[0]))
	}
	if !l.named && v.n == l.grids(8, 16, 32).count() {
		return nil, unfit("a box for each cell")
	}
	return &cornersHead{v: v}, nil
}

// cornersHead reads rows of left, top, right, bottom, score and class.
type cornersHead struct {
	noPoints
	v *view
}

func (h *cornersHead) find(d *Decoder) {
	v := h.v
	x, y := float32(1), float32(1)
	if max(v.most(2), v.most(3)) < 2 {
		x, y = float32(d.w), float32(d.h)
	}
	d.hits = v.peaks(d.hits[:0], 4, 1, d.threshold)
	for _, t := range d.hits {
		i := int(t.index)
		if class, ok := whole(v.at(i, 5)); ok {
			d.add(t.index, class, t.value, v.at(i, 0)*x, v.at(i, 1)*y, v.at(i, 2)*x, v.at(i, 3)*y)
		}
	}
}

// whole returns the number of a class that a network gives as a float.
func whole(v float32) (int32, bool) {
	if !(v > -0.5 && v < maxClass) {
		return 0, false
	}
	return int32(v + 0.5), true
}
