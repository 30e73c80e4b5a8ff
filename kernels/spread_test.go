package kernels

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// special are numbers at which whole arithmetic and conversions go wrong.
var special = []int32{0, 1, -1, 2, -2, 3, 7, -7, 255, 256, -129, math.MaxInt32, math.MinInt32,
	math.MinInt32 + 1, 1 << 24}

// raw makes n elements of a type, as bits.
func raw(r *rand.Rand, dt DType, n int) []uint32 {
	v := make([]uint32, n)
	for i := range v {
		x := special[r.IntN(len(special))]
		switch dt {
		case U8:
			v[i] = uint32(uint8(x))
		case S32:
			v[i] = uint32(x)
		default:
			v[i] = math.Float32bits(float32(x) / 2)
			if r.IntN(16) == 0 {
				v[i] = math.Float32bits([]float32{float32(math.NaN()), negInf, posInf, float32(math.Copysign(0, -1))}[r.IntN(4)])
			}
		}
	}
	return v
}

func setRaw(x *tensor, bits []uint32) *tensor {
	if x.DType.Size() == 4 {
		return set(x, bits)
	}
	small := make([]uint8, len(bits))
	for i, v := range bits {
		small[i] = uint8(v)
	}
	return set(x, small)
}

func getRaw(x *tensor) []uint32 {
	if x.DType.Size() == 4 {
		return get[uint32](x)
	}
	var bits []uint32
	for _, v := range get[uint8](x) {
		bits = append(bits, uint32(v))
	}
	return bits
}

// testSpread compares an operation of spreadArgs with one loop over coordinates, for inputs that are repeated along
// any dimensions, with gaps and without.
func testSpread(t *testing.T, op Op, out DType, want func(v []uint32) uint32, types ...DType) {
	t.Helper()
	r := newRand(t)
	fulls := [][4]int{{2, 3, 5, 11}, {1, 4, 3, 1}, {2, 1, 1, 1}, {3, 2, 2, 4}}
	for trial := range 120 {
		full := fulls[trial%len(fulls)]
		if trial == 0 {
			full = [4]int{1, 2, 1, 2*unitElements + 3} // a row is cut
		} else if trial == 1 {
			full = [4]int{1, 300, 70, 1} // one long row
		}
		d := [4]int{1, 1, 1, 1}
		shapes := make([][4]int, len(types))
		for k := range types {
			for j := range full {
				if shapes[k][j] = full[j]; trial > 1 && r.IntN(3) == 0 || trial == 1 && k > 0 {
					shapes[k][j] = 1
				}
				d[j] = max(d[j], shapes[k][j])
			}
		}
		var in []*tensor
		bits := make([][]uint32, len(types))
		for k, dt := range types {
			s := shapes[k]
			gap := r.IntN(3) / 2
			bits[k] = raw(r, dt, s[0]*s[1]*s[2]*s[3])
			in = append(in, setRaw(newTensor(t, guard.Sides[(trial+k)%2], dt, s[0], s[1], s[2], s[3], s[3]+gap), bits[k]))
		}
		dst := newTensor(t, guard.Sides[trial%2], out, d[0], d[1], d[2], d[3], d[3]+r.IntN(3)/2)
		runTask(t, op, in, []*tensor{dst})
		got, v := getRaw(dst), make([]uint32, len(types))
		for i := range got {
			c, x, y, n := i%d[3], i/d[3]%d[2], i/d[3]/d[2]%d[1], i/d[3]/d[2]/d[1]
			for k, s := range shapes {
				v[k] = bits[k][((n%s[0]*s[1]+y%s[1])*s[2]+x%s[2])*s[3]+c%s[3]]
			}
			if w := want(v); got[i] != w {
				t.Fatalf("%s of %v, element %d of %x: %x, want %x", op.Kernel(), shapes, i, v, got[i], w)
			}
		}
	}
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func TestCompare(t *testing.T) {
	for how := range comparisons {
		relation := func(less, equal bool) bool {
			return [...]bool{equal, !equal, less, less || equal, false, false}[how]
		}
		forKernels(t, OpCompare, F32, func(t *testing.T, k *Kernel) {
			op, err := NewCompare(F32, how, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			testSpread(t, op, S32, func(v []uint32) uint32 {
				p, q := math.Float32frombits(v[0]), math.Float32frombits(v[1])
				if how == Greater || how == GreaterOrEqual {
					return bit(p > q || how == GreaterOrEqual && p == q)
				}
				return bit(relation(p < q, p == q))
			}, F32, F32)
		})
		forKernels(t, OpCompare, S32, func(t *testing.T, k *Kernel) {
			op, err := NewCompare(S32, how, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			testSpread(t, op, S32, func(v []uint32) uint32 {
				p, q := int32(v[0]), int32(v[1])
				if how == Greater || how == GreaterOrEqual {
					return bit(p > q || how == GreaterOrEqual && p == q)
				}
				return bit(relation(p < q, p == q))
			}, S32, S32)
		})
	}
	if _, err := NewCompare(F32, comparisons, 0); err == nil {
		t.Error("no relation")
	}
	if _, err := NewCompare(U8, Equal, 0); err == nil {
		t.Error("levels are compared")
	}
}

// floorDiv is the quotient downward, in int64.
func floorDiv(p, q int64) int64 {
	if p%q != 0 && (p < 0) != (q < 0) {
		return p/q - 1
	}
	return p / q
}

func TestWhole(t *testing.T) {
	for how := range wholes {
		forKernels(t, OpWhole, S32, func(t *testing.T, k *Kernel) {
			op, err := NewWhole(how, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			testSpread(t, op, S32, func(v []uint32) uint32 {
				p, q := int64(int32(v[0])), int64(int32(v[1]))
				over := q != 0
				if !over {
					q = 1
				}
				div := map[Whole]int64{WholeOver: p / q, WholeRemainder: p % q, WholeFloorQuotient: floorDiv(p, q),
					WholeFloorRemainder: p - q*floorDiv(p, q)}
				if w, ok := div[how]; ok {
					if !over {
						return 0
					}
					return uint32(w)
				}
				q = int64(int32(v[1]))
				if how == WholePower {
					switch {
					case q >= 0:
						return uint32(new(big.Int).Exp(big.NewInt(p), big.NewInt(q), big.NewInt(1<<32)).Uint64())
					case p == 1 || p == -1 && q%2 == 0:
						return 1
					case p == -1:
						return math.MaxUint32
					}
					return 0
				}
				return uint32(map[Whole]int64{WholePlus: p + q, WholeMinus: p - q, WholeTimes: p * q, WholeLarger: max(p, q),
					WholeSmaller: min(p, q), WholeAnd: int64(bit(p != 0 && q != 0)), WholeOr: int64(bit(p != 0 || q != 0)),
					WholeXor: int64(bit((p != 0) != (q != 0))), WholeBitAnd: p & q, WholeBitOr: p | q, WholeBitXor: p ^ q}[how])
			}, S32, S32)
		})
	}
	if _, err := NewWhole(wholes, 0); err == nil {
		t.Error("no operation")
	}
}

func TestWhere(t *testing.T) {
	for _, dt := range []DType{F32, S32, U8} {
		forKernels(t, OpWhere, bySize(dt), func(t *testing.T, k *Kernel) {
			op, err := NewWhere(dt, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			testSpread(t, op, dt, func(v []uint32) uint32 {
				if v[0] != 0 {
					return v[1]
				}
				return v[2]
			}, S32, dt, dt)
		})
	}
}

// TestCast has the numbers at which architectures differ: beyond the type, infinite, none.
func TestCast(t *testing.T) {
	nan, big := float32(math.NaN()), float32(math.MaxFloat32)
	floats := []float32{0, 0.5, 0.99999994, -0.99999994, 1, 1.5, -1.5, 2.5, -2.5, 127.9, 128, 255.9, 256, -0.25, 1 << 24,
		2147483520, 2147483648, -2147483648, -2147483904, big, -big, posInf, negInf, nan}
	whole := func(lo, hi float64) func(x float32) int32 {
		return func(x float32) int32 {
			if x != x {
				return 0
			}
			return int32(max(lo, min(hi, math.Trunc(float64(x)))))
		}
	}
	for _, c := range []struct {
		lo, hi int32
		float  func(float32) int32
		whole  func(int32) int32
	}{
		{math.MinInt32, math.MaxInt32, whole(math.MinInt32, math.MaxInt32), func(x int32) int32 { return x }},
		{0, 255, whole(0, 255), func(x int32) int32 { return int32(uint8(x)) }},
		{-128, 127, whole(-128, 127), func(x int32) int32 { return int32(int8(x)) }},
		{math.MinInt16, math.MaxInt16, whole(math.MinInt16, math.MaxInt16), func(x int32) int32 { return int32(int16(x)) }},
		{0, 1, func(x float32) int32 { return int32(bit(x != 0)) }, func(x int32) int32 { return int32(bit(x != 0)) }},
	} {
		kinds := [2]OpKind{OpCast, OpWrap}
		if c.hi == 1 {
			kinds = [2]OpKind{OpTruth, OpTruth}
		}
		forKernels(t, kinds[0], F32, func(t *testing.T, k *Kernel) {
			op, err := NewCast(F32, c.lo, c.hi, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			var want []int32
			for _, x := range floats {
				want = append(want, c.float(x))
			}
			testConvert(t, fmt.Sprint(c.lo, c.hi), op, F32, S32, floats, want)
		})
		forKernels(t, kinds[1], S32, func(t *testing.T, k *Kernel) {
			op, err := NewCast(S32, c.lo, c.hi, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			var want []int32
			for _, x := range special {
				want = append(want, c.whole(x))
			}
			testConvert(t, fmt.Sprint(c.lo, c.hi), op, S32, S32, special, want)
		})
	}
	forKernels(t, OpCast, S32, func(t *testing.T, k *Kernel) {
		op, err := NewFloat(k.ISA)
		if err != nil {
			t.Fatal(err)
		}
		in := append([]int32{16777217, 16777219, -16777217, 2147483583, 2147483584}, special...)
		want := []float32{16777216, 16777220, -16777216, 2147483520, 2147483648}
		for _, x := range special {
			want = append(want, float32(float64(x)))
		}
		testConvert(t, "float", op, S32, F32, in, want)
	})
	for _, bad := range [][2]int32{{1, 0}, {0, 2}, {0, 99}} {
		if _, err := NewCast(S32, bad[0], bad[1], 0); err == nil {
			t.Errorf("whole numbers from %d to %d", bad[0], bad[1])
		}
	}
	if _, err := NewCast(U8, 0, 1, 0); err == nil {
		t.Error("levels are cast")
	}
}

func testConvert[S, D float32 | int32](t *testing.T, what string, op Op, from, to DType, in []S, want []D) {
	t.Helper()
	for i, side := range guard.Sides {
		src := set(newTensor(t, side, from, 1, 1, 1, len(in), len(in)), in)
		dst := newTensor(t, side, to, 1, 1, 1, len(in), len(in))
		runTask(t, op, []*tensor{src}, []*tensor{dst})
		equalBits(t, what, get[D](dst), want)
		gaps := set(newTensor(t, side, from, 1, len(in), 1, 1, 1+i), in)
		apart := newTensor(t, side, to, 1, len(in), 1, 1, 2)
		runTask(t, op, []*tensor{gaps}, []*tensor{apart})
		equalBits(t, what, get[D](apart), want)
	}
}
