package axes

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Deconv is a transposed convolution: along rows, and so along columns,
//
//	out[f − DropTop][k] = bias[k] + Σ x[y][c]·w[c][k][r]      over y, c and r with y·StrideH + r·DilationH = f
//
// It is a convolution: the rows f = q·StrideH + p of one phase p are the sums over the taps r with
// r·DilationH mod StrideH = p, r·DilationH div StrideH rows above q. So a convolution of stride 1 has StrideH·StrideW
// filters for each k, its window as many rows as a phase has, the taps of other phases 0; [runtime.DepthToSpace] weaves
// the phases, and the rows and columns to drop are left out of a copy. Where the stride is the window's size, nothing
// is padded, dropped or multiplied in vain.
type Deconv struct {
	K, Groups            int // outputs; in groups, over as many groups of channels
	R, S                 int
	StrideH, StrideW     int
	DilationH, DilationW int
	DropTop, DropLeft    int // rows and columns of the whole result before the output
	OutH, OutW           int
}

// check bounds what a file may say, so that nothing below overflows.
func (d *Deconv) check(x *Tensor) error {
	const most = 1 << 14
	for _, v := range []int{d.R, d.S, d.StrideH, d.StrideW, d.DilationH, d.DilationW, d.OutH, d.OutW} {
		if v < 1 || v > most {
			return fmt.Errorf("window %d×%d, stride %d×%d, dilation %d×%d, output %d×%d: %w",
				d.R, d.S, d.StrideH, d.StrideW, d.DilationH, d.DilationW, d.OutH, d.OutW, runtime.ErrShape)
		}
	}
	if d.DropTop < 0 || d.DropLeft < 0 || max(d.DropTop, d.DropLeft) > most {
		return fmt.Errorf("%d rows and %d columns are dropped: %w", d.DropTop, d.DropLeft, runtime.ErrShape)
	}
	if c := x.Channels(); len(x.Dims) != 4 || d.Groups < 1 || d.K < 1 || d.K > 1<<24 || d.K%d.Groups != 0 ||
		c%d.Groups != 0 {
		return fmt.Errorf("%d filters in %d groups over %v: %w", d.K, d.Groups, x.Dims, runtime.ErrShape)
	}
	return nil
}

// phases is one axis of a transposed convolution.
type phases struct {
	stride, taps  int // the convolution's filters for each output, and the rows of its window
	dilation      int // of its window
	before, after int // its padding
	keep          []int32
	whole         bool // keep is all there is
}

// phases plans an axis of n rows, of which out are kept after drop.
func phasesOf(n, taps, stride, dilation, drop, out int) phases {
	p := phases{stride: stride, dilation: 1, taps: (taps-1)*dilation/stride + 1}
	if dilation%stride == 0 { // all taps in phase 0
		p.dilation, p.taps = dilation/stride, taps
	}
	reach := (p.taps - 1) * p.dilation
	first, end := drop/stride, (drop+out+stride-1)/stride // of the convolution's rows, counted from the whole result's
	p.before = max(reach-first, 0)
	first = reach - p.before // the one that is computed first
	p.after = max(end-first-(n+p.before-reach), 0)
	p.keep = make([]int32, out)
	for i := range p.keep {
		p.keep[i] = int32(drop + i - first*stride)
	}
	p.whole = p.keep[0] == 0 && out == (n+p.before+p.after-reach)*stride
	return p
}

// at returns the phase of a tap and its row in the window.
func (p *phases) at(tap, dilation int) (phase, row int) {
	f := tap * dilation
	return f % p.stride, p.taps - 1 - f/p.stride/p.dilation
}

// Filters returns weights [K][R][S][C of a group] as the filters of the convolution that does a transposed one. A
// model's weights come in many orders: at returns the index in w of those of output k, tap (r, s) and channel c.
func Filters[T float32 | int8](b *Builder, d *Deconv, c int, w []T, at func(k, r, s, c int) int) ([]T, error) {
	rows := phasesOf(1, d.R, d.StrideH, d.DilationH, 0, 1)
	cols := phasesOf(1, d.S, d.StrideW, d.DilationW, 0, 1)
	n, ok := Product(b.limits.MaxWeights, d.K, rows.stride, cols.stride, rows.taps, cols.taps, c)
	if !ok {
		return nil, fmt.Errorf("more than %d weights: %w", b.limits.MaxWeights, runtime.ErrLimit)
	}
	if err := b.Take(n); err != nil {
		return nil, err
	}
	out := make([]T, n)
	for k := range d.K {
		for r := range d.R {
			p, i := rows.at(r, d.DilationH)
			for s := range d.S {
				q, j := cols.at(s, d.DilationW)
				filter := (k*rows.stride+p)*cols.stride + q
				to := out[((filter*rows.taps+i)*cols.taps+j)*c:][:c]
				for ch := range to {
					to[ch] = w[at(k, r, s, ch)]
				}
			}
		}
	}
	return out, nil
}

// Repeated returns what each output has, a bias or a scale, for each of its filters.
func Repeated[T float32 | int32](d *Deconv, v []T) []T {
	n := d.StrideH * d.StrideW
	if v == nil || n == 1 {
		return v
	}
	out := make([]T, 0, n*len(v))
	for _, x := range v {
		for range n {
			out = append(out, x)
		}
	}
	return out
}

// Deconv appends a transposed convolution over t: make gives the convolution of that window, with so many filters,
// whose weights are those of [Filters] and whose biases and scales are [Repeated].
func (b *Builder) Deconv(name string, t *Tensor, d *Deconv,
	make func(runtime.Window, int) (runtime.Op, error)) (*Tensor, error) {
	if err := d.check(t); err != nil {
		return nil, err
	}
	in := t.Shape()
	rows := phasesOf(in.H, d.R, d.StrideH, d.DilationH, d.DropTop, d.OutH)
	cols := phasesOf(in.W, d.S, d.StrideW, d.DilationW, d.DropLeft, d.OutW)
	op, err := make(runtime.Window{R: rows.taps, S: cols.taps, DilationH: rows.dilation, DilationW: cols.dilation,
		PadTop: rows.before, PadBottom: rows.after, PadLeft: cols.before, PadRight: cols.after},
		d.K*rows.stride*cols.stride)
	if err != nil {
		return nil, err
	}
	crop := !rows.whole || !cols.whole
	weave := rows.stride*cols.stride > 1
	step := func(part string, last bool) string {
		if last {
			return name
		}
		return name + part
	}
	y, err := b.Add(step("/phases", !weave && !crop), op, t)
	if err == nil && weave {
		y, err = b.weave(step("/woven", !crop), y, rows.stride, cols.stride)
	}
	if err == nil && crop {
		y, err = b.Add(name, &runtime.Take{Rows: rows.keep, Cols: cols.keep}, y)
	}
	return y, err
}

// weave makes h×w pixels of each pixel, out of h·w channels for each one of the result.
func (b *Builder) weave(name string, t *Tensor, h, w int) (*Tensor, error) {
	if h == w {
		return b.Add(name, &runtime.DepthToSpace{Block: h, ChannelMajor: true}, t)
	}
	s := t.Shape()
	to := runtime.Shape{N: s.N, H: s.H * h, W: s.W * w, C: s.C / (h * w)}
	return b.Add(name, &runtime.Rearrange{Dims: []int{s.N, to.C, h, w, s.H, s.W}, Perm: []int{0, 1, 4, 2, 5, 3}, To: to},
		t)
}
