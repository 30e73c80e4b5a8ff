package detect

import "github.com/gneiss-go/gneiss/models/internal/axes"

// buildPostProcess knows the outputs of TensorFlow Lite's TFLite_Detection_PostProcess (tensorflow/lite/kernels/
// detection_postprocess.cc): boxes [1, N, 4] of top, left, bottom and right in shares of the input, classes [1, N],
// scores [1, N] and their number [1]. Converters of TensorFlow 2 give scores, boxes, number and classes.
func buildPostProcess(l *layout) (head, error) {
	if len(l.outs) != 4 {
		return nil, unfit("%d outputs, want 4", len(l.outs))
	}
	boxes, count := -1, -1
	for i := range l.outs {
		d := l.outs[i].Dims
		if len(d) == 3 && d[2] == 4 && boxes < 0 {
			boxes = i
		} else if len(d) <= 2 && axes.Elements(d) == 1 {
			count = i
		}
	}
	var classes, scores int
	switch { // one detection at most makes all of them one number: the order decides
	case boxes == 0:
		classes, scores, count = 1, 2, 3
	case boxes == 1 && count != 0:
		scores, count, classes = 0, 2, 3
	default:
		return nil, unfit("boxes are neither the first nor the second output")
	}
	h := &postHead{boxes: l.rows(boxes), classes: l.vector2(classes), scores: l.vector2(scores), count: l.vector2(count)}
	if h.boxes == nil || h.classes == nil || h.scores == nil || h.count == nil || h.count.n != 1 ||
		h.classes.n != h.boxes.n || h.scores.n != h.boxes.n {
		return nil, unfit("outputs are of different lengths")
	}
	return h, nil
}

// vector2 returns output i, all of it, as candidates of one number.
func (l *layout) vector2(i int) *view {
	n := axes.Elements(l.outs[i].Dims)
	d := l.outs[i].Dims
	if len(d) == 0 || d[len(d)-1] != n {
		return nil
	}
	return l.keep(&view{output: i, n: n, c: 1, row: 1, col: 1, quant: l.outs[i].Quant})
}

type postHead struct {
	noPoints
	boxes, classes, scores, count *view
}

func (h *postHead) find(d *Decoder) {
	n := h.count.at(0, 0)
	x, y := float32(d.w), float32(d.h)
	d.hits = h.scores.peaks(d.hits[:0], 0, 1, d.threshold)
	for _, t := range d.hits {
		i := int(t.index)
		if !(float32(i) < n) {
			break
		}
		if class, ok := whole(h.classes.at(i, 0)); ok {
			b := h.boxes
			d.add(t.index, class, t.value, b.at(i, 1)*x, b.at(i, 0)*y, b.at(i, 3)*x, b.at(i, 2)*y)
		}
	}
}
