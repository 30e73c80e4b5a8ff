package detect

// blazeMaps are the strides of the layers of MediaPipe's detectors, by the input's side; layers of one stride share a
// map (mediapipe/modules/face_detection and palm_detection, their .pbtxt files; the full range has one anchor a cell).
var blazeMaps = map[string]map[int]blazeRule{
	"blazeface": {
		128: {strides: []int{8, 16, 16, 16}, each: 2},
		192: {strides: []int{4}, each: 1},
		256: {strides: []int{16, 32, 32, 32}, each: 2},
	},
	"palm": {
		128: {strides: []int{8, 16, 16, 16}, each: 2},
		192: {strides: []int{8, 16, 16, 16}, each: 2},
		256: {strides: []int{8, 16, 32, 32, 32}, each: 2},
	},
}

type blazeRule struct {
	strides []int // of the layers
	each    int   // anchors of a layer in each cell
}

func buildBlazeFace(l *layout) (head, error) { return l.blaze("blazeface", 6) }

func buildPalm(l *layout) (head, error) { return l.blaze("palm", 7) }

// blaze reads MediaPipe's single-shot detectors (Bazarevsky and others, "BlazeFace", arXiv 1907.05047;
// mediapipe/calculators/ tflite/ssd_anchors_calculator.cc and tensors_to_detections_calculator.cc): logits [N, 1] and
// numbers [N, 4+2·points], in pixels of the input and relative to an anchor, which is the centre (ax, ay) of a cell.
// Layers of the same stride have one map, each cell with the anchors of all of them:
//
//	x = ax + t₀   y = ay + t₁   width = t₂   height = t₃   point k = (ax + t₄₊₂ₖ, ay + t₅₊₂ₖ)   score = sigmoid(s)
//
// The outputs may be cut by map.
func (l *layout) blaze(name string, points int) (head, error) {
	rule, ok := blazeMaps[name][l.w]
	if !ok || l.w != l.h {
		return nil, unfit("an input of %d×%d", l.w, l.h)
	}
	h := &blazeHead{count: points}
	for i := 0; i < len(rule.strides); {
		s, layers := rule.strides[i], 0
		for ; i < len(rule.strides) && rule.strides[i] == s; i++ {
			layers++
		}
		side := (l.w + s - 1) / s
		h.maps = append(h.maps, blazeMap{side: side, each: layers * rule.each, stride: float32(l.w) / float32(side)})
	}
	var all []blazePart
	for _, m := range h.maps {
		all = append(all, blazePart{n: m.side * m.side * m.each})
	}
	if len(l.outs) == 2 && len(all) > 1 {
		for _, p := range all[1:] {
			all[0].n += p.n
		}
		all = all[:1]
	}
	if len(l.outs) != 2*len(all) {
		return nil, unfit("%d outputs, want 2 or %d", len(l.outs), 2*len(h.maps))
	}
	for k := range all {
		p := &all[k]
		for i := range l.outs {
			v := l.rows(i)
			switch {
			case v == nil || v.n != p.n:
			case v.c == 1:
				p.scores = v
			case v.c == 4+2*points:
				p.boxes = v
			}
		}
		if p.scores == nil || p.boxes == nil {
			return nil, unfit("no rows of 1 and %d numbers for each of %d anchors", 4+2*points, p.n)
		}
	}
	h.parts = all
	return h, nil
}

type blazeHead struct {
	maps  []blazeMap
	parts []blazePart
	count int // key points
}

type blazeMap struct {
	side, each int // cells of a row, anchors of a cell
	stride     float32
}

type blazePart struct {
	n             int
	scores, boxes *view
}

// anchor returns the centre of anchor i.
func (h *blazeHead) anchor(i int) (x, y float32) {
	k := 0
	for k < len(h.maps)-1 && i >= h.maps[k].side*h.maps[k].side*h.maps[k].each {
		i -= h.maps[k].side * h.maps[k].side * h.maps[k].each
		k++
	}
	m := &h.maps[k]
	i /= m.each
	return (float32(i%m.side) + 0.5) * m.stride, (float32(i/m.side) + 0.5) * m.stride
}

func (h *blazeHead) find(d *Decoder) {
	first := 0
	for k := range h.parts {
		p := &h.parts[k]
		d.hits = p.scores.peaks(d.hits[:0], 0, 1, logit(d.threshold))
		for _, t := range d.hits {
			i, v := int(t.index), p.boxes
			x, y := h.anchor(first + i)
			d.centred(int32(first+i), 0, sigmoid(t.value), x+v.at(i, 0), y+v.at(i, 1), v.at(i, 2), v.at(i, 3))
		}
		first += p.n
	}
}

func (h *blazeHead) points(_ *Decoder, index int, b *Box) {
	x, y := h.anchor(index)
	k, i := 0, index
	for i >= h.parts[k].n {
		i -= h.parts[k].n
		k++
	}
	v := h.parts[k].boxes
	b.Count = h.count
	for p := range h.count {
		b.Points[p] = Point{x + v.at(i, 4+2*p), y + v.at(i, 5+2*p), 1}
	}
}
