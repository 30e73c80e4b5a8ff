package detect

import (
	"math"
	"strings"
)

// regMax is the greatest distance of NanoDet's distributions, in strides.
const regMax = 7

// buildNanoDet knows RangiLyu/nanodet's first form (nanodet/model/head/gfl_head.py; Li and others, "Generalized focal
// loss", arXiv 2006.04388): maps of strides 8, 16 and 32, whose boxes lie around the cells' centres.
func buildNanoDet(l *layout) (head, error) { return l.nanoDet(0.5, 8, 16, 32) }

// buildNanoDetPlus knows NanoDet-Plus (nanodet_plus_head.py): maps of strides 8, 16, 32 and 64, whose boxes lie around
// the cells' corners.
func buildNanoDetPlus(l *layout) (head, error) { return l.nanoDet(0, 8, 16, 32, 64) }

// nanoDet reads [N, C + 4·8], or for each map probabilities [n, C] and distances [n, 4·8]. A side's distance from the
// cell's point is the mean of a distribution:
//
//	distance = stride · Σ k·e^tₖ / Σ e^tₖ    k = 0 … 7    for left, top, right, bottom
func (l *layout) nanoDet(centre float32, strides ...int) (head, error) {
	h := &nanoHead{grids: l.grids(strides...), centre: centre}
	if len(l.outs) == 1 {
		v := l.rows(0)
		if v == nil || v.n != h.grids.count() {
			return nil, unfit("output %s is no row for each of %d cells", describe(&l.outs[0]), h.grids.count())
		}
		n, err := l.numberOfClasses(v.c, 4*(regMax+1))
		if err != nil {
			return nil, err
		}
		h.parts = []nanoPart{{v, v, 0, n, n}}
		return h, nil
	}
	if len(l.outs) != 2*len(h.grids) {
		return nil, unfit("%d outputs, want 1 or %d", len(l.outs), 2*len(h.grids))
	}
	for _, g := range h.grids {
		var p nanoPart
		for i := range l.outs {
			d, _ := dims(&l.outs[i], 2)
			if len(d) != 2 || d[0] != g.w*g.h {
				continue
			}
			switch v := l.rows(i); {
			case v.c == 4*(regMax+1) && p.dis == nil && !strings.Contains(l.outs[i].Name, "cls"):
				p.dis = v
			case p.cls == nil:
				p.cls, p.classes = v, v.c
			}
		}
		if p.dis == nil || p.cls == nil || l.classes > 0 && p.classes != l.classes {
			return nil, unfit("no classes and distances of %d×%d cells", g.w, g.h)
		}
		p.first = g.first
		h.parts = append(h.parts, p)
	}
	return h, nil
}

type nanoHead struct {
	noPoints
	grids  grids
	centre float32
	parts  []nanoPart
}

type nanoPart struct {
	cls, dis *view
	first    int // the first cell
	classes  int
	at       int // the distances' first column
}

func (h *nanoHead) find(d *Decoder) {
	for _, p := range h.parts {
		d.hits = p.cls.peaks(d.hits[:0], 0, p.classes, d.threshold)
		for _, t := range d.hits {
			i := int(t.index)
			x, y, stride := h.grids.at(p.first + i)
			x, y = (x+h.centre)*stride, (y+h.centre)*stride
			var side [4]float32
			for s := range side {
				side[s] = p.dis.mean(i, p.at+s*(regMax+1)) * stride
			}
			d.add(int32(p.first+i), t.class, t.value, x-side[0], y-side[1], x+side[2], y+side[3])
		}
	}
}

// mean is that of the distribution whose logits begin at column c, computed in float64.
func (v *view) mean(i, c int) float32 {
	top := math.Inf(-1)
	for k := range regMax + 1 {
		top = max(top, float64(v.at(i, c+k)))
	}
	var sum, all float64
	for k := range regMax + 1 {
		e := math.Exp(float64(v.at(i, c+k)) - top)
		sum += float64(float64(k) * e)
		all += e
	}
	return float32(sum / all)
}
