package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpDepthWeave puts the bytes of four rows side by side; quantised only: func(*depthWeaveArgs).
const OpDepthWeave OpKind = "depthweave"

// depthWeaveArgs is the argument of the kernels that make of four rows the one that depthrow kernels of KR = 4 take:
// for columns x and channels k < c
//
//	dst[x][4·k + i] = rows[i][x][k]
//
// A row that is the same pixel throughout has a step of 0.
type depthWeaveArgs struct {
	_       uncompared
	rows    [4]unsafe.Pointer
	steps   [4]int // bytes from one column to the next
	dst     unsafe.Pointer
	dstStep int // bytes, ≥ 4·c
	columns int // ≥ 1
	c       int // ≥ NR
}

func depthWeaveGeneric(a *depthWeaveArgs) {
	for x := range a.columns {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, x*a.dstStep)), 4*a.c)
		for i, row := range a.rows {
			for k, v := range unsafe.Slice((*uint8)(unsafe.Add(row, x*a.steps[i])), a.c) {
				dst[4*k+i] = v
			}
		}
	}
}

const (
	weaveRows     = 4        // rows that are woven into one
	wovenBytes    = 12 << 10 // of a block of channels, about, so that it stays in the first cache
	wovenPixels   = 256      // most pixels of a call
	wovenChannels = 16       // fewest that are woven: those of a vector
	wovenShared   = 2        // most output rows for which rows are woven once: each has weights of its own
)

// woven is what depthwise convolution of rows by four has beside: how rows are woven.
type woven struct {
	fn      func(*depthWeaveArgs)
	groups  int
	shared  int // output rows whose windows lie in the rows of the groups, ≥ 1: they are woven once
	wShift  int // bytes from the weights of one of these output rows to the next's
	columns int // most in a call
	block   int // channels at a time
	border  []uint8
}

// weave prepares d for a kernel that takes rows by four, q being packed in w, [R·S+1][C].
func (d *depthwise) weave(k *Kernel, q *ConvU8, w []int8, limit arch.ISA) {
	s := &d.shape
	d.woven = &woven{groups: (s.R + weaveRows - 1) / weaveRows, border: aligned[uint8](s.C)}
	fill(d.woven.border, q.InZero)
	d.woven.shared = 1
	if s.DilationH == 1 {
		d.woven.shared = min(wovenShared, (weaveRows*d.woven.groups-s.R)/s.StrideH+1, s.OutH())
	}
	d.woven.columns = (min(s.OutW(), wovenPixels)-1)*s.StrideW + s.S
	blocks := (4*d.woven.groups*d.woven.columns*s.C + wovenBytes - 1) / wovenBytes
	d.woven.block = min(s.C, max(wovenChannels, roundUp((s.C+blocks-1)/blocks, 8)))
	_, d.woven.fn = Select[func(*depthWeaveArgs)](OpDepthWeave, U8, limit)

	words := 1 // a row of taps for each int16 of two rows, or one
	if k.Words {
		words = 2
	}
	d.rowArgs.wStep, d.rowArgs.wRow = 4*s.C, 4*words*s.S*s.C
	d.woven.wShift = d.woven.groups * d.rowArgs.wRow
	narrow, wide := aligned[int8](0), aligned[int16](0)
	if k.Words {
		wide = aligned[int16](d.woven.shared * d.woven.wShift / 2)
		d.rowArgs.w = addr(wide)
	} else {
		narrow = aligned[int8](d.woven.shared * d.woven.wShift)
		d.rowArgs.w = addr(narrow)
	}
	for j := range d.woven.shared {
		for r := range s.R {
			g, i := j*d.woven.groups+(j*s.StrideH+r)/weaveRows, (j*s.StrideH+r)%weaveRows
			for t := range s.S {
				for c, v := range w[(r*s.S+t)*s.C:][:s.C] {
					if k.Words {
						wide[(((g*s.S+t)*2+i%2)*s.C+c)*2+i/2] = int16(v)
					} else {
						narrow[((g*s.S+t)*s.C+c)*weaveRows+i] = v
					}
				}
			}
		}
	}
	bias := aligned[int32](s.C)
	copy(bias, q.foldedBias(s.C, k.taken()))
	d.rowArgs.bias, d.rowArgs.plain = addr(bias), q.plain(0, 0, s.C)
	d.bytes += len(narrow) + 2*len(wide) + 4*len(bias) + len(d.woven.border)
}

// scratch is what a worker needs.
func (w *woven) scratch() int { return roundUp(4*w.groups*w.columns*w.block, 64) }

// wovenRows computes pixels of some output rows, 1 ≤ rows ≤ shared, of which a is the first one's argument but for what
// depends on channels: those at x, of image n and the window that begins in row iy, a block of channels at a time.
func (t *depthwiseTask) wovenRows(wk *depthwiseWorker, n, iy, x, rows int, stop *Stop) {
	s, a, w := &t.shape, &wk.row, t.woven
	ix := x*s.StrideW - s.PadLeft
	columns := (a.pixels-1)*s.StrideW + s.S
	left := max(0, -ix)
	inside := min(columns, s.W-ix) - left
	wk.weave.dstStep = 4 * w.block
	dst, pixels := a.dst, a.pixels
	for k := 0; k < s.C && !stop.Asked(); k += w.block {
		k0 := min(k, s.C-w.block) // the last block does some channels again
		wk.weave.c = w.block
		for g := range w.groups {
			dst := wk.woven[4*g*columns*w.block:]
			t.weaveBorder(wk, dst, left)
			for i := range weaveRows {
				r := g*weaveRows + i
				y := iy + r*s.DilationH
				wk.weave.rows[i], wk.weave.steps[i] = addr(w.border), 0
				if r < s.R+(rows-1)*s.StrideH && uint(y) < uint(s.H) {
					wk.weave.rows[i] = t.in.at(((n*s.H+y)*s.W+ix+left)*t.in.Stride + k0)
					wk.weave.steps[i] = t.in.Stride
				}
			}
			wk.weave.dst, wk.weave.columns = addr(dst[4*left*w.block:]), inside
			w.fn(&wk.weave)
			t.weaveBorder(wk, dst[4*(left+inside)*w.block:], columns-left-inside)
		}
		for j := range rows { // the kernel changes pixels, cols and skip
			a.src, a.pixels, a.rows, a.cols, a.skip, a.c = addr(wk.woven), pixels, w.groups, columns, 0, w.block
			a.colStep, a.rowStep = 4*w.block, 4*columns*w.block
			a.w, a.dst = unsafe.Add(t.rowArgs.w, j*w.wShift+4*k0), unsafe.Add(dst, j*s.OutW()*t.out.Stride+k0)
			a.bias, a.scale = unsafe.Add(t.rowArgs.bias, 4*k0), unsafe.Add(t.rowArgs.scale, 4*k0)
			t.rowFn(a)
		}
	}
}

// weaveBorder writes columns outside the input.
func (t *depthwiseTask) weaveBorder(wk *depthwiseWorker, dst []uint8, columns int) {
	if columns == 0 {
		return
	}
	border := addr(t.woven.border)
	wk.weave.rows = [weaveRows]unsafe.Pointer{border, border, border, border}
	wk.weave.steps = [weaveRows]int{}
	wk.weave.dst, wk.weave.columns = addr(dst), columns
	t.woven.fn(&wk.weave)
}
