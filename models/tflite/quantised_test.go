package tflite

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The layer of TestQuantised: a map of h × w × c to k channels, 3×3, with a ReLU.
const (
	quantH, quantW, quantC, quantK = 7, 8, 4, 8
	quantScaleX, quantScaleY       = 0.04, 0.11
)

// quantLayer is a quantised convolution of random weights.
type quantLayer struct {
	dtype               dtype
	depthwise           bool
	depth               int // of one filter
	zeroX, zeroY, zeroW int64
	scales              []float32 // of the weights: one, or one for each channel
	raw                 []byte
	bias                []int32
}

func newQuantLayer(r *rand.Rand, t dtype, depthwise bool, zeroW int64) *quantLayer {
	l := &quantLayer{dtype: t, depthwise: depthwise, depth: quantC, bias: make([]int32, quantK)}
	if depthwise {
		l.depth = 1
	}
	per := quantK
	l.zeroX, l.zeroY = int64(r.IntN(40)-20), int64(r.IntN(40)-20)
	if t == typeUint8 {
		l.zeroX, l.zeroY, l.zeroW, per = l.zeroX+128, l.zeroY+128, zeroW, 1
	}
	l.scales = make([]float32, per)
	for i := range l.scales {
		l.scales[i] = 0.002 + 0.004*r.Float32()
	}
	l.raw = make([]byte, quantK*9*l.depth)
	for i := range l.raw {
		if t == typeInt8 {
			l.raw[i] = byte(r.IntN(256)) // −128 too
		} else {
			l.raw[i] = byte(r.IntN(256)) // nine bits less its zero point
		}
	}
	for i := range l.bias {
		l.bias[i] = int32(r.IntN(4000) - 2000)
	}
	return l
}

// model is a file of the layer alone.
func (l *quantLayer) model() []byte {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, quantH, quantW, quantC}, dtype: l.dtype,
		scale: []float32{quantScaleX}, zero: []int64{l.zeroX}})
	code, opts := opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int8(1)})
	shape, axis := []int{quantK, 3, 3, quantC}, 0
	if l.depthwise {
		code, opts = opDepthwiseConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(quantK / quantC)},
			opt{4, int8(1)})
		shape, axis = []int{1, 3, 3, quantK}, 3
	}
	zeros := make([]int64, len(l.scales))
	for i := range zeros {
		zeros[i] = l.zeroW
	}
	y := f.tensor(tensorSpec{name: "y", shape: []int{1, quantH, quantW, quantK}, dtype: l.dtype,
		scale: []float32{quantScaleY}, zero: []int64{l.zeroY}})
	f.op(code, opts, y, x,
		f.tensor(tensorSpec{name: "w", shape: shape, dtype: l.dtype, data: l.raw, scale: l.scales, zero: zeros, axis: axis}),
		f.tensor(tensorSpec{name: "b", shape: []int{quantK}, dtype: typeInt32, data: intBytes(l.bias)}))
	f.inputs, f.outputs = []int{x}, []int{y}
	return f.bytes()
}

// weight is a weight less its zero point.
func (l *quantLayer) weight(f, y, x, c int) float64 {
	i := ((f*3+y)*3+x)*l.depth + c
	if l.depthwise {
		i = (y*3+x)*quantK + f
	}
	if l.dtype == typeInt8 {
		return float64(int8(l.raw[i]))
	}
	return float64(int64(l.raw[i]) - l.zeroW)
}

// Quantised convolution and depthwise convolution, per channel in int8 and per tensor in uint8, beside TFLite's own
// arithmetic: no output is further away than one level, and few are that far.
func TestQuantised(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, tc := range []struct {
		name      string
		dtype     dtype
		depthwise bool
		zeroW     int64
	}{{"int8", typeInt8, false, 0}, {"int8 depthwise", typeInt8, true, 0}, {"uint8", typeUint8, false, 120},
		{"uint8 depthwise", typeUint8, true, 151}, {"uint8 from 0", typeUint8, false, 0},
		{"uint8 depthwise to 255", typeUint8, true, 255}} {
		t.Run(tc.name, func(t *testing.T) {
			l := newQuantLayer(r, tc.dtype, tc.depthwise, tc.zeroW)
			g, err := Load(l.model())
			if err != nil {
				t.Fatal(err)
			}
			lowest, highest := int64(-128), int64(127)
			if tc.dtype == typeUint8 {
				lowest, highest = 0, 255
			}
			in := make([]float32, quantH*quantW*quantC)
			m := image{quantH, quantW, quantC, make([]float64, len(in))}
			scaleX, scaleY := float64(float32(quantScaleX)), float64(float32(quantScaleY))
			for i := range in {
				q := lowest + int64(r.IntN(256))
				in[i] = float32(scaleX * float64(q-l.zeroX))
				m.v[i] = float64(q - l.zeroX)
			}
			bias := func(f int) float64 { return float64(l.bias[f]) }
			acc := convolve(m, quantK, 3, 3, 1, true, tc.depthwise, l.weight, bias)
			apart := 0
			for i, got := range run(t, g, in) {
				scale := float64(l.scales[i%quantK%len(l.scales)])
				q := int64(multiply(int32(acc.v[i]), scaleX*scale/scaleY)) + l.zeroY
				q = min(max(q, lowest, l.zeroY), highest) // ReLU
				level := int64(math.Round(float64(got)/scaleY)) + l.zeroY
				if d := level - q; d < -1 || d > 1 {
					t.Fatalf("output %d: level %d, TFLite %d", i, level, q)
				} else if d != 0 {
					apart++
				}
			}
			if apart > len(acc.v)/100 {
				t.Errorf("%d of %d outputs differ from TFLite's by a level", apart, len(acc.v))
			}
		})
	}
}

// multiply is TFLite's requantisation: a 31-bit fixed-point multiplier, rounded twice (its reference kernels'
// MultiplyByQuantizedMultiplier: a saturating rounding doubling high multiplication, then a rounding shift).
func multiply(acc int32, m float64) int32 {
	frac, exp := math.Frexp(m)
	q := int64(math.Round(frac * (1 << 31)))
	if q == 1<<31 {
		q /= 2
		exp++
	}
	left, right := max(exp, 0), max(-exp, 0)
	v := int64(acc) << left * q
	nudge := int64(1 << 30)
	if v < 0 {
		nudge = 1 - nudge
	}
	high := int32((v + nudge) / (1 << 31))
	mask := int32(1)<<right - 1
	remainder := high & mask
	threshold := mask >> 1
	if high < 0 {
		threshold++
	}
	high >>= right
	if remainder > threshold {
		high++
	}
	return high
}

// The rest of a quantised classifier: pooling, concatenation of other scales, addition, fully connected, softmax.
func TestQuantisedRest(t *testing.T) {
	q := func(scale float32, zero int64) ([]float32, []int64) { return []float32{scale}, []int64{zero} }
	act := func(f *file, name string, scale float32, zero int64, shape ...int) int {
		s, z := q(scale, zero)
		return f.tensor(tensorSpec{name: name, shape: shape, dtype: typeInt8, scale: s, zero: z})
	}
	var f file
	x := act(&f, "x", .05, -10, 1, 4, 4, 3)
	pool := f.op(opMaxPool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}),
		act(&f, "max", .05, -10, 1, 2, 2, 3), x)
	avg := f.op(opAveragePool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}),
		act(&f, "avg", .04, 0, 1, 2, 2, 3), x)
	sum := f.op(opAdd, options(), act(&f, "sum", .08, 5, 1, 2, 2, 3), pool, avg)
	cat := f.op(opConcatenation, options(opt{0, int32(3)}), act(&f, "cat", .09, 3, 1, 2, 2, 6), sum, avg)
	w := make([]byte, 2*24)
	for i := range w {
		w[i] = byte(int8(i*7%21 - 10))
	}
	s, z := q(.02, 0)
	fc := f.op(opFullyConnected, options(), act(&f, "fc", .03, 0, 1, 2), cat,
		f.tensor(tensorSpec{name: "w", shape: []int{2, 24}, dtype: typeInt8, data: w, scale: s, zero: z}),
		f.tensor(tensorSpec{name: "b", shape: []int{2}, dtype: typeInt32, data: intBytes([]int32{100, -100})}))
	prob := f.op(opSoftmax, options(opt{0, float32(1)}), act(&f, "prob", 1./256, -128, 1, 2), fc)
	f.inputs, f.outputs = []int{x}, []int{prob}
	g, err := Load(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	in := make([]float32, 48)
	for i := range in {
		in[i] = float32(i*13%40)/10 - 2
	}
	got := run(t, g, in)
	// In real numbers.
	var cats [2][2][6]float64
	for y := range 2 {
		for x := range 2 {
			for c := range 3 {
				most, mean := -9.0, 0.0
				for i := range 4 {
					v := float64(in[((2*y+i/2)*4+2*x+i%2)*3+c])
					most, mean = max(most, v), mean+v/4
				}
				cats[y][x][c], cats[y][x][3+c] = most+mean, mean
			}
		}
	}
	var out [2]float64
	for k := range out {
		out[k] = []float64{100, -100}[k] * .02 * .09
		for i := range 24 {
			out[k] += cats[i/12][i/6%2][i%6] * .02 * float64(int8(w[k*24+i]))
		}
	}
	want := 1 / (1 + math.Exp(out[1]-out[0]))
	if math.Abs(float64(got[0])-want) > .08 || math.Abs(float64(got[0]+got[1])-1) > .01 {
		t.Errorf("%v, want %.3f", got, want)
	}
}
