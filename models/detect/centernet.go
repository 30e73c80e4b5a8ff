package detect

import "strings"

// buildCenterNet knows "Objects as points" (Zhou, Wang and Krähenbühl, arXiv 1904.07850; xingyizhou/CenterNet,
// src/lib/models/decode.py): a heat map [C, h, w] of a quarter of the input's size, sizes [2, h, w] and perhaps offsets
// [2, h, w]. A cell whose heat is the greatest of its 3×3 neighbours of the class is a centre:
//
//	x = (i + o₀)·stride   y = (j + o₁)·stride   width = s₀·stride   height = s₁·stride
//
// Without offsets both are 0.5. Heat is a probability, or a logit if a number lies outside of 0 to 1.
func buildCenterNet(l *layout) (head, error) {
	g := l.grids(4)
	if len(g) != 1 {
		return nil, unfit("%d strides, want 1", len(g))
	}
	if len(l.outs) != 2 && len(l.outs) != 3 {
		return nil, unfit("%d outputs, want 2 or 3", len(l.outs))
	}
	h := &centerHead{cells: g[0]}
	for i := range l.outs {
		v, name := l.plane(i, g[0].w, g[0].h), l.outs[i].Name
		switch {
		case v == nil:
			return nil, unfit("output %s is no map of %d×%d", describe(&l.outs[i]), g[0].h, g[0].w)
		case h.heat == nil && (v.c != 2 || i == 0 || strings.Contains(name, "hm")):
			h.heat = v
		case v.c == 2 && h.sizes == nil && !strings.Contains(name, "reg"):
			h.sizes = v
		case v.c == 2 && h.offsets == nil:
			h.offsets = v
		}
	}
	if h.heat == nil || h.sizes == nil || len(l.outs) == 3 && h.offsets == nil ||
		l.classes > 0 && h.heat.c != l.classes {
		return nil, unfit("no heat of %d classes, sizes and offsets", l.classes)
	}
	return h, nil
}

type centerHead struct {
	noPoints
	cells                cells
	heat, sizes, offsets *view
}

func (h *centerHead) find(d *Decoder) {
	logits := h.logits()
	least := d.threshold
	if logits {
		least = logit(least)
	}
	v := h.heat
	for c := range v.c {
		d.hits = v.peaks(d.hits[:0], c, 1, least)
		for _, t := range d.hits {
			i := int(t.index)
			if !h.top(i, c, t.value) {
				continue
			}
			score := t.value
			if logits {
				score = sigmoid(score)
			}
			x, y, s := float32(i%h.cells.w), float32(i/h.cells.w), float32(h.cells.stride)
			ox, oy := float32(0.5), float32(0.5)
			if h.offsets != nil {
				ox, oy = h.offsets.at(i, 0), h.offsets.at(i, 1)
			}
			d.centred(int32(i), int32(c), score, (x+ox)*s, (y+oy)*s, h.sizes.at(i, 0)*s, h.sizes.at(i, 1)*s)
		}
	}
}

// logits reports whether a number of the heat map lies outside of 0 to 1, or a level that may stand for one, by more
// than rounding does.
func (h *centerHead) logits() bool {
	v := h.heat
	if v.u != nil {
		return v.real(0) < -0.05 || v.real(255) > 1.05
	}
	for i := range v.n {
		for c := range v.c {
			if x := v.at(i, c); x < -1e-3 || x > 1.001 {
				return true
			}
		}
	}
	return false
}

// top reports whether no neighbour is hotter, nor as hot and before it.
func (h *centerHead) top(i, c int, heat float32) bool {
	w := h.cells.w
	x, y := i%w, i/w
	for ny := max(y-1, 0); ny <= min(y+1, h.cells.h-1); ny++ {
		for nx := max(x-1, 0); nx <= min(x+1, w-1); nx++ {
			if n := ny*w + nx; n != i {
				if o := h.heat.at(n, c); o > heat || o == heat && n < i {
					return false
				}
			}
		}
	}
	return true
}
