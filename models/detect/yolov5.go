package detect

import "github.com/gneiss-go/gneiss/models/card"

// yolov5Anchors are the sizes of YOLOv5's P5 models, in pixels (ultralytics/yolov5, models/yolov5s.yaml).
var yolov5Anchors = [][]card.Anchor{
	{{Width: 10, Height: 13}, {Width: 16, Height: 30}, {Width: 33, Height: 23}},
	{{Width: 30, Height: 61}, {Width: 62, Height: 45}, {Width: 59, Height: 119}},
	{{Width: 116, Height: 90}, {Width: 156, Height: 198}, {Width: 373, Height: 326}},
}

// buildYOLOv5 knows two forms of ultralytics/yolov5 (models/yolo.py, Detect). Exported rows are decoded: centre, size,
// objectness, classes, of Σ 3·w·h boxes; pixels in ONNX files, shares of the input in TensorFlow Lite's.
//
// Of its maps, each of [3·(5+C), h, w], [3, h, w, 5+C] or [h, w, 3·(5+C)], all numbers t are logits; for anchor a of
// cell (i, j), with s = sigmoid(t),
//
//	x = (2·s₀ − 0.5 + i)·stride   y = (2·s₁ − 0.5 + j)·stride   width = (2·s₂)²·aw   height = (2·s₃)²·ah
//	score = s₄·s₅₊c
func buildYOLOv5(l *layout) (head, error) {
	anchors := l.card.Anchors
	if len(anchors) == 0 {
		anchors = yolov5Anchors
	}
	g := l.grids(8, 16, 32)
	if len(anchors) != len(g) {
		return nil, unfit("anchors of %d maps, strides of %d", len(anchors), len(g))
	}
	if len(l.outs) == 1 && len(g) != 1 {
		v := l.rows(0)
		total := 0
		for k, c := range g {
			total += c.w * c.h * len(anchors[k])
		}
		if v == nil || v.n != total || v.c < 6 || l.classes > 0 && v.c != 5+l.classes {
			return nil, unfit("no %d rows of boxes", total)
		}
		return &rowsHead{v: v, score: 5, objectness: true}, nil
	}
	if len(l.outs) != len(g) {
		return nil, unfit("%d outputs, want 1 or %d", len(l.outs), len(g))
	}
	h := &yolov5Maps{grids: g, anchors: anchors}
	for k, c := range g {
		maps, err := l.anchorMaps(k, c, len(anchors[k]))
		if err != nil {
			return nil, err
		}
		h.maps = append(h.maps, maps)
	}
	return h, nil
}

// anchorMaps returns a view for each anchor of a map.
func (l *layout) anchorMaps(i int, c cells, anchors int) ([]*view, error) {
	info := &l.outs[i]
	var out []*view
	if d := info.Dims; len(d) == 5 && d[0] == 1 && d[1] == anchors && d[2] == c.h && d[3] == c.w && d[4] > 5 {
		for a := range anchors {
			v := shaped(i, info, []int{2, 3}, 4)
			if v == nil {
				return nil, unfit("output %s", describe(info))
			}
			v.base = a * strides(info)[1]
			out = append(out, l.keep(v))
		}
	} else {
		for a := range anchors {
			v := l.plane(i, c.w, c.h)
			if v == nil || v.c%anchors != 0 || v.c/anchors < 6 {
				return nil, unfit("output %s is no map of %d×%d with %d anchors", describe(info), c.h, c.w, anchors)
			}
			v.c /= anchors
			v.base = a * v.c * v.col
			out = append(out, v)
		}
	}
	if l.classes > 0 && out[0].c != 5+l.classes {
		return nil, unfit("%d numbers a box, want 5 and one for each of %d classes", out[0].c, l.classes)
	}
	return out, nil
}

type yolov5Maps struct {
	noPoints
	grids   grids
	anchors [][]card.Anchor
	maps    [][]*view
}

func (h *yolov5Maps) find(d *Decoder) {
	first := 0
	for k, g := range h.grids {
		stride := float32(g.stride)
		for a, v := range h.maps[k] {
			size := h.anchors[k][a]
			d.hits = v.peaks(d.hits[:0], 4, 1, logit(d.threshold))
			for _, o := range d.hits {
				i := int(o.index)
				class, t := v.best(i, 5, v.c-5)
				score := sigmoid(o.value) * sigmoid(t)
				if !(score >= d.threshold) {
					continue
				}
				x, y := float32(i%g.w)-0.5, float32(i/g.w)-0.5
				w, t2 := 2*sigmoid(v.at(i, 2)), 2*sigmoid(v.at(i, 3))
				d.centred(int32(first+i), class, score, (float32(2*sigmoid(v.at(i, 0)))+x)*stride,
					(float32(2*sigmoid(v.at(i, 1)))+y)*stride, w*w*size.Width, t2*t2*size.Height)
			}
			first += v.n
		}
	}
}
