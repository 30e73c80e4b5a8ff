package axes

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Pad counts zeros around the rows and columns of a tensor.
type Pad struct{ Top, Left, Bottom, Right int }

// Border says what stands around a tensor's elements.
type Border int

const (
	Constant  Border = iota // one number
	Edge                    // the element at the edge
	Reflect                 // those inside, as a mirror on the middle of the edge's element shows them
	Symmetric               // likewise, of a mirror behind the edge's element
	Wrap                    // those of the other side
)

// index returns which of n elements stands at i, from below 0 to beyond n; −1 for the constant.
func (k Border) index(i, n int) int32 {
	mirrored := func(period int) int { // of which one half is the other's mirror image
		return ((i % period) + period) % period
	}
	switch {
	case i >= 0 && i < n:
	case k == Edge:
		i = min(max(i, 0), n-1)
	case k == Wrap:
		i = mirrored(n)
	case k == Reflect && n == 1:
		i = 0
	case k == Reflect:
		if i = mirrored(2 * (n - 1)); i >= n {
			i = 2*(n-1) - i
		}
	case k == Symmetric:
		if i = mirrored(2 * n); i >= n {
			i = 2*n - 1 - i
		}
	default:
		i = -1
	}
	return int32(i)
}

// Surround puts elements before and behind each dimension, or takes some away where a count is negative. Zeros around
// rows and columns wait for a convolution that does it.
func (b *Builder) Surround(name string, t *Tensor, before, behind []int, kind Border, value float32) (*Tensor, error) {
	if kind == Constant && value == 0 && !math.Signbit(float64(value)) && len(t.Dims) == 4 {
		r := t.rowAxis()
		rest := slices.Concat(before[:r], before[r+2:], behind[:r], behind[r+2:])
		if slices.Min(rest) == 0 && slices.Max(rest) == 0 {
			if p, ok := b.Pad(t, Pad{before[r], before[r+1], behind[r], behind[r+1]}); ok {
				return p, nil
			}
		}
	}
	lists, dims := make([][]int32, len(t.Dims)), slices.Clone(t.Dims)
	for d, n := range t.Dims {
		const most = 1 << 28 // so that sums fit an int of 32 bits
		fail := func(of error) error {
			return fmt.Errorf("%d before and %d behind dimension %d of %v: %w", before[d], behind[d], d, t.Dims, of)
		}
		if max(before[d], behind[d]) > most || min(before[d], behind[d]) < -most {
			return nil, fail(runtime.ErrLimit)
		}
		if before[d]+n+behind[d] < 1 {
			return nil, fail(runtime.ErrShape)
		}
		dims[d] += before[d] + behind[d]
	}
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	for d, n := range t.Dims {
		if before[d] == 0 && behind[d] == 0 {
			continue
		}
		if err := b.Take(before[d] + n + behind[d]); err != nil {
			return nil, err
		}
		lists[d] = make([]int32, 0, dims[d])
		for i := -before[d]; i < n+behind[d]; i++ {
			lists[d] = append(lists[d], kind.index(i, n))
		}
	}
	return b.Select(name, t, lists, value)
}

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
	if b.Fits(d) != nil {
		return nil, false
	}
	out := t.with(d, t.Layout)
	out.pad = sum
	return out, true
}

// padded makes pending zeros around v.
func (b *Builder) padded(v *runtime.Value, p Pad) (*runtime.Value, error) {
	list := func(n, before, behind int) []int32 {
		at := make([]int32, 0, before+n+behind) // Pad keeps this small
		for i := -before; i < n+behind; i++ {
			at = append(at, Constant.index(i, n))
		}
		return at
	}
	if err := b.Take(v.Shape.H + v.Shape.W + p.Top + p.Bottom + p.Left + p.Right); err != nil {
		return nil, err
	}
	return b.add(v.Name+"/pad", &runtime.Take{Rows: list(v.Shape.H, p.Top, p.Bottom),
		Cols: list(v.Shape.W, p.Left, p.Right)}, v)
}
