package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpGroupRow is convolution of a row of pixels in groups of few channels, by windows of three or five columns, where a
// vector of outputs needs no inputs but those at the same place (RegNet, ResNeXt): func(*depthRowArgs). Of groups of G
// channels in and out, with g(k) = k/G·G,
//
//	acc[p][k] = bias[k] + Σ src[r][p·stride + t − skip][g(k) + i] · w[r][i][t][k]     over r, i < each = G and t
//
// float32 (KR = 1) as depthRowArgs says otherwise. uint8 (KR = 4): four inputs count as one, so each is G/4 and w has
// four weights, the rows are padded and skip is 0; Words as there, of inputs 0 and 2, 1 and 3 of four.
const OpGroupRow OpKind = "grouprow"

// group is G.
func (a *depthRowArgs) group(kr int) int { return a.each * kr }

// groupMaker makes the operation of such a kernel's row.
type groupMaker struct {
	f32 func(p *Packing, s ConvShape, layer ConvF32, k *Kernel) Op
	u8  func(s ConvShape, q ConvU8, k *Kernel) Op
}

var rowMaker = groupMaker{newGroupRowsF32, newGroupRowsU8}

func groupRowF32Generic(a *depthRowArgs) {
	act := Clamp{a.lo, a.hi}
	bias, g := floats(a.bias, 0, a.c), a.group(1)
	for p := range a.pixels {
		dst := floats(a.dst, p*a.dstStep, a.c)
		copy(dst, bias)
		for r := range a.rows {
			for t := max(0, a.skip-p*a.stride); t < min(a.size, a.cols+a.skip-p*a.stride); t++ {
				src := floats(a.src, r*a.rowStep+(p*a.stride+t-a.skip)*a.colStep, a.c)
				for i := range g {
					w := floats(a.w, (r*a.each+i)*a.wRow+t*a.wStep, a.c)
					for k := range dst {
						dst[k] += src[k/g*g+i] * w[k]
					}
				}
			}
		}
		for k := range dst {
			dst[k] = act.apply(dst[k])
		}
	}
}

func groupRowU8Generic(a *depthRowArgs) {
	g := a.group(4)
	for p := range a.pixels {
		for k := range a.c {
			acc := *(*int32)(unsafe.Add(a.bias, 4*k))
			for r := range a.rows {
				for t := range a.size {
					for i := range g {
						x := *(*uint8)(unsafe.Add(a.src, r*a.rowStep+(p*a.stride+t)*a.colStep+k/g*g+i))
						w := *(*int8)(unsafe.Add(a.w, (r*a.each+i/4)*a.wRow+t*a.wStep+4*k+i%4))
						acc += int32(x) * int32(w)
					}
				}
			}
			*(*uint8)(unsafe.Add(a.dst, p*a.dstStep+k)) = Requantize(acc, *(*float32)(unsafe.Add(a.scale, 4*k)), a.lo,
				a.hi, a.zero)
		}
	}
}

// groupRows returns the kernel, at or below limit and no portable one, that can slide windows over groups of channels;
// nil if there is none.
func groupRows(s *ConvShape, dt DType, limit arch.ISA) *Kernel {
	k := selectedOf(OpGroupRow, dt, limit, func(k *Kernel) bool { return k.Portable() || k.slidesGroups(s) })
	if k.Portable() {
		return nil
	}
	return k
}

// slidesGroups reports whether the kernel can do a grouped convolution.
func (k *Kernel) slidesGroups(s *ConvShape) bool {
	g := s.C / s.Groups
	fit := g >= k.KR && g&(g-1) == 0 && k.NR%g == 0
	if k.Whole { // larger groups are faster one by one, by Winograd
		fit = g == k.NR || g == 2*k.NR && s.StrideW > 1
	}
	return fit && s.C == s.K && s.C <= maxChannels && k.slides(s)
}

// newGroupRows has all but weights, bias and bounds.
func newGroupRows(s ConvShape, dt DType, k *Kernel) *depthwise {
	d := &depthwise{shape: s, dtype: dt}
	d.kernel, d.rowFn = k, k.fn.(func(*depthRowArgs))
	g := s.C / s.Groups
	d.rowArgs = depthRowArgs{wStep: 4 * s.C, wRow: 4 * s.S * s.C, c: s.C, size: s.S, stride: s.StrideW,
		form: 6*(s.S/5) + 3*(s.StrideW-1), each: g / k.KR}
	for i := range d.rowArgs.lanes {
		d.rowArgs.lanes[i] = int32(i / g * g / k.KR)
	}
	for i := range d.rowArgs.places {
		d.rowArgs.places[i] = uint8(4*d.rowArgs.lanes[i/4]) + uint8(i%4)
	}
	return d
}

func newGroupRowsF32(p *Packing, s ConvShape, layer ConvF32, k *Kernel) Op {
	d := newGroupRows(s, F32, k)
	g := s.C / s.Groups
	w := packed(p, s.R*s.S*g*s.C, func(w []float32) { groupWeights(&s, 1, layer.Weights, w) }, nil)
	b := aligned[float32](s.C)
	copy(b, layer.Bias)
	d.rowArgs.w, d.rowArgs.bias, d.rowArgs.lo, d.rowArgs.hi = addr(w), addr(b), layer.Act.Lo, layer.Act.Hi
	d.bytes = 4 * (len(w) + len(b))
	return d
}

// groupWeights puts weights [K][R][S][G] in the order [R][G/kr][S][K][kr].
func groupWeights[T float32 | int8](s *ConvShape, kr int, weights, w []T) {
	g := s.C / s.Groups
	for k := range s.K {
		for r := range s.R {
			for t := range s.S {
				for i, v := range weights[((k*s.R+r)*s.S+t)*g:][:g] {
					w[(((r*(g/kr)+i/kr)*s.S+t)*s.K+k)*kr+i%kr] = v
				}
			}
		}
	}
}

// paddedRows says how rows are copied with their borders.
type paddedRows struct {
	columns int // most in a call
	zero    uint8
}

func newGroupRowsU8(s ConvShape, q ConvU8, k *Kernel) Op {
	d := newGroupRows(s, U8, k)
	g := s.C / s.Groups
	w := packed(q.pack, s.R*s.S*g*s.C, func(w []int8) { groupWeights(&s, k.KR, q.Weights, w) }, nil)
	d.rowArgs.w, d.bytes = addr(w), len(w)
	if k.Words {
		d.rowArgs.wRow *= 2
		wide := aligned[int16](2 * len(w))
		for i := range len(w) / 4 {
			row, c := i/s.C, i%s.C
			for j, v := range w[4*i:][:4] {
				wide[((2*row+j%2)*s.C+c)*2+j/2] = int16(v)
			}
		}
		d.rowArgs.w, d.bytes = addr(wide), d.bytes+2*len(wide)
	}
	bias, m := aligned[int32](s.C), aligned[float32](s.C)
	copy(bias, q.foldedBias(s.C, k.taken()))
	copy(m, q.Scale)
	d.rowArgs.bias, d.rowArgs.scale, d.rowArgs.plain = addr(bias), addr(m), q.plain(0, 0, s.C)
	d.rowArgs.lo, d.rowArgs.hi, d.rowArgs.zero = q.Out[0].bounds()
	d.bytes += 4 * (len(bias) + len(m))
	d.padded = &paddedRows{(min(s.OutW(), wovenPixels)-1)*s.StrideW + s.S, q.InZero}
	return d
}

// paddedRow computes pixels of a row of which a is the argument but for what it reads: those at x, of image n and the
// window that begins in row iy, of a copy with borders.
func (t *depthwiseTask) paddedRow(wk *depthwiseWorker, n, iy, x int) {
	s, a := &t.shape, &wk.row
	ix := x*s.StrideW - s.PadLeft
	columns := (a.pixels-1)*s.StrideW + s.S
	left := max(0, -ix)
	inside := min(columns, s.W-ix) - left
	for r := range s.R {
		dst := wk.woven[r*columns*s.C:][:columns*s.C]
		y := iy + r*s.DilationH
		if uint(y) >= uint(s.H) {
			fill(dst, t.padded.zero)
			continue
		}
		fill(dst[:left*s.C], t.padded.zero)
		fill(dst[(left+inside)*s.C:], t.padded.zero)
		at := ((n*s.H+y)*s.W + ix + left) * t.in.Stride
		run := s.C
		if t.in.Stride == s.C {
			run = inside * s.C
		}
		for to := left * s.C; to < (left+inside)*s.C; to += run {
			copy(dst[to:][:run], unsafe.Slice((*uint8)(t.in.at(at)), run))
			at += t.in.Stride
		}
	}
	a.src, a.rows, a.cols, a.skip = addr(wk.woven), s.R, columns, 0
	a.colStep, a.rowStep = s.C, columns*s.C
	t.rowFn(a)
}
