package axes

import "slices"

// Pad counts zeros around the rows and columns of a tensor.
type Pad struct{ Top, Left, Bottom, Right int }

// Unpad returns t without its pending zeros, and those.
func (b *Builder) Unpad(t *Tensor) (*Tensor, Pad) {
	if t.pad == (Pad{}) {
		return t, Pad{}
	}
	d, rows := slices.Clone(t.Dims), t.rowAxis()
	d[rows] -= t.pad.Top + t.pad.Bottom
	d[rows+1] -= t.pad.Left + t.pad.Right
	return t.with(d, t.Layout), t.pad
}

// Pad puts zeros around a tensor of rank 4. It reports false if that would exceed a limit.
func (b *Builder) Pad(t *Tensor, p Pad) (*Tensor, bool) {
	if len(t.Dims) != 4 || t.flat {
		return nil, false
	}
	const most = 1 << 14
	sum := Pad{t.pad.Top + p.Top, t.pad.Left + p.Left, t.pad.Bottom + p.Bottom, t.pad.Right + p.Right}
	for _, n := range []int{p.Top, p.Left, p.Bottom, p.Right, sum.Top, sum.Left, sum.Bottom, sum.Right} {
		if n < 0 || n > most {
			return nil, false
		}
	}
	d := slices.Clone(t.Dims)
	rows := t.rowAxis()
	d[rows] += p.Top + p.Bottom
	d[rows+1] += p.Left + p.Right
	if b.check(d) != nil {
		return nil, false
	}
	out := t.with(d, t.Layout)
	out.pad = sum
	return out, true
}
