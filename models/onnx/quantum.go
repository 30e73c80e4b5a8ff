package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// quantum is how the integers of a constant stand for numbers: (q − zero)·scale, with one scale and zero point for all
// or one for each index of one axis.
type quantum struct {
	typ   elem // int8, uint8 or int32
	scale []float32
	zero  []int32 // as many as scales
	inner int     // elements for each index of the axis
	laid  map[order][]int8
}

// order is one of elements: see lay.
type order struct {
	k, c, rs   int
	transposed bool
}

// at returns an element and the index of its scale.
func (q *quantum) at(raw []byte, i int) (v int64, channel int) {
	switch channel = i / q.inner % len(q.scale); q.typ {
	case elemInt8:
		v = int64(int8(raw[i]))
	case elemUint8:
		v = int64(raw[i])
	case elemInt32:
		v = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return v - int64(q.zero[channel]), channel
}

func (q *quantum) decode(raw []byte, dst []float32, from int) {
	for i := range dst {
		v, ch := q.at(raw, from+i)
		dst[i] = float32(v) * q.scale[ch]
	}
}

// channels returns one scale for each of k blocks of n/k elements, or with transposed each of k columns. It returns nil
// if the scales are laid otherwise or are no positive normal numbers.
func (q *quantum) channels(k, n int, transposed bool) []float32 {
	inner := n / k
	if transposed {
		inner = 1
	}
	for _, s := range q.scale {
		if !normal(s) {
			return nil
		}
	}
	switch {
	case len(q.scale) == 1:
		return slices.Repeat(q.scale, k)
	case len(q.scale) == k && q.inner == inner:
		return q.scale
	}
	return nil
}

// lay returns [K][C][RS], or [C][RS][K] if it is transposed, as [K][RS][C] without zero point; nil if an element leaves
// −127…127.
func (q *quantum) lay(b *axes.Builder, raw []byte, o order) ([]int8, error) {
	if w, ok := q.laid[o]; ok || q.typ == elemInt32 {
		return w, nil
	}
	n := o.k * o.c * o.rs
	if err := b.Take(n); err != nil {
		return nil, err
	}
	w := make([]int8, n)
	for i := range n {
		k, c, j := i/(o.c*o.rs), i/o.rs%o.c, i%o.rs
		if o.transposed {
			k, c, j = i%o.k, i/(o.k*o.rs), i/o.k%o.rs
		}
		v, _ := q.at(raw, i)
		if v < -127 || v > 127 {
			b.Grant(n) // what is not kept
			w = nil
			break
		}
		w[(k*o.rs+j)*o.c+c] = int8(v)
	}
	if q.laid == nil {
		q.laid = map[order][]int8{}
	}
	q.laid[o] = w
	return w, nil
}

// normal reports whether a scale is a positive normal number.
func normal(s float32) bool { return s >= 0x1p-126 && s <= math.MaxFloat32 }

// levels are the weights and bias of a quantised layer.
type levels struct {
	weights []int8
	scale   []float32
	bias    []int32
}

// levels returns the integers of a layer over an input of scale in; nil if the constants are not quantised, or in a way
// that is not exact in int8 weights with a scale for each output and an int32 accumulator.
func (c *call) levels(w, bias *value, o order, in float32) (*levels, error) {
	q := w.c.q
	if q == nil {
		return nil, nil
	}
	n := o.k * o.c * o.rs
	err := c.im.b.Take(o.k)
	if err != nil {
		return nil, err
	}
	l := &levels{scale: q.channels(o.k, n, o.transposed)}
	if l.scale == nil {
		return nil, nil
	}
	if l.weights, err = q.lay(c.im.b, w.c.raw, o); l.weights == nil || err != nil {
		return nil, err
	}
	if bias != nil {
		if l.bias, err = c.biasLevels(bias, l.scale, in); l.bias == nil || err != nil {
			return nil, err
		}
	}
	if kernels.Overflows(l.weights, l.bias, o.k) >= 0 {
		return nil, nil
	}
	return l, nil
}

// fits reports whether all requantisation factors are normal numbers.
func (l *levels) fits(in, out runtime.Quant) bool {
	for _, w := range l.scale {
		if !normal(float32(float64(in.Scale) * float64(w) / float64(out.Scale))) {
			return false
		}
	}
	return true
}

// biasLevels returns a bias in units of in·scale: its own integers if that is what they are, else rounded. It is nil if
// an int32 cannot hold it.
func (c *call) biasLevels(bias *value, scale []float32, in float32) ([]int32, error) {
	if bias.c.elements() != len(scale) {
		return nil, fmt.Errorf("%d biases for %d channels: %w", bias.c.elements(), len(scale), runtime.ErrShape)
	}
	if err := c.im.b.Take(len(scale)); err != nil {
		return nil, err
	}
	f, err := c.im.b.Floats(bias.src)
	if err != nil {
		return nil, err
	}
	out := roundBias(f, scale, in)
	if q := bias.c.q; q != nil && q.typ == elemInt32 && out != nil {
		for k := range out {
			unit := float64(in) * float64(scale[k])
			if whole, ch := q.at(bias.c.raw, k); math.Abs(float64(q.scale[ch])-unit) <= unit*0x1p-20 &&
				int64(int32(whole)) == whole {
				out[k] = int32(whole)
			}
		}
	}
	return out, nil
}

// roundBias returns biases in units of in·scale; nil if int32 cannot hold them.
func roundBias(f, scale []float32, in float32) []int32 {
	out := make([]int32, len(f))
	for k := range out {
		v := math.RoundToEven(float64(f[k]) / (float64(in) * float64(scale[k])))
		if !(math.Abs(v) <= math.MaxInt32) {
			return nil
		}
		out[k] = int32(v)
	}
	return out
}
