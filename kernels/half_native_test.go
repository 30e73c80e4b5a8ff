package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// The estimate of a reciprocal square root has eight bits, of all exponents, and a step of Newton's method doubles
// them.
func TestReciprocalRoot(t *testing.T) {
	check := func(x float32) {
		want := 1 / math.Sqrt(float64(x))
		if e := float64(rootEstimate(x))/want - 1; math.Abs(e) > 0x1p-8 {
			t.Fatalf("estimate of 1/√%g is off by %g", x, e)
		}
		if e := float64(reciprocalRoot(x))/want - 1; math.Abs(e) > 3*0x1p-17+0x1p-22 {
			t.Fatalf("1/√%g is off by %g", x, e)
		}
	}
	r := newRand(t)
	for x := float32(0x1p-64); x < 0x1p64; x *= 2 {
		for n := range 256 {
			i := float32(n)
			check(x * (1 + i/256))
			check(math.Nextafter32(x*(1+i/256), 0))
			check(x * (1 + r.Float32()))
		}
	}
	for _, c := range []struct{ x, estimate, root float32 }{
		{0, posInf, posInf}, {posInf, 0, 0},
		{1, 0x1.ffp-1, 0x1.ffp-1 * (3 - 0x1.ffp-1*0x1.ffp-1) / 2}, // the first and the last of the table
		{0x1.fep1, 0x1p-1, 0x1p-1 * (3 - 0x1.fep1/4) / 2},
	} {
		if e, r := rootEstimate(c.x), reciprocalRoot(c.x); e != c.estimate || math.Abs(float64(r-c.root)) > 1e-7 {
			t.Errorf("1/√%g is estimated as %g, then %g, want %g, %g", c.x, e, r, c.estimate, c.root)
		}
	}
	if nan := float32(math.NaN()); reciprocalRoot(nan) == reciprocalRoot(nan) {
		t.Error("1/√NaN is a number")
	}
}

// lrnOf is LRN of float16 by a kernel; nil if it cannot do with such parameters.
func lrnOf(t *testing.T, k *Kernel, c, size int, alpha, bias float32) Op {
	t.Helper()
	op, err := NewLRNF32(c, size, alpha, 0.75, bias, k.ISA)
	if err != nil {
		t.Fatal(err)
	}
	o := *op.(*lrn)
	if !o.halfRoots() {
		return nil
	}
	o.kernel, o.fn, o.dtype = k, k.fn.(func(*lrnArgs)), F16
	return &o
}

// portableOf is the portable kernel.
func portableOf[F any](op OpKind, dt DType) *Kernel {
	k, _ := Select[F](op, dt, arch.Generic)
	return k
}

// LRN of float16 is within a 2⁻¹⁴th of the formula before it is rounded; all kernels give the same bits, in place too.
func TestLRNHalf(t *testing.T) {
	generic := portableOf[func(*lrnArgs)](OpLRN, F16)
	forKernels(t, OpLRN, F16, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for _, c := range append(append(around(8), around(16)...), 64, 192) {
			for i, size := range []int{1, 2, 3, 4, 5, 7, 16, 2*c + 3} {
				alpha, bias := []float32{0.9, 1e-4, 0, 1e3}[i%4], []float32{1.5, 1, 0x1p-20}[i%3]
				numbers := normals(r, 2*3*5*c)
				for j := range numbers { // no result is infinite
					numbers[j] *= min(1, 0x1p16*bias)
				}
				values := narrowed(numbers)
				ref := refLRN(c, size, alpha, 0.75, bias, widened(values))
				op, portable := lrnOf(t, k, c, size, alpha, bias), lrnOf(t, generic, c, size, alpha, bias)
				what := fmt.Sprintf("%s c=%d size=%d", k.Name, c, size)
				for i, side := range guard.Sides {
					in := set(newTensor(t, side, F16, 2, 3, 5, c, c+3*i), values)
					out := newTensor(t, side, F16, 2, 3, 5, c, c+5*(1-i))
					runTask(t, op, []*tensor{in}, []*tensor{out})
					got := get[Half](out)
					halfWithin(t, what, got, ref, func(i int) float64 { return 0x1p-14 * math.Abs(float64(ref[i])) })
					runTask(t, portable, []*tensor{in}, []*tensor{out})
					equalHalves(t, what+" and portable", got, get[Half](out))
					runTask(t, op, []*tensor{in}, []*tensor{in})
					equalHalves(t, what+" in place", get[Half](in), got)
				}
			}
		}
	})
}

// What is no number, infinite or large reaches the windows that see it, as by division; parameters by which roots would
// overflow have no kernel.
func TestLRNHalfSpecialValues(t *testing.T) {
	forKernels(t, OpLRN, F16, func(t *testing.T, k *Kernel) {
		for _, size := range []int{5, 3} {
			for _, x := range []float32{float32(math.NaN()), posInf, negInf, 65504} {
				values := narrowed(normals(newRand(t), 3*40))
				values[40+17] = ToHalf(x)
				in := set(newTensor(t, guard.End, F16, 1, 3, 1, 40, 40), values)
				runTask(t, lrnOf(t, k, 40, size, 1, 1), []*tensor{in}, []*tensor{in})
				want := narrowed(refLRN(40, size, 1, 0.75, 1, widened(values)))
				for i, h := range get[Half](in) {
					v, w := h.Float(), want[i].Float()
					if (v != v) != (w != w) || math.Abs(float64(v-w)) > 0x1p-10*math.Abs(float64(w))+0x1p-24 {
						t.Fatalf("%s: %v at 17: channel %d of pixel %d is %v, want %v", k.Name, x, i%40, i/40, v, w)
					}
				}
			}
		}
		for _, bad := range [][2]float32{{-1, 1}, {1, 0}, {1, 0x1p-21}, {1e30, 1}, {1, posInf}, {float32(math.NaN()), 1}} {
			if lrnOf(t, k, 8, 5, bad[0], bad[1]) != nil {
				t.Errorf("α %v, bias %v are taken", bad[0], bad[1])
			}
		}
	})
}

// A window of a mean that takes several calls is not for the kernels of float16, which round what they store.
func TestMeanOfLargeWindowInHalf(t *testing.T) {
	for _, side := range []int{8, 9} {
		op, err := NewPoolF32(PoolShape{N: 1, H: side, W: side, C: 9, R: side, S: side, StrideH: 1, StrideW: 1, DilationH: 1,
			DilationW: 1, OutH: 1, OutW: 1}, false, arch.Best())
		if err != nil {
			t.Fatal(err)
		}
		in := Extent{side, side, 9}
		s := HalfShape{N: 2, Rows: RowWindow{Taps: side, Stride: 1, Dilation: 1, H: side}, In: []Extent{in},
			Out: Extent{1, 1, 9}}
		if of := op.(*pool).onHalves(2, arch.Best()); of != nil && side*side > poolTaps {
			t.Errorf("%d taps by %s", side*side, of.Kernel())
		}
		halfOp(t, op, s, narrowed(normals(newRand(t), 2*in.elements())))
	}
}

// Bounds and sums of float16 have the bits of float32's, rounded: of all pairs of some numbers, subnormal and infinite
// ones too, and by blocks and what is left of them.
func TestEltwiseHalf(t *testing.T) {
	for _, kind := range []OpKind{OpClamp, OpAdd} {
		forKernels(t, kind, F16, func(t *testing.T, k *Kernel) {
			r := rand.New(rand.NewPCG(3, 4))
			fn := k.fn.(func(*eltwiseArgs))
			for i, c := range append(around(8), 1, 100, 1024) {
				const rows, gap = 7, 5
				act := []Clamp{{negInf, posInf}, {0, 6}, {-1.0009, 3.3}}[i%3]
				for _, side := range guard.Sides {
					tensors := [2][]Half{}
					for j := range tensors {
						tensors[j] = guardedSlice(t, side, make([]Half, rows*(c+gap)-gap))
						for n := range tensors[j] {
							tensors[j][n] = Half(r.Uint32())
							if n%3 == 0 { // of similar size
								tensors[j][n] = ToHalf(float32(r.NormFloat64()))
							}
						}
					}
					dst := guardedSlice(t, side, fillHalves(rows*c, 0x4248))
					e := eltwiseArgs{dst: addr(dst), a: addr(tensors[0]), b: addr(tensors[1]), dstStride: 2 * c,
						aStride: 2 * (c + gap), bStride: 2 * (c + gap), rows: rows, c: c, lo: act.Lo, hi: act.Hi}
					fn(&e)
					want := make([]Half, rows*c)
					for n := range want {
						at := n/c*(c+gap) + n%c
						x := float64(tensors[0][at].Float())
						if kind == OpAdd {
							x += float64(tensors[1][at].Float())
						}
						want[n] = ToHalf(min(max(float32(roundHalf(x)), ToHalf(act.Lo).Float()), ToHalf(act.Hi).Float()))
					}
					equalHalves(t, fmt.Sprint(k.Name, c), dst, want)
				}
			}
		})
	}
}

// Windows that slide give exact sums exactly; of any numbers all kernels give the portable one's bits, of small ones,
// whose products are subnormal, and of large ones, whose sums are infinite, too.
func TestDepthRowHalf(t *testing.T) {
	slid := map[string]int{}
	forKernels(t, OpDepthRow, F16, func(t *testing.T, k *Kernel) {
		rnd := rand.New(rand.NewPCG(47, 48))
		for i, c := range slidingCases() {
			if !k.slides(&c.ConvShape) || k.Portable() && testing.Short() && i%4 > 0 {
				continue
			}
			slid[k.Name]++
			in, w, bias := integers[float32](rnd, c.N*c.H*c.W*c.C, -8, 8), integers[float32](rnd, c.C*c.R*c.S, -8, 8),
				integers[float32](rnd, c.C, -99, 99)
			act, want := Clamp{-300, 200}, make([]float32, c.N*c.OutH()*c.OutW()*c.C)
			RefConvF32(&c.ConvShape, in, w, bias, act, want)
			layer := ConvHalf{narrowed(w), bias, act}
			got := runConv(t, c, F16, newDepthRowHalf(nil, c.ConvShape, layer, k.ISA), narrowed(in), 3, 5, Half(0x4248))
			equalBits(t, fmt.Sprintf("%v %s", c, k.Name), got, narrowed(want))
			if k.Portable() {
				continue
			}
			for j := range in {
				in[j] = float32(rnd.NormFloat64()) * []float32{1, 0x1p-15, 3e4}[i%3]
			}
			for j := range w {
				w[j] = float32(rnd.NormFloat64())
			}
			layer = ConvHalf{narrowed(w), bias, Clamp{negInf, []float32{6.003, posInf}[i%2]}}
			got = runConv(t, c, F16, newDepthRowHalf(nil, c.ConvShape, layer, k.ISA), narrowed(in), 0, 0, Half(0x4248))
			equalHalves(t, fmt.Sprintf("%v %s", c, k.Name), got,
				runConv(t, c, F16, newDepthRowHalf(nil, c.ConvShape, layer, arch.Generic), narrowed(in), 0, 0, Half(0x4248)))
		}
	})
	allSlid(t, OpDepthRow, F16, 20, slid)
}

// All kernels of fully connected layers give the portable one's bits: of whole blocks, and of what is left of them, and
// of sixteens; sums that are exact, exactly.
func TestFCHalfKernels(t *testing.T) {
	forKernels(t, OpFC, F16, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		fn := k.fn.(func(*fcArgs))
		for i, c := range append(around(16), 240, 256, 272, 512, 1000, 1024+16, 1280) {
			for _, side := range guard.Sides {
				x, exact := normals(r, c), i%2 == 0
				if exact {
					x = integers[float32](r, c, -1, 1)
				}
				a := fcArgs{x: addr(guardedSlice(t, side, narrowed(x))), c: c}
				want := a
				var sums [fcMaxRows]float32
				for row := range a.w {
					w := normals(r, c)
					if exact {
						w = integers[float32](r, c, -3, 3)
					}
					a.w[row] = addr(guardedSlice(t, side, narrowed(w)))
					a.sum[row] = float32(row) - 2
					sums[row] = a.sum[row]
					for j := range w {
						sums[row] += w[j] * x[j]
					}
				}
				want.w, want.sum = a.w, a.sum
				fn(&a)
				fcHalfGeneric(&want)
				if a.sum != want.sum || exact && a.sum != sums {
					t.Fatalf("%s c=%d: %v, want %v, %v", k.Name, c, a.sum, want.sum, sums)
				}
			}
		}
	})
}
