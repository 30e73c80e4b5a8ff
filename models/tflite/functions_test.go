package tflite

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

// functions are operations of one value, as TensorFlow Lite defines them.
var functions = map[int]struct {
	opts []opt
	of   func(x float64) float64
}{
	8:   {nil, math.Floor},
	14:  {nil, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
	28:  {nil, math.Tanh},
	47:  {nil, math.Exp},
	59:  {nil, func(x float64) float64 { return -x }},
	66:  {nil, math.Sin},
	73:  {nil, func(x float64) float64 { return math.Log(x) }},
	75:  {nil, math.Sqrt},
	76:  {nil, func(x float64) float64 { return 1 / math.Sqrt(x) }},
	92:  {nil, func(x float64) float64 { return x * x }},
	98:  {[]opt{{0, float32(0.25)}}, func(x float64) float64 { return pick(x > 0, x, x/4) }},
	101: {nil, math.Abs},
	104: {nil, math.Ceil},
	108: {nil, math.Cos},
	111: {nil, func(x float64) float64 { return pick(x > 0, x, math.Expm1(x)) }},
	116: {nil, math.RoundToEven},
	117: {nil, func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }},
	150: {[]opt{{0, int8(0)}}, func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }},
	152: {nil, func(x float64) float64 { return min(max(x, 0), 1) }},
	158: {nil, func(x float64) float64 { return pick(x > 0, 1, 0) - pick(x < 0, 1, 0) }},
}

// arithmetics are operations of two.
var arithmetics = map[int]func(p, q float64) float64{
	opAdd:   func(p, q float64) float64 { return p + q },
	opMul:   func(p, q float64) float64 { return p * q },
	opSub:   func(p, q float64) float64 { return p - q },
	42:      func(p, q float64) float64 { return p / q },
	opPReLU: func(p, q float64) float64 { return pick(p > 0, p, p*q) },
	55:      func(p, q float64) float64 { return max(p, q) },
	57:      func(p, q float64) float64 { return min(p, q) },
	78:      math.Pow,
	90:      func(p, q float64) float64 { return math.Floor(float64(float32(p) / float32(q))) },
	95: func(p, q float64) float64 {
		r := math.Mod(p, q)
		return pick(r != 0 && (r < 0) != (q < 0), r+q, r)
	},
	99:  func(p, q float64) float64 { return (p - q) * (p - q) },
	156: math.Atan2,
}

// numbersOf are n that bytes of a scale of 1/32 stand for, positive ones of some functions.
func numbersOf(n int, positive bool) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i*37%256-120) / 32
		if positive {
			v[i] = float32(i*37%255+1) / 32
		}
	}
	return v
}

// outScale is one that the results fit.
func outScale(v []float64) runtime.Quant {
	lo, hi := min(slices.Min(v), 0), max(slices.Max(v), 0.1)
	s := float32((hi - lo) / 255)
	return runtime.Quant{Scale: s, Zero: uint8(math.Round(-lo / float64(s)))}
}

// typed makes a tensor of numbers: float, int8 or uint8.
func typed(f *file, name string, dt dtype, q runtime.Quant, dims ...int) int {
	t := tensorSpec{name: name, shape: dims, dtype: dt}
	if dt != typeFloat32 {
		t.scale, t.zero = []float32{q.Scale}, []int64{int64(q.Zero)}
		if dt == typeInt8 {
			t.zero[0] -= 128
		}
	}
	return f.tensor(t)
}

// levelsOf are the bytes of numbers.
func levelsOf(v []float32, dt dtype, q runtime.Quant) (b []byte) {
	if dt == typeFloat32 {
		return floatBytes(v)
	}
	for _, x := range v {
		l := q.Level(x)
		if dt == typeInt8 {
			l -= 128
		}
		b = append(b, l)
	}
	return b
}

// computes runs a model and compares: float results to a few bits, bytes to half a level, slopes to three
// quarters (TestLevelsRound has their levels).
func computes(t *testing.T, name string, f *file, want []float64, dt dtype, to runtime.Quant, in ...[]float32) {
	t.Helper()
	g, err := Load(f.bytes())
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	out, err := interp.Compiled(g, in...)
	if err != nil {
		t.Fatal(name, err)
	}
	for i, w := range want {
		allowed := 1e-6*math.Abs(w) + 1e-6
		if dt != typeFloat32 {
			allowed = 0.5001 * float64(to.Scale)
			if f.ops[0].code == opPReLU { // rounded twice, a half and then half of a half
				allowed = 0.7501 * float64(to.Scale)
			}
		}
		got := float64(out[0][i])
		if q := g.Outputs[0].Quant; q.Scale > 0 {
			got = (got - float64(q.Zero)) * float64(q.Scale)
		}
		if !(math.Abs(got-w) <= allowed) {
			t.Errorf("%s: element %d is %v, want %v ± %v", name, i, got, w, allowed)
			return
		}
	}
	if dt == typeFloat32 {
		return
	}
	plan, err := runtime.Compile(g) // nothing is left in float
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Report().Steps {
		if s.Op == "Quantize" || s.Op == "Dequantize" {
			t.Errorf("%s: %s %s", name, s.Op, s.Name)
		}
	}
}

var inQuant = runtime.Quant{Scale: 1. / 32, Zero: 120}

// TestFunctions: each operation of one value, in float, int8 and uint8.
func TestFunctions(t *testing.T) {
	for code, fn := range functions {
		for _, dt := range []dtype{typeFloat32, typeInt8, typeUint8} {
			positive := code == 73 || code == 75 || code == 76
			x, q := numbersOf(60, positive), inQuant
			if positive {
				q.Zero = 0
			}
			var want []float64
			for _, v := range x {
				want = append(want, fn.of(float64(v)))
			}
			to := outScale(want)
			var f file
			f.inputs = []int{typed(&f, "x", dt, q, 1, 3, 4, 5)}
			f.outputs = []int{f.op(code, options(fn.opts...), typed(&f, "y", dt, to, 1, 3, 4, 5), f.inputs[0])}
			computes(t, names[code]+" "+dt.String(), &f, want, dt, to, x)
		}
	}
}

// TestArithmetics: each operation of two, of two values and of one beside a constant on either side, broadcast.
func TestArithmetics(t *testing.T) {
	for code, fn := range arithmetics {
		for _, dt := range []dtype{typeFloat32, typeInt8, typeUint8} {
			for _, dims := range [][]int{{1, 3, 4, 5}, {5}, {1, 1, 1, 5}, {4, 1}, {1}, {}, {1, 3, 1, 5}} {
				for constant := -1; constant < 2; constant++ {
					n := 1
					for _, d := range dims {
						n *= d
					}
					positive := code == 78 || code == 42 || code == 90 || code == 95
					v, q := [2][]float32{numbersOf(60, positive), numbersOf(60+n, positive)[60:]}, inQuant
					if positive {
						q.Zero = 0
					}
					shapes := [2][]int{{1, 3, 4, 5}, dims}
					var want []float64
					for i := range 60 {
						at, left, step := 0, i, 1
						for j := 3; j >= 0; j-- {
							digit := left % shapes[0][j]
							left /= shapes[0][j]
							if o := j - (4 - len(dims)); o >= 0 {
								at += min(digit, dims[o]-1) * step
								step *= dims[o]
							}
						}
						want = append(want, fn(float64(v[0][i]), float64(v[1][at])))
					}
					to := outScale(want)
					var f file
					var ins [2]int
					var feed [][]float32
					for k := range ins {
						ins[k] = typed(&f, fmt.Sprint("x", k), dt, q, shapes[k]...)
						if k == constant {
							f.tensors[ins[k]].data = levelsOf(v[k], dt, q)
						} else {
							f.inputs, feed = append(f.inputs, ins[k]), append(feed, v[k])
						}
					}
					f.outputs = []int{f.op(code, options(), typed(&f, "y", dt, to, 1, 3, 4, 5), ins[0], ins[1])}
					computes(t, fmt.Sprint(names[code], " ", dt, " of ", dims, ", constant ", constant), &f, want, dt, to, feed...)
				}
			}
		}
	}
}
