package kernels

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// everyTier runs an op on every tier this CPU has, on both sides of a guard page and with gaps, and wants the bytes of
// want from all of them. The last output may be in place.
func everyTier[I, O uint8 | float32 | Half](t *testing.T, what string, build func(arch.ISA) (Op, error), in []*tensor,
	from,
	to DType, h, w, c int, want []O) {
	t.Helper()
	for _, isa := range arch.Supported() {
		op, err := build(isa)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, gaps := range []struct {
			side    guard.Side
			in, out int // between pixels
		}{{guard.Start, 0, 5}, {guard.End, 3, 0}, {guard.End, 0, 0}} {
			var ins []*tensor
			for _, x := range in {
				ins = append(ins, set(newTensor(t, gaps.side, from, x.N, x.H, x.W, x.C, x.C+gaps.in), get[I](x)))
			}
			out := newTensor(t, gaps.side, to, in[0].N, h, w, c, c+gaps.out)
			runTask(t, op, ins, []*tensor{out})
			equalBits(t, fmt.Sprintf("%s, %s", what, op.Kernel()), get[O](out), want)
		}
	}
}

// dense is a tensor without gaps that holds values.
func dense[T any](t *testing.T, dt DType, n, h, w, c int, values []T) *tensor {
	return set(newTensor(t, guard.End, dt, n, h, w, c, c), values)
}

// roundTo is the rule by which all results are rounded, in binary64 where that cannot differ: v is a binary32.
func roundTo(v float32, o OutU8) uint8 {
	if v != v {
		return o.Lo
	}
	return uint8(min(max(math.RoundToEven(float64(v))+float64(o.Zero), float64(o.Lo)), float64(o.Hi)))
}

func TestQuantizeDequantize(t *testing.T) {
	r := newRand(t)
	for _, c := range append(around(8), 1000) {
		for _, zero := range []uint8{0, 3, 128, 255} {
			for _, scale := range []float32{0.01, 1, 1e-30, 3e30} {
				values := normals(r, 6*c)
				for i, x := range []float32{float32(math.NaN()), posInf, negInf, 0.5 * scale, 1.5 * scale, -0.5 * scale, 1e38} {
					values[i*7%len(values)] = x
				}
				want := make([]uint8, len(values))
				back := make([]float32, len(values))
				for i, x := range values {
					want[i] = roundTo(x/scale, OutU8{Zero: zero, Hi: 255})
					back[i] = float32(int(want[i])-int(zero)) * scale
				}
				what := fmt.Sprintf("c=%d zero=%d scale=%v", c, zero, scale)
				everyTier[float32](t, what, func(l arch.ISA) (Op, error) { return NewQuantize(scale, zero, l) },
					[]*tensor{dense(t, F32, 1, 2, 3, c, values)}, F32, U8, 2, 3, c, want)
				everyTier[uint8](t, what, func(l arch.ISA) (Op, error) { return NewDequantize(scale, zero, l) },
					[]*tensor{dense(t, U8, 1, 2, 3, c, want)}, U8, F32, 2, 3, c, back)
			}
		}
	}
	if _, err := NewQuantize(float32(math.NaN()), 0, arch.Best()); err == nil {
		t.Error("a scale that is no number: accepted")
	}
}

// TestLookup: a number for each byte, by any table.
func TestLookup(t *testing.T) {
	r := newRand(t)
	table := (*[256]float32)(normals(r, 256))
	table[7], table[9] = float32(math.NaN()), negInf
	for _, c := range append(around(8), 1000) {
		src, want := make([]uint8, 6*c), make([]float32, 6*c)
		for i := range src {
			src[i] = uint8(r.IntN(256))
			want[i] = table[src[i]]
		}
		everyTier[uint8](t, fmt.Sprint("c=", c), func(l arch.ISA) (Op, error) { return NewLookup(table, l) },
			[]*tensor{dense(t, U8, 1, 2, 3, c, src)}, U8, F32, 2, 3, c, want)
	}
}

// Pixels too wide for one assembly call.
func TestConvertWide(t *testing.T) {
	r := newRand(t)
	const c = maxChannels + 13
	values := normals(r, 6*c)
	want, back := make([]uint8, len(values)), make([]float32, len(values))
	for i, x := range values {
		want[i] = roundTo(x/0.02, OutU8{Zero: 128, Hi: 255})
		back[i] = float32(int(want[i])-128) * 0.02
	}
	everyTier[float32](t, "wide", func(l arch.ISA) (Op, error) { return NewQuantize(0.02, 128, l) },
		[]*tensor{dense(t, F32, 1, 2, 3, c, values)}, F32, U8, 2, 3, c, want)
	everyTier[uint8](t, "wide", func(l arch.ISA) (Op, error) { return NewDequantize(0.02, 128, l) },
		[]*tensor{dense(t, U8, 1, 2, 3, c, want)}, U8, F32, 2, 3, c, back)
}

func TestLRNU8(t *testing.T) {
	r := newRand(t)
	for _, c := range append(around(16), 64, 192) {
		for _, size := range []int{1, 2, 5, 2*c + 3} {
			for _, zero := range []uint8{0, 77, 255} {
				const alpha, bias, inScale, outScale = 0.5, 1, 0.031, 0.017
				out := OutU8{Zero: zero, Lo: zero / 2, Hi: 250}
				values := integers[uint8](r, 6*c, 0, 255)
				copy(values, []uint8{0, 255, 255, 255, 255, 255, 0})
				a := float32(float64(float32(alpha)) / float64(size) * float64(float32(inScale)) * float64(float32(inScale)))
				m := float32(float64(float32(inScale)) / float64(float32(outScale)))
				want := make([]uint8, len(values))
				for i, q := range values {
					s := 0
					for j := i%c - (size-1)/2; j < i%c-(size-1)/2+size; j++ {
						if j >= 0 && j < c {
							x := int(values[i-i%c+j]) - int(zero)
							s += x * x
						}
					}
					x := float32(float32(s)*a) + bias
					root := float32(math.Sqrt(float64(x)))
					d := float32(root * float32(math.Sqrt(float64(root))))
					want[i] = roundTo(float32(float32(int(q)-int(zero))*m)/d, out)
				}
				what := fmt.Sprintf("c=%d size=%d zero=%d", c, size, zero)
				build := func(l arch.ISA) (Op, error) {
					return NewLRNU8(LRNU8{c, size, alpha, 0.75, bias, RescaleU8{inScale, zero, outScale, out}}, l)
				}
				everyTier[uint8](t, what, build, []*tensor{dense(t, U8, 1, 2, 3, c, values)}, U8, U8, 2, 3, c, want)
				for _, isa := range arch.Supported() {
					op, _ := build(isa)
					x := dense(t, U8, 1, 2, 3, c, values)
					runTask(t, op, []*tensor{x}, []*tensor{x})
					equalBits(t, what+" in place", get[uint8](x), want)
				}
			}
		}
	}
	for _, bad := range [][3]float32{{1, 0.5, 1}, {1, 0.75, 0}, {-1, 0.75, 1}, {float32(math.NaN()), 0.75, 1}} {
		if _, err := NewLRNU8(LRNU8{8, 5, bad[0], bad[1], bad[2], RescaleU8{1, 0, 1, OutU8{Hi: 255}}},
			arch.Best()); err == nil {
			t.Errorf("α, β, k = %v: accepted", bad)
		}
	}
}

func TestAvgPoolU8(t *testing.T) {
	r := newRand(t)
	for _, c := range append(around(8), 31, 32, 33, 95, 255, 256, 300) {
		for _, s := range []PoolShape{
			{N: 2, H: 7, W: 7, C: c, R: 7, S: 7, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, OutH: 1, OutW: 1},
			{N: 1, H: 5, W: 6, C: c, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1,
				DilationH: 1, DilationW: 1, OutH: 3, OutW: 3},
			{N: 1, H: 5, W: 6, C: c, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1,
				DilationH: 1, DilationW: 1, OutH: 3, OutW: 3, CountIncludePad: true},
			{N: 2, H: 6, W: 9, C: c, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1,
				DilationH: 1, DilationW: 1, OutH: 6, OutW: 9},
			{N: 1, H: 3, W: 4, C: c, R: 2, S: 5, StrideH: 2, StrideW: 1, PadTop: 3, PadLeft: 4, PadBottom: 3, PadRight: 7,
				DilationH: 1, DilationW: 1, OutH: 4, OutW: 11}, // windows that see nothing
		} {
			values := integers[uint8](r, s.N*s.H*s.W*c, 0, 255)
			const inScale, outScale = 0.02, 0.013
			const inZero = 9
			out := OutU8{Zero: 20, Lo: 5, Hi: 240}
			lo, hi, zero := out.bounds()
			var want []uint8
			for n := range s.N {
				for y := range s.OutH {
					for x := range s.OutW {
						for k := range c {
							sum, cells, all := int32(0), 0, 0
							for dy := range s.R {
								for dx := range s.S {
									iy, ix := y*s.StrideH+dy-s.PadTop, x*s.StrideW+dx-s.PadLeft
									if iy < s.H+s.PadBottom && ix < s.W+s.PadRight {
										all++
									}
									if iy >= 0 && ix >= 0 && iy < s.H && ix < s.W {
										cells++
										sum += int32(values[((n*s.H+iy)*s.W+ix)*c+k]) - inZero
									}
								}
							}
							if s.CountIncludePad {
								cells = all
							}
							m := float32(float64(float32(inScale)) / (float64(float32(outScale)) * float64(max(cells, 1))))
							want = append(want, Requantize(sum, m, lo, hi, zero))
						}
					}
				}
			}
			everyTier[uint8](t, fmt.Sprintf("%+v", s), func(l arch.ISA) (Op, error) {
				return NewAvgPoolU8(s, RescaleU8{inScale, inZero, outScale, out}, l)
			}, []*tensor{dense(t, U8, s.N, s.H, s.W, c, values)}, U8, U8, s.OutH, s.OutW, c, want)
		}
	}
}

func TestAddU8(t *testing.T) {
	r := newRand(t)
	for _, c := range append(around(8), maxChannels+9) {
		a, b := integers[uint8](r, 6*c, 0, 255), integers[uint8](r, 6*c, 0, 255)
		out := OutU8{Zero: 10, Lo: 12, Hi: 100} // both bounds are met
		want := make([]uint8, len(a))
		ma, mb := float32(float64(float32(0.02))/float64(float32(0.05))),
			float32(float64(float32(0.03))/float64(float32(0.05)))
		for i := range a {
			x, y := float32(int(a[i])-3)*ma, float32(int(b[i])-200)*mb
			want[i] = roundTo(float32(x)+float32(y), out)
		}
		build := func(l arch.ISA) (Op, error) { return NewAddU8(AddU8{0.02, 3, 0.03, 200, 0.05, out, false}, l) }
		everyTier[uint8](t, fmt.Sprint("c=", c), build,
			[]*tensor{dense(t, U8, 1, 2, 3, c, a), dense(t, U8, 1, 2, 3, c, b)}, U8, U8, 2, 3, c, want)
		for _, isa := range arch.Supported() {
			op, _ := build(isa)
			x, y := dense(t, U8, 1, 2, 3, c, a), dense(t, U8, 1, 2, 3, c, b)
			runTask(t, op, []*tensor{x, y}, []*tensor{x})
			equalBits(t, fmt.Sprintf("c=%d, in place of the first, %s", c, op.Kernel()), get[uint8](x), want)
			set(x, a)
			runTask(t, op, []*tensor{x, y}, []*tensor{y})
			equalBits(t, fmt.Sprintf("c=%d, in place of the second, %s", c, op.Kernel()), get[uint8](y), want)
		}
	}
}

// A sum in whole numbers is that of the rule written out: products by scales of 21 bits, halves up. Scales that have no
// such numbers are refused.
func TestAddFixedU8(t *testing.T) {
	r := newRand(t)
	for _, c := range append(around(16), maxChannels+9) {
		a, b := integers[uint8](r, 6*c, 0, 255), integers[uint8](r, 6*c, 0, 255)
		q := AddU8{0.5, 3, 0.125, 200, 1, OutU8{Zero: 10, Lo: 12, Hi: 100}, true} // bounds and halves are met
		if c%2 == 0 {
			q = AddU8{0.021, 128, 0.000071, 0, 0.054, OutU8{Zero: 70, Hi: 255}, true}
		}
		want := make([]uint8, len(a))
		sa, sb := float64(q.AScale/q.OutScale), float64(q.BScale/q.OutScale)
		one := math.Exp2(20 - math.Floor(math.Log2(max(sa, sb))))
		for i := range a {
			sum := math.RoundToEven(sa*one)*float64(int(a[i])-int(q.AZero)) +
				math.RoundToEven(sb*one)*float64(int(b[i])-int(q.BZero))
			want[i] = uint8(min(max(math.Floor(sum/one+0.5)+float64(q.Out.Zero), float64(q.Out.Lo)), float64(q.Out.Hi)))
		}
		build := func(l arch.ISA) (Op, error) { return NewAddU8(q, l) }
		everyTier[uint8](t, fmt.Sprint("c=", c), build,
			[]*tensor{dense(t, U8, 1, 2, 3, c, a), dense(t, U8, 1, 2, 3, c, b)}, U8, U8, 2, 3, c, want)
	}
	for _, q := range []AddU8{{AScale: 256, BScale: 1, OutScale: 1, Fixed: true},
		{AScale: 1, BScale: 1.0 / 1025, OutScale: 1, Fixed: true}} {
		if _, err := NewAddU8(q, arch.Best()); !errors.Is(err, ErrShape) || FixedSum(q.AScale, q.BScale, q.OutScale) {
			t.Errorf("scales %v and %v: %v", q.AScale, q.BScale, err)
		}
	}
}

func TestFCU8(t *testing.T) {
	r := newRand(t)
	for _, c := range slices.Concat(around(16), around(64), []int{1024, 4099, 70001}) {
		most := min(127, 4<<20/c) // so that sums fit
		for _, k := range []int{1, 3, 4, 5, 10} {
			for _, zero := range []uint8{0, 130} {
				w := integers[int8](r, k*c, -most, most)
				x := integers[uint8](r, 2*c, 0, 255)
				for i := range x {
					if i%3 == 0 {
						x[i] = 255
					}
				}
				bias, scale := integers[int32](r, k, -1000, 1000), normals(r, k)
				for i := range scale {
					scale[i] = float32(math.Abs(float64(scale[i]))) + 0.1
				}
				var want []float32
				for n := range 2 {
					for j := range k {
						acc := bias[j]
						for i := range c {
							acc += (int32(x[n*c+i]) - int32(zero)) * int32(w[j*c+i])
						}
						want = append(want, float32(acc)*scale[j])
					}
				}
				for _, isa := range arch.Supported() {
					op, err := NewFCU8(2, c, k, FCU8{guardedSlice(t, guard.End, w), bias, scale, zero}, isa)
					if err != nil {
						t.Fatal(err)
					}
					out := newTensor(t, guard.End, F32, 2, 1, 1, k, k+1)
					runTask(t, op, []*tensor{dense(t, U8, 2, 1, 1, c, x)}, []*tensor{out})
					equalBits(t, fmt.Sprintf("c=%d k=%d zero=%d, %s", c, k, zero, op.Kernel()), get[float32](out), want)
				}
			}
		}
	}
	if _, err := NewFCU8(1, 4, 2, FCU8{Weights: make([]int8, 7), Scale: []float32{1, 1}}, arch.Best()); err == nil {
		t.Error("7 weights of 8: accepted")
	}
}
