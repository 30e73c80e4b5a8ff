package kernels

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// exactArithmetic is in binary64.
func exactArithmetic(how Arithmetic, p, q float64) float64 {
	switch how {
	case Plus:
		return p + q
	case Minus:
		return p - q
	case Times:
		return p * q
	case Over:
		return p / q
	case Larger:
		return max(p, q)
	case Smaller:
		return min(p, q)
	case Power:
		return math.Pow(p, q)
	case SquaredDifference:
		return (p - q) * (p - q)
	case Remainder:
		return math.Mod(p, q)
	case FloorRemainder:
		if q == 0 || math.IsInf(p, 0) {
			return math.NaN()
		}
		if math.IsInf(q, 0) {
			if p*p > 0 && p < 0 != (q < 0) {
				return q
			}
			return p
		}
		return p - q*math.Floor(p/q)
	case FloorQuotient:
		return math.Floor(p / q)
	case Angle:
		return math.Atan2(p, q)
	case Sloped:
		if p > 0 {
			return p
		}
		return p * q
	}
	panic(how)
}

// sidesOf returns the shapes of two operands of which the bits of mask say what is 1, and of their result.
func sidesOf(full [4]int, mask int) (s [2][4]int, out [4]int) {
	out = [4]int{1, 1, 1, 1}
	for i := range s {
		for d := range full {
			s[i][d] = full[d]
			if mask>>(4*i+d)&1 != 0 {
				s[i][d] = 1
			}
			out[d] = max(out[d], s[i][d])
		}
	}
	return s, out
}

func count(s [4]int) int { return s[0] * s[1] * s[2] * s[3] }

// repeated returns the elements of an operand for each of the result.
func repeated[T any](v []T, s, out [4]int) (all []T) {
	for i := range count(out) {
		c, x, y, n := i%out[3], i/out[3]%out[2], i/out[3]/out[2]%out[1], i/out[3]/out[2]/out[1]
		all = append(all, v[((n%s[0]*s[1]+y%s[1])*s[2]+x%s[2])*s[3]+c%s[3]])
	}
	return all
}

// TestBinary compares with one loop over coordinates, for every way to repeat a side, in views with and without gaps,
// also where one side is a constant.
func TestBinary(t *testing.T) {
	full := [4]int{2, 3, 5, 11} // N, H, W, C
	forKernels(t, OpBinary, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for how := range arithmetics {
			for mask := range 256 { // which dimensions of which side are 1
				s, out := sidesOf(full, mask)
				var in [2]*tensor
				var values, all [2][]float32
				for i, side := range guard.Sides[:2] {
					values[i] = integers[float32](r, count(s[i]), -9, 9)
					in[i] = set(newTensor(t, side, F32, s[i][0], s[i][1], s[i][2], s[i][3], s[i][3]+i*(mask%3)), values[i])
					all[i] = repeated(values[i], s[i], out)
				}
				act := Clamp{negInf, posInf}
				if mask%5 == 0 {
					act = Clamp{-3, 6}
				}
				for constant := range 3 { // none, the second, the first
					b := Binary{How: how, Act: act, First: constant == 2}
					ins := []*tensor{in[0], in[1]}
					if constant > 0 {
						if mask%7 != 0 {
							continue
						}
						which := 2 - constant
						ins = []*tensor{in[1-which]}
						b.Constant = &View{Data: unsafe.Pointer(&values[which][0]), DType: F32, N: s[which][0], H: s[which][1],
							W: s[which][2], C: s[which][3], Stride: s[which][3]}
					}
					op, err := NewBinary(F32, b, k.ISA)
					if err != nil || op.Kernel() != k.Name {
						t.Fatal(op, err)
					}
					dst := newTensor(t, guard.Sides[mask%2], F32, out[0], out[1], out[2], out[3], out[3]+mask%2)
					runTask(t, op, ins, []*tensor{dst})
					for i, got := range get[float32](dst) {
						p, q := float64(all[0][i]), float64(all[1][i])
						want := min(max(exactArithmetic(how, p, q), float64(act.Lo)), float64(act.Hi))
						if d := math.Abs(float64(got) - want); !(d <= 1e-7*math.Abs(want)) && float64(got) != want &&
							(got == got || want == want) {
							t.Fatalf("%v of %v and %v: element %d of %v and %v is %v, want %v", how, s[0], s[1], i, p, q, got, want)
						}
					}
				}
			}
		}
	})
}

// TestBinaryOfAll: infinities, NaNs and zeros of either sign give the same bits on every kernel, clamped or not.
func TestBinaryOfAll(t *testing.T) {
	numbers := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 3.5, -2.25, 1e-42, 3e38, -3e38, posInf, negInf,
		float32(math.NaN())}
	var p, q []float32
	for _, x := range numbers {
		for range numbers {
			p = append(p, x)
		}
		q = append(q, numbers...)
	}
	forKernels(t, OpBinary, F32, func(t *testing.T, k *Kernel) {
		for _, how := range []Arithmetic{Plus, Minus, Times, Over, Larger, Smaller, SquaredDifference, Sloped} {
			for _, act := range []Clamp{{negInf, posInf}, {0, 6}, {numbers[1], 6}, {-1, 0}, {-1, numbers[1]}} {
				got, want := make([]float32, len(p)), make([]float32, len(p))
				binaryF32Generic(&binaryArgs{dst: addr(want), a: addr(p), b: addr(q), dstStep: 1, aStep: 1, bStep: 1, rows: 1,
					c: len(p), how: how, lo: act.Lo, hi: act.Hi})
				for i, side := range guard.Sides[:2] {
					x, y := newTensor(t, side, F32, 1, 1, 1, len(p), len(p)), newTensor(t, side, F32, 1, 1, 1, len(q), len(q))
					dst := x.like(t, side)
					op, err := NewBinary(F32, Binary{How: how, Act: act}, k.ISA)
					if err != nil {
						t.Fatal(err)
					}
					runTask(t, op, []*tensor{set(x, p), set(y, q)}, []*tensor{dst})
					copy(got, get[float32](dst))
					equalBits(t, fmt.Sprint(how, act, i), got, want)
				}
			}
		}
	})
}

// TestBinaryU8: bytes give what dequantising, float arithmetic and quantising give, to the bit.
func TestBinaryU8(t *testing.T) {
	full := [4]int{2, 3, 4, 300}
	scale, zero := []float32{0.04, 0.013}, []uint8{131, 7}
	forKernels(t, OpBinary, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for how := range arithmetics {
			for _, mask := range []int{0, 0x60, 0x70, 0x06, 0x07, 0x80, 0x0f, 0xf0, 0xff, 0x25, 0x1c, 0x88, 0x89} {
				s, out := sidesOf(full, mask)
				var in [2]*tensor
				var all [2][]uint8
				for i, side := range guard.Sides[:2] {
					v := integers[uint8](r, count(s[i]), 0, 255)
					in[i] = set(newTensor(t, side, U8, s[i][0], s[i][1], s[i][2], s[i][3], s[i][3]+i*(mask%2)), v)
					all[i] = repeated(v, s[i], out)
				}
				op, err := NewBinary(U8, Binary{How: how, Act: Clamp{-1, 2}, Scale: scale, Zero: zero, OutScale: 0.01,
					Out: OutU8{Zero: 99}}, k.ISA)
				if err != nil || op.Kernel() != k.Name {
					t.Fatal(op, err)
				}
				dst := newTensor(t, guard.Sides[mask%2], U8, out[0], out[1], out[2], out[3], out[3]+mask%3)
				runTask(t, op, []*tensor{in[0], in[1]}, []*tensor{dst})
				var v [3]float32
				for i, got := range get[uint8](dst) {
					for j := range all {
						v[j] = float32(int(all[j][i])-int(zero[j])) * scale[j]
					}
					how.Apply(v[2:], v[:1], v[1:2], false)
					want := quantized(min(max(v[2], -1), 2)/0.01, -99, 156, 99)
					if got != want {
						t.Fatalf("%v of %v and %v: element %d is %d, want %d", how, s[0], s[1], i, got, want)
					}
				}
			}
		}
	})
	for _, b := range []Binary{{How: arithmetics}, {Scale: scale, Zero: zero}, {Scale: scale[:1], Zero: zero, OutScale: 1},
		{Constant: &View{DType: U8}, Scale: scale, Zero: zero, OutScale: 1}} {
		if _, err := NewBinary(U8, b, 0); err == nil {
			t.Errorf("%+v: no error", b)
		}
	}
}

// TestArithmetic: powers, remainders and angles of numbers of all kinds are those of package math.
func TestArithmetic(t *testing.T) {
	numbers := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1e-30, 1e30, -1e30, 7.25, -7.25,
		1 + 0x1p-20, 1e-42, posInf, negInf, float32(math.NaN())}
	for i := range 60 {
		numbers = append(numbers, (float32(i)-30)*0.37)
	}
	for _, how := range []Arithmetic{Power, Remainder, FloorRemainder, Angle, SquaredDifference} {
		worst := 0.0
		for _, p := range numbers {
			for _, q := range numbers {
				var got [1]float32
				how.Apply(got[:], []float32{p}, []float32{q}, false)
				want := exactArithmetic(how, float64(p), float64(q))
				if how == FloorRemainder && math.Abs(float64(p)) > 1e6*math.Abs(float64(q)) { // not exact in binary64
					continue
				}
				w := float32(want)
				if got[0] == w && math.Signbit(float64(got[0])) == math.Signbit(want) || got[0] != got[0] && want != want {
					continue
				}
				if how == FloorRemainder && got[0] == w { // the sign of a zero
					continue
				}
				d := math.Abs(float64(got[0])-want) / (math.Abs(want) + 0x1p-126)
				if worst = max(worst, d); !(d <= 0x1p-22) {
					t.Errorf("%v of %v and %v is %v, want %v", how, p, q, got[0], want)
				}
			}
		}
		t.Logf("%v: %.2f ε", how, worst*0x1p23)
	}
}
