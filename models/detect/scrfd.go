package detect

// scrfdAnchors are the anchors of a cell: they differ in size, which the network's distances do not depend on.
const scrfdAnchors = 2

// buildSCRFD knows deepinsight/insightface's SCRFD (Guo, Deng, Lattas and Zafeiriou, "Sample and computation
// redistribution for efficient face detection", arXiv 2105.04714; detection/scrfd/tools/scrfd.py): for each map of
// stride 8, 16 and 32 probabilities [2·w·h, 1], distances [2·w·h, 4] and perhaps key points [2·w·h, 10]. Around the
// corner of cell (i, j)
//
//	left = (i − t₀)·stride   top = (j − t₁)·stride   right = (i + t₂)·stride   bottom = (j + t₃)·stride
//	point k = ((i + p₂ₖ)·stride, (j + p₂ₖ₊₁)·stride)
func buildSCRFD(l *layout) (head, error) {
	h := &scrfdHead{grids: l.grids(8, 16, 32)}
	points := len(l.outs) == 3*len(h.grids)
	if !points && len(l.outs) != 2*len(h.grids) {
		return nil, unfit("%d outputs, want %d or %d", len(l.outs), 2*len(h.grids), 3*len(h.grids))
	}
	first := 0
	for _, g := range h.grids {
		p := scrfdPart{first: first, cells: g}
		for i := range l.outs {
			v := l.rows(i)
			if v == nil || v.n != scrfdAnchors*g.w*g.h {
				continue
			}
			switch v.c {
			case 1:
				p.scores = v
			case 4:
				p.boxes = v
			case 2 * facePoints:
				p.kps = v
			}
		}
		if p.scores == nil || p.boxes == nil || points != (p.kps != nil) {
			return nil, unfit("no outputs of %d anchors of %d×%d cells", scrfdAnchors, g.w, g.h)
		}
		first += p.scores.n
		h.parts = append(h.parts, p)
	}
	return h, nil
}

type scrfdHead struct {
	grids grids
	parts []scrfdPart
}

type scrfdPart struct {
	cells              cells
	first              int // the first anchor
	scores, boxes, kps *view
}

// corner returns that of the cell of anchor i.
func (p *scrfdPart) corner(i int) (x, y, stride float32) {
	i /= scrfdAnchors
	return float32(i % p.cells.w), float32(i / p.cells.w), float32(p.cells.stride)
}

func (h *scrfdHead) find(d *Decoder) {
	for k := range h.parts {
		p := &h.parts[k]
		d.hits = p.scores.peaks(d.hits[:0], 0, 1, d.threshold)
		for _, t := range d.hits {
			i, v := int(t.index), p.boxes
			x, y, stride := p.corner(i)
			d.add(int32(p.first+i), 0, t.value, (x-v.at(i, 0))*stride, (y-v.at(i, 1))*stride, (x+v.at(i, 2))*stride,
				(y+v.at(i, 3))*stride)
		}
	}
}

func (h *scrfdHead) points(_ *Decoder, index int, b *Box) {
	k := len(h.parts) - 1
	for h.parts[k].first > index {
		k--
	}
	p := &h.parts[k]
	if p.kps == nil {
		return
	}
	i := index - p.first
	x, y, stride := p.corner(i)
	b.Count = facePoints
	for n := range facePoints {
		b.Points[n] = Point{(x + p.kps.at(i, 2*n)) * stride, (y + p.kps.at(i, 2*n+1)) * stride, 1}
	}
}
