package detect

import (
	"math"
	"strings"
)

// facePoints are eyes, nose and the mouth's corners.
const facePoints = 5

// buildYuNet knows ShiqiYu/libfacedetection.train's YuNet (Wu, Peng and Yu, "YuNet: a tiny millisecond-level face
// detector", Machine Intelligence Research 2023; OpenCV's modules/objdetect/src/face_detect.cpp): for each map of
// stride 8, 16 and 32 probabilities, objectness, boxes and key points. For cell (i, j)
//
//	x = (t₀ + i)·stride   y = (t₁ + j)·stride   width = e^t₂·stride   height = e^t₃·stride
//	point k = ((p₂ₖ + i)·stride, (p₂ₖ₊₁ + j)·stride)   score = √(class · objectness)
//
// The outputs are told apart by their lengths, and probabilities from objectness by their names or their order.
func buildYuNet(l *layout) (head, error) {
	h := &yunetHead{grids: l.grids(8, 16, 32)}
	if len(l.outs) != 4*len(h.grids) {
		return nil, unfit("%d outputs, want %d", len(l.outs), 4*len(h.grids))
	}
	for _, g := range h.grids {
		var p yunetPart
		for i := range l.outs {
			v := l.rows(i)
			if v == nil || v.n != g.w*g.h {
				continue
			}
			switch v.c {
			case 1:
				if p.cls == nil && !strings.Contains(l.outs[i].Name, "obj") {
					p.cls = v
				} else {
					p.obj = v
				}
			case 4:
				p.box = v
			case 2 * facePoints:
				p.kps = v
			}
		}
		if p.cls == nil || p.obj == nil || p.box == nil || p.kps == nil {
			return nil, unfit("no four outputs of %d×%d cells", g.w, g.h)
		}
		h.parts = append(h.parts, p)
	}
	return h, nil
}

type yunetHead struct {
	grids grids
	parts []yunetPart
}

type yunetPart struct{ cls, obj, box, kps *view }

func (h *yunetHead) find(d *Decoder) {
	for k, g := range h.grids {
		p := &h.parts[k]
		d.hits = p.obj.peaks(d.hits[:0], 0, 1, below(d.threshold*d.threshold))
		for _, t := range d.hits {
			i, v := int(t.index), p.box
			cls := min(max(p.cls.at(i, 0), 0), 1)
			score := float32(math.Sqrt(float64(cls * min(max(t.value, 0), 1))))
			if !(score >= d.threshold) {
				continue
			}
			x, y, stride := float32(i%g.w), float32(i/g.w), float32(g.stride)
			d.centred(int32(g.first+i), 0, score, (v.at(i, 0)+x)*stride, (v.at(i, 1)+y)*stride, exp(v.at(i, 2))*stride,
				exp(v.at(i, 3))*stride)
		}
	}
}

func (h *yunetHead) points(_ *Decoder, index int, b *Box) {
	k := len(h.grids) - 1
	for h.grids[k].first > index {
		k--
	}
	x, y, stride := h.grids.at(index)
	v, i := h.parts[k].kps, index-h.grids[k].first
	b.Count = facePoints
	for p := range facePoints {
		b.Points[p] = Point{(v.at(i, 2*p) + x) * stride, (v.at(i, 2*p+1) + y) * stride, 1}
	}
}
