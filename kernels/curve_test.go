package kernels

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// exactCurves are the functions in binary64.
var exactCurves = map[Function]func(float64) float64{
	{Of: Sigmoid}:                      func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	{Of: Tanh}:                         math.Tanh,
	{Of: SiLU}:                         func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	{Of: HardSwish}:                    func(x float64) float64 { return x * (min(max(x+3, 0), 6) / 6) },
	{Of: HardSigmoid, A: 0.25, B: 0.5}: func(x float64) float64 { return min(max(x/4+0.5, 0), 1) },
	{Of: LeakyRelu, A: 0.125}:          func(x float64) float64 { return max(x, 0) + min(x, 0)/8 },
	{Of: Elu, A: 1.5}:                  func(x float64) float64 { return max(x, 0) + 1.5*math.Expm1(min(x, 0)) },
	{Of: Selu, A: 1.5, B: 1.25}:        func(x float64) float64 { return 1.25 * (max(x, 0) + 1.5*math.Expm1(min(x, 0))) },
	{Of: Celu, A: 2}:                   func(x float64) float64 { return max(x, 0) + 2*math.Expm1(min(x, 0)/2) },
	{Of: Celu, A: -2}: func(x float64) float64 {
		return max(x, 0) + min(0, -2*math.Expm1(x/-2))
	},
	{Of: Gelu}: func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) },
	{Of: GeluTanh}: func(x float64) float64 {
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	},
	{Of: Mish}: func(x float64) float64 {
		e := math.Exp(min(x, 40))
		return x * (e * (e + 2) / (e*(e+2) + 2))
	},
	{Of: Softplus}:                 func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
	{Of: Softsign}:                 func(x float64) float64 { return x / (1 + math.Abs(x)) },
	{Of: ThresholdedRelu, A: 0.75}: func(x float64) float64 { return map[bool]float64{true: x}[x > 0.75] },
	{Of: Shrink, A: 1.5, B: 0.5}: func(x float64) float64 {
		return max(x-0.5, 1) - 1 + min(x+0.5, -1) + 1 + map[bool]float64{true: math.Copysign(1, x)}[math.Abs(x) > 1.5]
	},
	{Of: Exp}: math.Exp, {Of: Log}: math.Log, {Of: Sqrt}: math.Sqrt,
	{Of: Rsqrt}:      func(x float64) float64 { return 1 / math.Sqrt(x) },
	{Of: Reciprocal}: func(x float64) float64 { return 1 / x },
	{Of: Square}:     func(x float64) float64 { return x * x },
	{Of: Abs}:        math.Abs, {Of: Neg}: func(x float64) float64 { return -x },
	{Of: Floor}: math.Floor, {Of: Ceil}: math.Ceil,
	{Of: Round}: math.RoundToEven,
	{Of: Sign}: func(x float64) float64 {
		return map[bool]float64{true: 1}[x > 0] - map[bool]float64{true: 1}[x < 0]
	},
	{Of: Erf}: math.Erf, {Of: Sin}: math.Sin, {Of: Cos}: math.Cos, {Of: Tan}: math.Tan, {Of: Asin}: math.Asin,
	{Of: Acos}: math.Acos, {Of: Atan}: math.Atan, {Of: Sinh}: math.Sinh, {Of: Cosh}: math.Cosh, {Of: Asinh}: math.Asinh,
	{Of: Acosh}: math.Acosh, {Of: Atanh}: math.Atanh,
}

// TestCurve compares with package math over the whole range of float32: what Function.Apply promises.
func TestCurve(t *testing.T) {
	var x []float32
	for e := -140; e < 128; e++ {
		for i := range 64 {
			v := math.Ldexp(1+(float64(i)+0.37*float64(e&1))/64, e)
			x = append(x, float32(v), float32(-v))
		}
	}
	for i := range 4000 { // near whole numbers and halves, and where exponentials end
		v := (float32(i) - 2000) / 16
		x = append(x, v, math.Nextafter32(v, 1000), v*(1+0x1p-20), v/1000)
	}
	for i := range 400 { // near multiples of a quarter turn
		x = append(x, float32(float64(i*i*i)*math.Pi/2))
	}
	of := map[Curve]bool{}
	forKernels(t, OpCurve, F32, func(t *testing.T, k *Kernel) {
		for f, exact := range exactCurves {
			of[f.Of] = true
			op, err := NewCurveF32(f, k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			in := set(newTensor(t, guard.Sides[0], F32, 1, 1, 1, len(x), len(x)), x)
			out := newTensor(t, guard.Sides[1], F32, 1, 1, 1, len(x), len(x))
			runTask(t, op, []*tensor{in}, []*tensor{out})
			worst, where := 0.0, float32(0)
			for i, got := range get[float32](out) {
				want := exact(float64(x[i]))
				if float64(got) == want || got != got && want != want || float32(want) == got {
					continue
				}
				size := math.Abs(want)
				if f.Of == Gelu || f.Of == GeluTanh {
					size = math.Abs(float64(x[i]))
				}
				if d := max(math.Abs(float64(got)-want)-0x1p-119, 0) / size; !(d <= worst) {
					worst, where = d, x[i]
				}
			}
			t.Logf("%v: %.2f ε at %v", f, worst*0x1p23, where)
			if !(worst <= 2*0x1p-23) {
				t.Errorf("%v(%v) is off by %v ε: %v, want %v", f, where, worst*0x1p23, f.At(where), exact(float64(where)))
			}
		}
	})
	for c := range curves {
		if !of[c] {
			t.Errorf("%v is not tested", c)
		}
	}
}

// TestCurveBits: every kernel gives the bits of Function.Apply, in rows of all lengths and at strides; of a NaN, a NaN.
func TestCurveBits(t *testing.T) {
	forKernels(t, OpCurve, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for of := range curves {
			f := Function{Of: of}
			for _, p := range []*float32{&f.A, &f.B}[:of.Params()] {
				*p = []float32{0.7, -0.3, 1, 0.1}[r.IntN(4)]
			}
			op, err := NewCurveF32(f, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range append(slices.Concat(around(16), around(24)), 1009) {
				const pixels = 3
				x := awkward(r, pixels*c)
				for i := range x {
					switch r.IntN(4) {
					case 0:
						x[i] = math.Float32frombits(r.Uint32())
					case 1:
						x[i] *= 20
					}
				}
				want := slices.Clone(x)
				f.Apply(want, want)
				for _, stride := range []int{c, c + 3} {
					in := set(newTensor(t, guard.Sides[0], F32, 1, 1, pixels, c, stride), x)
					out := newTensor(t, guard.Sides[1], F32, 1, 1, pixels, c, stride)
					runTask(t, op, []*tensor{in}, []*tensor{out})
					for i, got := range get[float32](out) {
						if w := want[i]; math.Float32bits(got) != math.Float32bits(w) && (got == got || w == w) {
							t.Fatalf("%v of %v is %v, want %v", f, x[i], got, w)
						}
					}
				}
			}
		}
	})
}

// TestCurveLimits: a NaN stays a NaN, and infinities give the limits.
func TestCurveLimits(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for f, want := range map[Function][2]float64{{Of: Sigmoid}: {0, 1}, {Of: Tanh}: {-1, 1}, {Of: SiLU}: {0, inf},
		{Of: HardSwish}: {0, inf}, {Of: HardSigmoid, A: 0.2, B: 0.5}: {0, 1}, {Of: LeakyRelu, A: 0.1}: {-inf, inf},
		{Of: Elu, A: 2}: {-2, inf}, {Of: Selu, A: 2, B: 3}: {-6, inf}, {Of: Celu, A: 2}: {-2, inf}, {Of: Gelu}: {0, inf},
		{Of: GeluTanh}: {0, inf}, {Of: Mish}: {0, inf}, {Of: Softplus}: {0, inf}, {Of: Softsign}: {-1, 1},
		{Of: ThresholdedRelu, A: 1}: {0, inf}, {Of: Shrink, A: 1, B: 1}: {-inf, inf}, {Of: Exp}: {0, inf},
		{Of: Log}: {nan, inf}, {Of: Sqrt}: {nan, inf}, {Of: Rsqrt}: {nan, 0}, {Of: Reciprocal}: {0, 0},
		{Of: Square}: {inf, inf}, {Of: Abs}: {inf, inf}, {Of: Neg}: {inf, -inf}, {Of: Floor}: {-inf, inf},
		{Of: Ceil}: {-inf, inf}, {Of: Round}: {-inf, inf}, {Of: Sign}: {-1, 1}, {Of: Erf}: {-1, 1}, {Of: Sin}: {nan, nan},
		{Of: Cos}: {nan, nan}, {Of: Tan}: {nan, nan}, {Of: Asin}: {nan, nan}, {Of: Acos}: {nan, nan},
		{Of: Atan}: {-math.Pi / 2, math.Pi / 2}, {Of: Sinh}: {-inf, inf}, {Of: Cosh}: {inf, inf},
		{Of: Asinh}: {-inf, inf}, {Of: Acosh}: {nan, inf}, {Of: Atanh}: {nan, nan}} {
		for i, x := range []float32{negInf, posInf} {
			if got := f.At(x); got != float32(want[i]) && (got == got || want[i] == want[i]) {
				t.Errorf("%v(%v) is %v, want %v", f, x, got, want[i])
			}
		}
		if got := f.At(float32(nan)); got == got {
			t.Errorf("%v of a NaN is %v", f, got)
		}
	}
	for f, want := range map[Function]float32{{Of: Log}: negInf, {Of: Rsqrt}: posInf, {Of: Exp}: 1,
		{Of: Acosh}: float32(nan), {Of: Round}: 0} {
		if got := f.At(0); got != want && (got == got || want == want) {
			t.Errorf("%v(0) is %v, want %v", f, got, want)
		}
	}
	for x, want := range map[float32]float32{0.5: 0, 1.5: 2, 2.5: 2, -0.5: 0, -1.5: -2} {
		if got := (Function{Of: Round}).At(x); got != want {
			t.Errorf("%v rounds to %v, want %v", x, got, want)
		}
	}
	for _, f := range []Function{{Of: curves}, {Of: Celu}, {Of: Elu, A: posInf}, {Of: Selu, B: float32(nan)}} {
		if _, err := NewCurveF32(f, 0); err == nil {
			t.Errorf("%v: no error", f)
		}
	}
}

// TestFunctionBits: functions and arithmetic give the same bits on every architecture, whose compilers fuse what they
// may; of a NaN only that it is one.
func TestFunctionBits(t *testing.T) {
	var x []float32
	for i := range 1 << 12 { // of all sizes and signs
		x = append(x, math.Float32frombits(uint32(i)<<20^uint32(i)*0x9e3779b1>>12))
	}
	for i := range 1 << 12 { // of the sizes of activations
		x = append(x, (float32(i)-2000)/257)
	}
	sum := crc32.NewIEEE()
	write := func(v []float32) {
		for _, f := range v {
			if f != f {
				f = -123
			}
			sum.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
		}
	}
	y := make([]float32, len(x))
	for of := range curves {
		f := Function{Of: of}
		for _, p := range []*float32{&f.A, &f.B}[:of.Params()] {
			*p = 0.7
		}
		f.Apply(y, x)
		write(y)
	}
	for how := range arithmetics {
		arithmetic(how, y, x, slices.Concat(x[1000:], x[:1000]))
		write(y)
	}
	if got := sum.Sum32(); got != 0x33466458 {
		t.Errorf("checksum %#x, want 0x33466458", got)
	}
}
