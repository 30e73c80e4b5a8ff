package detect

import "math"

// buildFastestDet knows dog-qiuqiu/FastestDet (utils/tool.py, handle_preds): one map of stride 16, of the input's size
// w×h, whose cell (i, j) of cw×ch says
//
//	x = (tanh t₁ + i)·w/cw   y = (tanh t₂ + j)·h/ch   width = sigmoid(t₃)·w   height = sigmoid(t₄)·h
//	score = t₀^0.6 · t₅₊c^0.4
//
// where t₀ and t₅ … are probabilities.
func buildFastestDet(l *layout) (head, error) {
	if err := l.one(); err != nil {
		return nil, err
	}
	g := l.grids(16)
	if len(g) != 1 {
		return nil, unfit("%d strides, want 1", len(g))
	}
	h := &fastestHead{cells: g[0]}
	if h.v = l.plane(0, g[0].w, g[0].h); h.v == nil || h.v.c < 6 || l.classes > 0 && h.v.c != 5+l.classes {
		return nil, unfit("output %s is no map of %d×%d", describe(&l.outs[0]), g[0].h, g[0].w)
	}
	return h, nil
}

type fastestHead struct {
	noPoints
	v     *view
	cells cells
}

func (h *fastestHead) find(d *Decoder) {
	v := h.v
	x, y := float32(d.w)/float32(h.cells.w), float32(d.h)/float32(h.cells.h)
	d.hits = v.peaks(d.hits[:0], 0, 1, below(pow(d.threshold, 1/0.6)))
	for _, t := range d.hits {
		i := int(t.index)
		class, of := v.best(i, 5, v.c-5)
		score := pow(min(t.value, 1), 0.6) * pow(of, 0.4)
		if !(score >= d.threshold) {
			continue
		}
		d.centred(t.index, class, score, (tanh(v.at(i, 1))+float32(i%h.cells.w))*x, (tanh(v.at(i, 2))+float32(i/h.cells.w))*y,
			sigmoid(v.at(i, 3))*float32(d.w), sigmoid(v.at(i, 4))*float32(d.h))
	}
}

func pow(x float32, p float64) float32 { return float32(math.Pow(max(float64(x), 0), p)) }

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }
