package detect

// buildYOLOv8 knows the exported output of ultralytics (nn/modules/head.py, Detect and Pose): for each cell of the maps
// of strides 8, 16 and 32 the box's centre and size, then a probability for each class, then for each key point x, y
// and its visibility. They stand in columns, [4+C, N], or, where it was transposed, in rows. ONNX files have pixels,
// TensorFlow Lite's have shares of the input.
func buildYOLOv8(l *layout) (head, error) {
	if err := l.one(); err != nil {
		return nil, err
	}
	n := l.grids(8, 16, 32).count()
	columns, rows := l.outCount(n)
	if !columns && !rows {
		n = l.grids(8, 16, 32, 64).count() // P6 models
		columns, rows = l.outCount(n)
	}
	h := &rowsHead{score: 4, count: l.card.Points}
	if columns {
		h.v = l.columns(0)
	} else if rows {
		h.v = l.rows(0)
	}
	if h.v == nil {
		return nil, unfit("no %d boxes", n)
	}
	classes := h.v.c - 4 - 3*h.count
	switch {
	case classes < 1 || l.classes > 0 && classes != l.classes:
		return nil, unfit("%d numbers a box with %d classes and %d key points", h.v.c, l.classes, h.count)
	case columns:
	default:
		if _, err := l.numberOfClasses(h.v.c-3*h.count, 4); err != nil {
			return nil, err
		}
	}
	h.pointsAt = 4 + classes
	return h, nil
}

// outCount reports whether the first output has n columns, or n rows.
func (l *layout) outCount(n int) (columns, rows bool) {
	d, _ := dims(&l.outs[0], 2)
	if len(d) != 2 {
		return false, false
	}
	return d[1] == n && d[0] > 4, d[1] != n && d[0] == n && d[1] > 4
}
