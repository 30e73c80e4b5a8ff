package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// Camera frames.
const (
	OpBlendRows OpKind = "blendrows" // rows of bytes, weighted and added; func(*blendRowsArgs)
	OpLaneDots  OpKind = "lanedots"  // weighted sums of windows, in four lanes; func(*laneDotsArgs)
)

// Camera frames are resized in two steps that know nothing of pixel formats: rows of bytes are blended into one row,
// then each output position takes a weighted sum of a window of it. A window keeps the sums of bytes 0, 4, 8…,
// 1, 5, 9…, 2, 6, 10… and 3, 7, 11… apart, so that one pass serves luma and both chromas of packed formats.

// blendRowsArgs is the argument of the kernels that blend rows of bytes:
//
//	dst[i] = Σ_r weights[r]·src[r·stride + i]     0 ≤ i < c, 0 ≤ r < rows
//
// in IEEE binary32, from r = 0 upwards, each operation rounded, so that every tier gives the same bits.
type blendRowsArgs struct {
	_                 uncompared
	dst, src, weights unsafe.Pointer // [c]float32, bytes, [rows]float32
	stride            int            // bytes
	rows, c           int            // ≥ 1
}

func blendRowsGeneric(b *blendRowsArgs) {
	dst, weights := floats(b.dst, 0, b.c), floats(b.weights, 0, b.rows)
	for r, w := range weights {
		src := unsafe.Slice((*uint8)(unsafe.Add(b.src, r*b.stride)), b.c)
		if r == 0 {
			for i, v := range src {
				dst[i] = w * float32(v)
			}
			continue
		}
		for i, v := range src {
			dst[i] += float32(w * float32(v))
		}
	}
}

// laneDotsArgs is the argument of the kernels that sum windows of a row in four lanes:
//
//	dst[4x+l] = Σ_{j even} p(j) + Σ_{j odd} p(j)     p(j) = weights[x·width + 4j + l]·src[starts[x] + 4j + l]
//
// for 0 ≤ x < count, 0 ≤ l < 4, 0 ≤ 4j < width, in IEEE binary32, each sum from zero upwards, each operation rounded,
// so that every tier gives the same bits. width is a multiple of 8.
type laneDotsArgs struct {
	_                         uncompared
	dst, src, weights, starts unsafe.Pointer // [count][4]float32, float32, [count][width]float32, [count]int32
	width, count              int            // ≥ 8, ≥ 1
}

func laneDotsGeneric(d *laneDotsArgs) {
	starts := unsafe.Slice((*int32)(d.starts), d.count)
	for x, start := range starts {
		w := floats(d.weights, 4*x*d.width, d.width)
		src := floats(d.src, 4*int(start), d.width)
		var s [8]float32
		for len(w) >= 8 && len(src) >= 8 {
			a, b := w[:8:8], src[:8:8]
			for l := range s {
				s[l] += float32(a[l] * b[l])
			}
			w, src = w[8:], src[8:]
		}
		dst := floats(d.dst, 16*x, 4)
		dst[0], dst[1], dst[2], dst[3] = s[0]+s[4], s[1]+s[5], s[2]+s[6], s[3]+s[7]
	}
}

// Blender blends rows of bytes; see blendRowsArgs. It belongs to one goroutine at a time.
type Blender struct {
	kernel *Kernel
	fn     func(*blendRowsArgs)
	args   blendRowsArgs
}

// NewBlender returns the blender of the best tier that this CPU has and limit allows.
func NewBlender(limit arch.ISA) *Blender {
	k, fn := Select[func(*blendRowsArgs)](OpBlendRows, U8, limit)
	return &Blender{kernel: k, fn: fn}
}

// Kernel returns the name of the kernel.
func (b *Blender) Kernel() string { return b.kernel.Name }

// blendCall bounds the bytes that one call reads, for it cannot be interrupted.
const blendCall = 1 << 17

// Blend makes dst of len(weights) rows of src, of len(dst) bytes each, stride bytes apart. It panics, as an index out
// of range does, if src ends before the last of them.
func (b *Blender) Blend(dst []float32, src []byte, stride int, weights []float32) {
	if len(dst) == 0 {
		return
	}
	if len(weights) == 0 {
		clear(dst)
		return
	}
	last := stride * (len(weights) - 1)
	_ = src[last:][:len(dst)]
	a := &b.args
	a.weights, a.stride, a.rows = unsafe.Pointer(&weights[0]), stride, len(weights)
	block := max(blendCall/len(weights)&^63, 64)
	for i := 0; i < len(dst); i += block {
		a.dst, a.src, a.c = unsafe.Pointer(&dst[i]), unsafe.Pointer(&src[i]), min(block, len(dst)-i)
		b.fn(a)
	}
	a.dst, a.src, a.weights = nil, nil, nil // no frame is kept alive
}

// Dotter sums fixed windows of rows; see laneDotsArgs. It belongs to one goroutine at a time.
type Dotter struct {
	kernel  *Kernel
	fn      func(*laneDotsArgs)
	args    laneDotsArgs
	weights []float32
	starts  []int32
	width   int
	reach   int // the end of the window that ends last
}

// NewDotter returns a dotter of len(starts) windows of width elements, a multiple of 8. weights has width for each.
// Neither is copied.
func NewDotter(starts []int32, weights []float32, width int, limit arch.ISA) (*Dotter, error) {
	if width < 8 || width%8 != 0 || len(starts) == 0 || len(weights)/width != len(starts) || len(weights)%width != 0 {
		return nil, errorf("%w: %d windows of %d elements with %d weights", ErrShape, len(starts), width, len(weights))
	}
	d := &Dotter{weights: weights, starts: starts, width: width}
	for _, s := range starts {
		if s < 0 {
			return nil, errorf("%w: a window starts at %d", ErrShape, s)
		}
		d.reach = max(d.reach, int(s)+width)
	}
	d.kernel, d.fn = Select[func(*laneDotsArgs)](OpLaneDots, F32, limit)
	return d, nil
}

// Kernel returns the name of the kernel.
func (d *Dotter) Kernel() string { return d.kernel.Name }

// Reach returns the elements that a row must have.
func (d *Dotter) Reach() int { return d.reach }

// dotCall bounds the products of one call.
const dotCall = 1 << 17

// Dots writes the four sums of each window of src to dst. It panics, as an index out of range does, if src has fewer
// than Reach elements or dst fewer than four for each window.
func (d *Dotter) Dots(dst, src []float32) {
	_, _ = src[d.reach-1], dst[4*len(d.starts)-1]
	a := &d.args
	a.src, a.width = unsafe.Pointer(&src[0]), d.width
	block := max(dotCall/d.width, 1)
	for x := 0; x < len(d.starts); x += block {
		a.dst, a.weights, a.starts = unsafe.Pointer(&dst[4*x]), unsafe.Pointer(&d.weights[x*d.width]),
			unsafe.Pointer(&d.starts[x])
		a.count = min(block, len(d.starts)-x)
		d.fn(a)
	}
	a.dst, a.src, a.weights, a.starts = nil, nil, nil, nil
}
