package detect

// priors are boxes that a network's offsets start from, in pixels of the input.
type priors []prior

type prior struct{ cx, cy, w, h float32 }

// box returns the box of offsets at column 0 of a candidate, as Liu and others have it ("SSD: single shot multibox
// detector", ECCV 2016), with the variances v of centre and size:
//
//	x = px + t₀·v₀·pw   y = py + t₁·v₁·ph   width = pw·e^(t₂·v₂)   height = ph·e^(t₃·v₃)
func (p *prior) box(t *view, i int, v *[4]float32) (cx, cy, w, h float32) {
	return p.cx + float32(t.at(i, 0)*v[0]*p.w), p.cy + float32(t.at(i, 1)*v[1]*p.h), p.w * exp(t.at(i, 2)*v[2]),
		p.h * exp(t.at(i, 3)*v[3])
}

// centre returns that of a map's cell, in pixels of the input.
func (c *cells) centre(i int) (x, y float32) {
	return (float32(i%c.w) + 0.5) * float32(c.stride), (float32(i/c.w) + 0.5) * float32(c.stride)
}

// squares returns priors of such sides: for each map, cell by cell, those of the map.
func (g grids) squares(sides [][]float32) priors {
	var out priors
	for k, c := range g {
		for i := range c.w * c.h {
			x, y := c.centre(i)
			for _, s := range sides[k] {
				out = append(out, prior{x, y, s, s})
			}
		}
	}
	return out
}

// priorsOfCard returns the n that the card's anchors and strides make, cell by cell.
func (l *layout) priorsOfCard(n int) (priors, error) {
	g := l.grids()
	if len(l.card.Anchors) == 0 || len(g) != len(l.card.Anchors) {
		return nil, unfit("the card has anchors of %d maps and %d strides, want as many", len(l.card.Anchors), len(g))
	}
	var all int64
	for k, c := range g {
		all += int64(c.w) * int64(c.h) * int64(len(l.card.Anchors[k]))
	}
	if all != int64(n) {
		return nil, unfit("the card has %d anchors, the outputs %d rows", all, n)
	}
	out := make(priors, 0, n)
	for k, c := range g {
		for i := range c.w * c.h {
			x, y := c.centre(i)
			for _, a := range l.card.Anchors[k] {
				out = append(out, prior{x, y, a.Width, a.Height})
			}
		}
	}
	return out, nil
}
