package detect

// retinaSides are the sides of RetinaFace's anchors, by stride.
var retinaSides = [][]float32{{16, 32}, {64, 128}, {256, 512}}

// buildRetinaFace knows RetinaFace (Deng, Guo, Ververas, Kotsia and Zafeiriou, CVPR 2020) in the form of
// biubug6/Pytorch_Retinaface (data/config.py, utils/box_utils.py): offsets [N, 4] from its anchors ([prior.box],
// variances 0.1 and 0.2), probabilities [N, 2] of background and face, key points [N, 10] with
//
//	point k = (px + t₂ₖ·v₀·pw, py + t₂ₖ₊₁·v₁·ph)
func buildRetinaFace(l *layout) (head, error) {
	if len(l.outs) != 3 {
		return nil, unfit("%d outputs, want 3", len(l.outs))
	}
	g := l.grids(8, 16, 32)
	if len(g) != len(retinaSides) {
		return nil, unfit("%d strides, want %d", len(g), len(retinaSides))
	}
	h := &retinaHead{priors: g.squares(retinaSides), variances: l.variances(0.1, 0.2)}
	v, err := l.rowsOf(len(h.priors), 2, 4, 2*facePoints)
	if err != nil {
		return nil, err
	}
	h.scores, h.offsets, h.kps = v[0], v[1], v[2]
	return h, nil
}

type retinaHead struct {
	scores, offsets, kps *view
	priors               priors
	variances            [4]float32
}

func (h *retinaHead) find(d *Decoder) {
	d.hits = h.scores.peaks(d.hits[:0], 1, 1, d.threshold)
	for _, t := range d.hits {
		i := int(t.index)
		cx, cy, w, hh := h.priors[i].box(h.offsets, i, &h.variances)
		d.centred(t.index, 0, t.value, cx, cy, w, hh)
	}
}

func (h *retinaHead) points(_ *Decoder, i int, b *Box) {
	p := &h.priors[i]
	b.Count = facePoints
	for k := range facePoints {
		b.Points[k] = Point{p.cx + float32(h.kps.at(i, 2*k)*h.variances[0]*p.w),
			p.cy + float32(h.kps.at(i, 2*k+1)*h.variances[1]*p.h), 1}
	}
}
