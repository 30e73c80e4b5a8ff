package kernels

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
)

// ConvU8 is a quantised convolution's parameters. Activations are uint8, real = scale·(q − zero), weights int8
// per output channel with zero point 0, and
//
//	acc[k] = Bias[k] + Σ (in − InZero)·Weights[k,…]          exactly, in int32
//	out[k] = Requantize(acc[k], Scale[k], …)                 see [Requantize]
//
// with Scale[k] = inputScale·weightScale[k]/outputScale. Border taps contribute nothing: they read InZero.
type ConvU8 struct {
	Weights []int8    // [K][R][S][C/Groups], in −127…127; with Parts [K][Parts][R][S][C/Groups]
	Parts   int       // a weight is the sum of so many; 0 means 1
	Bias    []int32   // [K], or nil for zeros
	Scale   []float32 // [K], positive and finite
	InZero  uint8
	Out     []OutU8 // one for each segment

	sums []int32  // Σ w of each filter, once check has been over them
	pack *Packing // nil, or where packed weights are kept
}

// OutU8 is how one output view is quantised: its zero point and the bounds of its values, Lo ≤ Zero ≤ Hi where a
// ReLU's lower bound is Zero.
type OutU8 struct{ Zero, Lo, Hi uint8 }

// Rounding bounds of an output, as the tile kernels take them.
func (o OutU8) bounds() (lo, hi float32, zero int32) {
	return float32(int32(o.Lo) - int32(o.Zero)), float32(int32(o.Hi) - int32(o.Zero)), int32(o.Zero)
}

// NewConvU8 returns a quantised convolution on the best kernel at or below limit. Every kernel gives the same bytes
// as [RefConvU8]. Segments are as for [NewConvF32].
func NewConvU8(s ConvShape, segments []int, q ConvU8, limit arch.ISA) (Op, error) {
	return PackConvU8(nil, s, segments, q, limit)
}

// PackConvU8 is NewConvU8 with its weights packed through p. Where p is loading, weights are not looked at.
func PackConvU8(p *Packing, s ConvShape, segments []int, q ConvU8, limit arch.ISA) (Op, error) {
	q.pack = p
	each, err := q.checkParts(q.pack.count(&s, len(q.Weights), q.Parts))
	if err != nil {
		return nil, err
	}
	if err := checkConv(&s, &segments, each, len(q.Bias)); err != nil {
		return nil, err
	}
	if err := q.check(&s, len(segments)); err != nil {
		return nil, err
	}
	if depthwiseFits(&s, segments) {
		return newDepthwiseU8(s, q, limit), nil
	}
	if s.Groups > 1 {
		if len(segments) != 1 {
			return nil, errorf("%w: a grouped convolution has one output", ErrShape)
		}
		if k := groupRows(&s, U8, limit); k != nil && q.parts() == 1 {
			return k.group.u8(s, q, k), nil
		}
		return newGrouped(s, U8, func(part ConvShape, g int) (Op, error) {
			return PackConvU8(p, part, nil, ConvU8{Weights: groupOf(q.Weights, g, s.Groups), Parts: q.Parts,
				Bias: groupOf(q.Bias, g, s.Groups), Scale: groupOf(q.Scale, g, s.Groups), InZero: q.InZero, Out: q.Out}, limit)
		})
	}
	if s.deep() {
		limit = arch.Generic
	}
	most, forms := 0, formsU8
	if q.parts() > 1 { // transformed they would leave int16
		forms = nil
	}
	if len(fitting(forms, &s, U8, limit)) > 0 {
		most = q.largest(&s)
	}
	return p.choose(tiers(U8, limit, func(k *Kernel, limit arch.ISA) []candidate {
		var exact []*winoForm
		for _, f := range fitting(forms, &s, U8, limit) {
			if f.exactU8(most, q.Scale) {
				exact = append(exact, f)
			}
		}
		whyNot := func(f *winoForm) string {
			pixels := s.OutH() * s.OutW()
			switch {
			case k.BytesPerWord > 2:
				return fmt.Sprintf("products of int16 take %d times the time of this tier's products of bytes", k.BytesPerWord)
			case k.BytesPerWord == 2 && (f.m == 2 || pixels < k.WinoFrom || f.parts &&
				(k.PartsFrom == 0 || pixels < k.PartsFrom || s.C < 32)):
				return "products of int16 take twice the time of this tier's dot products of bytes"
			}
			return f.whyNot(&s)
		}
		groups := s.C%k.KR == 0 // else whole groups would be read beyond a pixel's end
		var columns, rows, direct func() Op
		if columnsFit(&s) {
			columns = func() Op { return newColumnConvU8(s, segments, q, k) }
		}
		if s.DilationW == 1 && (s.S > 1 || !groups) && rowsFit(&s, k, 2) {
			rows = func() Op { return newRowConvU8(s, segments, q, k) }
		}
		if groups || rows == nil {
			tile := k
			if !groups {
				tile = convTile(U8, arch.Generic)
			}
			direct = func() Op { return newDirectConv(newCheaperU8(s, segments, s.R*s.S, s.C, q, tile)) }
		}
		return algorithms(&s, k, exact, whyNot,
			func(f *winoForm) Op { return newWinogradU8(f, s, segments, q, limit) },
			columns, rows, direct)
	})), nil
}

// newRowConvU8 is quantised convolution of rows by the given tile kernel, or by the one of products in int16.
func newRowConvU8(s ConvShape, segments []int, q ConvU8, k *Kernel) Op {
	return newRowConv(newCheaperU8(s, segments, s.R, s.S*s.C, q, k))
}

// newCheaperU8 packs as newConvU8 does, or for the kernel of products in int16 where those are cheaper.
func newCheaperU8(s ConvShape, segments []int, taps, depth int, q ConvU8, k *Kernel) conv {
	if k.PairSum16 && q.mostlySplit(taps, depth, convBlocks(segments, k), k) {
		k, _ = Select[func(*convTileArgs)](OpConvWide, U8, k.ISA)
	}
	return newConvU8(s, segments, taps, depth, q, k)
}

func (q *ConvU8) check(s *ConvShape, segments int) error {
	if len(q.Scale) != s.K || len(q.Out) != segments {
		return errorf("%w: %d scales and %d output ranges for %d channels in %d segments", ErrShape, len(q.Scale),
			len(q.Out), s.K, segments)
	}
	for _, o := range q.Out {
		if o.Lo > o.Hi {
			return errorf("%w: output range %d…%d", ErrShape, o.Lo, o.Hi)
		}
	}
	for k, scale := range q.Scale {
		if !(scale > 0) || scale > math.MaxFloat32 {
			return errorf("%w: scale %v of channel %d is not positive and finite", ErrShape, scale, k)
		}
	}
	var err error
	q.sums = packed(q.pack, s.K, func(sums []int32) { err = q.checkWeights(s, sums) }, nil)
	return err
}

// checkWeights goes over the weights, and sums those of each filter.
func (q *ConvU8) checkWeights(s *ConvShape, sums []int32) error {
	depth := q.parts() * s.R * s.S * (s.C / s.Groups)
	for k := range sums {
		total, ok := weightTotal(q.Weights[k*depth:][:depth])
		if !ok {
			return errorf("%w: weight −128 in channel %d", ErrShape, k)
		}
		sums[k] = int32(total)
	}
	if k := Overflows(q.Weights, q.Bias, s.K); k >= 0 {
		return errorf("%w: channel %d may overflow its int32 accumulator", ErrShape, k)
	}
	return nil
}

// foldedBias is the bias with the input's zero point folded in: Σ (in − z)·w = Σ (in − taken)·w − (z − taken)·Σ w for
// a kernel that takes `taken` from each input.
func (q *ConvU8) foldedBias(k int, taken int32) []int32 {
	bias := make([]int32, k)
	copy(bias, q.Bias)
	for i := range bias {
		if q.sums != nil {
			bias[i] -= (int32(q.InZero) - taken) * q.sums[i]
			continue
		}
		depth := len(q.Weights) / k
		sum, _, _ := weightSums(q.Weights[i*depth:][:depth])
		bias[i] -= (int32(q.InZero) - taken) * int32(sum)
	}
	return bias
}

// newConvU8 packs for a tile kernel: the window counts as `taps` taps of `depth` channels, for each part of weights.
func newConvU8(s ConvShape, segments []int, taps, depth int, q ConvU8, k *Kernel) conv {
	c := conv{shape: s, segments: segments, dtype: U8, kernel: k, fn: k.fn.(func(*convTileArgs)),
		blocks: convBlocks(segments, k)}
	c.border = aligned[byte](s.C + k.KR)
	fill(c.border, q.InZero)
	var narrow [][]int8
	var wide [][]int16
	var pairs []pairPanel
	parts := q.parts()
	switch {
	case k.Op == OpConvWide:
		var room []int16
		wide, parts = packWeights(q.pack, func(from, n int) []int16 {
			room = q.whole(room, s.K, from, n)
			return room
		}, taps, depth, c.blocks, k.KR), 1
	case k.PairSum16:
		pairs = k.pairs(q.pack, q.Weights, taps, parts, depth, c.blocks, k)
	default:
		narrow = packWeights(q.pack, filtersOf(q.Weights, s.K), taps*parts, depth, c.blocks, k.KR)
	}
	if parts > 1 {
		c.parts = make([]int, len(c.blocks))
	}
	b := packRow(q.foldedBias(s.K, k.taken()), c.blocks, k.NR)
	m := packRow(q.Scale, c.blocks, k.NR)
	for i, blk := range c.blocks {
		p := convPanel{bias: addr(b[i*k.NR:]), scale: addr(m[i*k.NR:])}
		switch {
		case wide != nil:
			p.w = addr(wide[i])
			c.bytes += 2 * len(wide[i])
		case pairs != nil:
			p.w, p.size, p.order = addr(pairs[i].w), len(pairs[i].w), addr(pairs[i].order)
			c.bytes += len(pairs[i].w) + 4*len(pairs[i].order)
			if parts > 1 {
				c.parts[i] = pairs[i].needed(taps, parts)
			}
		default:
			p.w = addr(narrow[i])
			c.bytes += len(narrow[i])
			if parts > 1 {
				c.parts[i] = needed(narrow[i], parts)
			}
		}
		p.lo, p.hi, p.zero = q.Out[blk.segment].bounds()
		p.plain = q.plain(blk.segment, blk.k, blk.cols)
		if taps*parts*depth <= 1<<13 {
			p.raise = raise(b[i*k.NR:][:blk.cols], m[i*k.NR:])
		}
		c.panels = append(c.panels, p)
		c.bytes += 8 * k.NR
	}
	return c
}

// plain is 1, and not 0, if the range of a segment's output is that of its type and no product of channels k … k+n−1
// with their scales reaches 2³⁰: a zero point can be added to them, and packs that saturate clamp.
func (q *ConvU8) plain(segment, k, n int) int {
	if out := q.Out[segment]; out.Lo == 0 && out.Hi == 255 && slices.Max(q.Scale[k:][:n]) < .5 {
		return 1
	}
	return 0
}

// sumUnit are the bits of 1.5·2²³ as float32, the unit of which is 1: as a float32, sumUnit + sum is 1.5·2²³ + sum, for
// sums of at most ±2²².
const sumUnit = 0x4b400000

// raise is sumUnit if the float32 that sumUnit + sum is, less 1.5·2²³, gives the byte that the sum gives: by scales of
// at least 2⁻¹³ sums beyond ±2²² are beyond every level, and so are those floats, for their order is that of their
// bits. Sums of up to 2¹³ products and these biases do not change the sign.
func raise(bias []int32, scale []float32) int32 {
	for i, b := range bias {
		if scale[i] < 1./(1<<13) || b != b<<3>>3 {
			return 0
		}
	}
	return sumUnit
}

// mostlySplit reports whether so many groups have to be split that products in int16 throughout are cheaper. A group of
// four channels takes about 7 cycles for four pixels, twice that if it is split, and 10 in int16. A first layer's three
// colours have weights alike.
func (q *ConvU8) mostlySplit(taps, depth int, blocks []convBlock, k *Kernel) bool {
	return packed(q.pack, 1, func(split []uint8) {
		groups := taps * k.groups(depth) * len(blocks)
		if 5*countSplits(q.Weights, taps*q.parts(), depth, blocks) > 2*groups {
			split[0] = 1
		}
	}, func(split []uint8) bool { return split[0] <= 1 })[0] == 1
}

// RefConvU8 is what quantised convolution means here; every kernel gives the same bytes. All slices are dense, laid
// out as for [RefConvF32]; q.Out has one entry.
func RefConvU8(s *ConvShape, in []uint8, q *ConvU8, out []uint8) {
	cg, kg := s.C/s.Groups, s.K/s.Groups
	lo, hi, zero := q.Out[0].bounds()
	weights := q.whole(nil, s.K, 0, s.K)
	o := 0
	for n := range s.N {
		for y := range s.OutH() {
			for x := range s.OutW() {
				for k := range s.K {
					acc := int32(0)
					if q.Bias != nil {
						acc = q.Bias[k]
					}
					for r := range s.R {
						iy := y*s.StrideH + r*s.DilationH - s.PadTop
						if iy < 0 || iy >= s.H {
							continue
						}
						for t := range s.S {
							ix := x*s.StrideW + t*s.DilationW - s.PadLeft
							if ix < 0 || ix >= s.W {
								continue
							}
							px := in[((n*s.H+iy)*s.W+ix)*s.C+k/kg*cg:][:cg]
							w := weights[((k*s.R+r)*s.S+t)*cg:][:cg]
							for c := range px {
								acc += (int32(px[c]) - int32(q.InZero)) * int32(w[c])
							}
						}
					}
					out[o] = Requantize(acc, q.Scale[k], lo, hi, zero)
					o++
				}
			}
		}
	}
}
