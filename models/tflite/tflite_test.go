package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func random(r *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * scale)
	}
	return v
}

func run(t testing.TB, g *runtime.Graph, in []float32) []float32 {
	t.Helper()
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Input(0).CopyFrom(in); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), s.Output(0).Float32()...)
}

// image is a map in a plain reference: NHWC of one image.
type image struct {
	h, w, c int
	v       []float64
}

func (m image) at(y, x, c int) float64 {
	if y < 0 || y >= m.h || x < 0 || x >= m.w {
		return 0
	}
	return m.v[(y*m.w+x)*m.c+c]
}

// convolve is a convolution as TensorFlow defines it, for SAME or VALID padding; depth multiplies the channels of a
// depthwise one.
func convolve(m image, k, r, s, stride int, same, depthwise bool, w func(k, y, x, c int) float64, bias func(int) float64) image {
	size := func(in, taps int) (out, before int) {
		if !same {
			return (in-taps)/stride + 1, 0
		}
		out = (in + stride - 1) / stride
		return out, max(0, (out-1)*stride+taps-in) / 2
	}
	oh, top := size(m.h, r)
	ow, left := size(m.w, s)
	out := image{oh, ow, k, make([]float64, oh*ow*k)}
	for y := range oh {
		for x := range ow {
			for f := range k {
				acc := bias(f)
				for dy := range r {
					for dx := range s {
						if depthwise {
							acc += m.at(y*stride+dy-top, x*stride+dx-left, f/(k/m.c)) * w(f, dy, dx, 0)
							continue
						}
						for c := range m.c {
							acc += m.at(y*stride+dy-top, x*stride+dx-left, c) * w(f, dy, dx, c)
						}
					}
				}
				out.v[(y*ow+x)*k+f] = acc
			}
		}
	}
	return out
}

// A float network of convolution, depthwise convolution, padding, pooling, addition, mean and a fully connected layer.
func TestFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, same := range []bool{true, false} {
		t.Run(fmt.Sprint("same=", same), func(t *testing.T) {
			padding := int8(1)
			if same {
				padding = 0
			}
			var f file
			x := f.tensor(tensorSpec{name: "image", shape: []int{1, 9, 12, 3}})
			w1 := random(r, 8*3*3*3, .3)
			b1 := random(r, 8, .1)
			in := random(r, 9*12*3, 1)
			m := image{9, 12, 3, nil}
			for _, v := range in {
				m.v = append(m.v, float64(v))
			}
			one := convolve(m, 8, 3, 3, 2, same, false, func(k, y, x, c int) float64 { return float64(w1[((k*3+y)*3+x)*3+c]) }, func(k int) float64 { return float64(b1[k]) })
			for i := range one.v {
				one.v[i] = min(max(one.v[i], 0), 6)
			}
			c1 := f.op(opConv2D, options(opt{0, padding}, opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int8(3)}), f.tensor(tensorSpec{name: "conv", shape: []int{1, one.h, one.w, 8}}), x,
				f.tensor(tensorSpec{name: "w1", shape: []int{8, 3, 3, 3}, data: floatBytes(w1)}), f.tensor(tensorSpec{name: "b1", shape: []int{8}, data: floatBytes(b1)}))
			w2 := random(r, 3*3*16, .3)
			two := convolve(one, 16, 3, 3, 1, same, true, func(k, y, x, _ int) float64 { return float64(w2[(y*3+x)*16+k]) }, func(int) float64 { return 0 })
			c2 := f.op(opDepthwiseConv2D, options(opt{0, padding}, opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(2)}), f.tensor(tensorSpec{name: "depthwise", shape: []int{1, two.h, two.w, 16}}), c1,
				f.tensor(tensorSpec{name: "w2", shape: []int{1, 3, 3, 16}, data: floatBytes(w2)}))
			sum := f.op(opAdd, options(opt{0, int8(1)}), f.tensor(tensorSpec{name: "sum", shape: []int{1, two.h, two.w, 16}}), c2, c2)
			mean := f.op(opMean, nil, f.tensor(tensorSpec{name: "mean", shape: []int{1, 16}}), sum, f.tensor(tensorSpec{name: "axes", shape: []int{2}, dtype: typeInt32, data: intBytes([]int32{1, 2})}))
			w3 := random(r, 5*16, .5)
			fc := f.op(opFullyConnected, options(), f.tensor(tensorSpec{name: "fc", shape: []int{1, 5}}), mean, f.tensor(tensorSpec{name: "w3", shape: []int{5, 16}, data: floatBytes(w3)}), -1)
			prob := f.op(opSoftmax, options(opt{0, float32(1)}), f.tensor(tensorSpec{name: "prob", shape: []int{1, 5}}), fc)
			f.inputs, f.outputs = []int{x}, []int{prob}

			means := make([]float64, 16)
			for i, v := range two.v {
				means[i%16] += max(2*v, 0) / float64(two.h*two.w)
			}
			want := make([]float64, 5)
			total := 0.0
			for k := range want {
				for c := range means {
					want[k] += float64(w3[k*16+c]) * means[c]
				}
				want[k] = math.Exp(want[k])
				total += want[k]
			}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			for k, got := range run(t, g, in) {
				if math.Abs(float64(got)-want[k]/total) > 1e-5 {
					t.Errorf("class %d: %v, want %v", k, got, want[k]/total)
				}
			}
		})
	}
}

// Zeros around an image by an operation of their own, a window over a map, weights in half precision, and flattening.
func TestPadReshapeHalf(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 6, 6, 2}})
	padded := f.op(opPad, nil, f.tensor(tensorSpec{name: "padded", shape: []int{1, 7, 7, 2}}), x,
		f.tensor(tensorSpec{name: "p", shape: []int{4, 2}, dtype: typeInt32, data: intBytes([]int32{0, 0, 0, 1, 0, 1, 0, 0})}))
	halves := make([]byte, 0, 2*4*18)
	w := make([]float64, 4*18)
	for i := range w {
		h := uint16(r.IntN(8)<<10 | r.IntN(1024) | r.IntN(2)<<15 | 8<<10)
		w[i] = float64(half(h))
		halves = binary.LittleEndian.AppendUint16(halves, h)
	}
	wide := f.op(opDequantize, nil, f.tensor(tensorSpec{name: "w", shape: []int{4, 3, 3, 2}}), f.tensor(tensorSpec{name: "w16", shape: []int{4, 3, 3, 2}, dtype: typeFloat16, data: halves}))
	conv := f.op(opConv2D, options(opt{0, int8(1)}, opt{1, int32(2)}, opt{2, int32(2)}), f.tensor(tensorSpec{name: "conv", shape: []int{1, 3, 3, 4}}), padded, wide)
	flat := f.op(opReshape, nil, f.tensor(tensorSpec{name: "flat", shape: []int{1, 36}}), conv)
	wf := random(r, 3*36, .2)
	fc := f.op(opFullyConnected, options(), f.tensor(tensorSpec{name: "fc", shape: []int{1, 3}}), flat, f.tensor(tensorSpec{name: "wf", shape: []int{3, 36}, data: floatBytes(wf)}))
	f.inputs, f.outputs = []int{x}, []int{fc}
	in := random(r, 72, 1)
	m := image{7, 7, 2, make([]float64, 98)}
	for i, v := range in {
		m.v[(i/12*7+i/2%6)*2+i%2] = float64(v)
	}
	mid := convolve(m, 4, 3, 3, 2, false, false, func(k, y, x, c int) float64 { return w[((k*3+y)*3+x)*2+c] }, func(int) float64 { return 0 })
	g, err := Load(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	for k, got := range run(t, g, in) {
		want := 0.0
		for i, v := range mid.v {
			want += v * float64(wf[k*36+i])
		}
		if math.Abs(float64(got)-want) > 1e-4*(1+math.Abs(want)) {
			t.Errorf("output %d: %v, want %v", k, got, want)
		}
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

// Quantised convolution and depthwise convolution, per channel in int8 and per tensor in uint8, beside TFLite's own
// arithmetic: no output is further away than one level, and few are that far.
func TestQuantised(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, tc := range []struct {
		name      string
		dtype     dtype
		depthwise bool
	}{{"int8", typeInt8, false}, {"int8 depthwise", typeInt8, true}, {"uint8", typeUint8, false}, {"uint8 depthwise", typeUint8, true}} {
		t.Run(tc.name, func(t *testing.T) {
			const h, w, c, k = 7, 8, 4, 8
			depth, per := c, k
			wshape := []int{k, 3, 3, c}
			axis := 0
			if tc.depthwise {
				depth, wshape, axis = 1, []int{1, 3, 3, k}, 3
			}
			zeroX, zeroY, zeroW := int64(r.IntN(40)-20), int64(r.IntN(40)-20), int64(0)
			if tc.dtype == typeUint8 {
				zeroX, zeroY, zeroW, per = zeroX+128, zeroY+128, 120, 1
			}
			const scaleX, scaleY = 0.04, 0.11
			scales, zeros := make([]float32, per), make([]int64, per)
			for i := range scales {
				scales[i], zeros[i] = 0.002+0.004*r.Float32(), zeroW
			}
			raw := make([]byte, k*9*depth)
			for i := range raw {
				if tc.dtype == typeInt8 {
					raw[i] = byte(int8(r.IntN(255) - 127))
				} else {
					raw[i] = byte(zeroW + int64(r.IntN(200)-100)) // fits int8 less its zero point: nothing is rounded anew
				}
			}
			bias := make([]int32, k)
			for i := range bias {
				bias[i] = int32(r.IntN(4000) - 2000)
			}
			var f file
			x := f.tensor(tensorSpec{name: "x", shape: []int{1, h, w, c}, dtype: tc.dtype, scale: []float32{scaleX}, zero: []int64{zeroX}})
			code, opts := opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int8(1)})
			if tc.depthwise {
				code, opts = opDepthwiseConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(k / c)}, opt{4, int8(1)})
			}
			y := f.op(code, opts, f.tensor(tensorSpec{name: "y", shape: []int{1, h, w, k}, dtype: tc.dtype, scale: []float32{scaleY}, zero: []int64{zeroY}}), x,
				f.tensor(tensorSpec{name: "w", shape: wshape, dtype: tc.dtype, data: raw, scale: scales, zero: zeros, axis: axis}),
				f.tensor(tensorSpec{name: "b", shape: []int{k}, dtype: typeInt32, data: intBytes(bias)}))
			f.inputs, f.outputs = []int{x}, []int{y}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			lowest, highest := int64(-128), int64(127)
			if tc.dtype == typeUint8 {
				lowest, highest = 0, 255
			}
			in, m := make([]float32, h*w*c), image{h, w, c, make([]float64, h*w*c)}
			for i := range in {
				q := lowest + int64(r.IntN(256))
				in[i] = float32(float64(float32(scaleX)) * float64(q-zeroX))
				m.v[i] = float64(q - zeroX)
			}
			weight := func(f, y, x, c int) float64 {
				i := ((f*3+y)*3+x)*depth + c
				if tc.depthwise {
					i = (y*3+x)*k + f
				}
				if tc.dtype == typeInt8 {
					return float64(int8(raw[i]))
				}
				return float64(int64(raw[i]) - zeroW)
			}
			acc := convolve(m, k, 3, 3, 1, true, tc.depthwise, weight, func(f int) float64 { return float64(bias[f]) })
			apart := 0
			for i, got := range run(t, g, in) {
				f := i % k
				q := int64(multiply(int32(acc.v[i]), float64(float32(scaleX))*float64(scales[f%per])/float64(float32(scaleY)))) + zeroY
				q = min(max(q, lowest, zeroY), highest) // ReLU
				level := int64(math.Round(float64(got)/float64(float32(scaleY)))) + zeroY
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

// The rest of a quantised classifier: pooling, concatenation of other scales, addition, fully connected, softmax.
func TestQuantisedRest(t *testing.T) {
	q := func(scale float32, zero int64) ([]float32, []int64) { return []float32{scale}, []int64{zero} }
	act := func(f *file, name string, scale float32, zero int64, shape ...int) int {
		s, z := q(scale, zero)
		return f.tensor(tensorSpec{name: name, shape: shape, dtype: typeInt8, scale: s, zero: z})
	}
	var f file
	x := act(&f, "x", .05, -10, 1, 4, 4, 3)
	pool := f.op(opMaxPool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}), act(&f, "max", .05, -10, 1, 2, 2, 3), x)
	avg := f.op(opAveragePool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}), act(&f, "avg", .04, 0, 1, 2, 2, 3), x)
	sum := f.op(opAdd, options(), act(&f, "sum", .08, 5, 1, 2, 2, 3), pool, avg)
	cat := f.op(opConcatenation, options(opt{0, int32(3)}), act(&f, "cat", .09, 3, 1, 2, 2, 6), sum, avg)
	w := make([]byte, 2*24)
	for i := range w {
		w[i] = byte(int8(i*7%21 - 10))
	}
	s, z := q(.02, 0)
	fc := f.op(opFullyConnected, options(), act(&f, "fc", .03, 0, 1, 2), cat, f.tensor(tensorSpec{name: "w", shape: []int{2, 24}, dtype: typeInt8, data: w, scale: s, zero: z}),
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

func TestRefuses(t *testing.T) {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 4, 4, 3}})
	a := f.op(12, nil, f.tensor(tensorSpec{name: "l2", shape: []int{1, 4, 4, 3}}), x)
	b := f.op(200, nil, f.tensor(tensorSpec{name: "strange", shape: []int{1, 4, 4, 3}}), a)
	f.ops = append(f.ops, opSpec{code: 32, custom: "Flex", inputs: []int{b}, outputs: []int{f.tensor(tensorSpec{name: "own", shape: []int{1, 4, 4, 3}})}})
	f.inputs, f.outputs = []int{x}, []int{b}
	_, err := Load(f.bytes())
	var u *runtime.UnsupportedError
	if !errors.As(err, &u) || len(u.Ops) != 3 || u.Ops[0].Op != "L2_POOL_2D" || u.Ops[0].Node != "l2" || !strings.Contains(u.Ops[2].Op, "Flex") {
		t.Errorf("%v", err)
	}
	for _, bad := range [][]byte{nil, []byte("TFL3"), []byte("\x08\x00\x00\x00TFL3"), []byte("\xff\xff\xff\xffTFL3aaaaaaaaaaaaaaaa")} {
		if _, err := Load(bad); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := Open("none.tflite"); err == nil || !strings.Contains(err.Error(), "none.tflite") {
		t.Errorf("%v", err)
	}
}

// Any damage is refused or harmless.
func TestDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	good := sample()
	if _, err := Load(good); err != nil {
		t.Fatal(err)
	}
	for range 20_000 {
		bad := append([]byte(nil), good...)
		for range 1 + r.IntN(3) {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
		if g, err := Load(bad, WithLimits(small)); err == nil && len(g.Outputs) == 0 {
			t.Fatal("a graph without outputs")
		}
	}
	for n := range len(good) {
		Load(good[:n], WithLimits(small))
	}
}

var small = runtime.Limits{MaxNodes: 100, MaxElements: 1 << 20, MaxWeights: 1 << 20, MaxMACs: 1 << 30}

func sample() []byte {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 6, 6, 3}, dtype: typeInt8, scale: []float32{.1}, zero: []int64{3}})
	y := f.op(opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}), f.tensor(tensorSpec{name: "y", shape: []int{1, 6, 6, 2}, dtype: typeInt8, scale: []float32{.2}, zero: []int64{0}}), x,
		f.tensor(tensorSpec{name: "w", shape: []int{2, 3, 3, 3}, dtype: typeInt8, data: make([]byte, 54), scale: []float32{.1, .2}, zero: []int64{0, 0}}))
	p := f.op(opMaxPool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}), f.tensor(tensorSpec{name: "p", shape: []int{1, 3, 3, 2}, dtype: typeInt8, scale: []float32{.2}, zero: []int64{0}}), y)
	f.inputs, f.outputs = []int{x}, []int{p}
	return f.bytes()
}

func FuzzTFLite(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Load(data, WithLimits(small))
		if err != nil {
			return
		}
		if _, err := runtime.Compile(g); err != nil && errors.Is(err, runtime.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

// TestNames: operations are called by the schema's words, those that are not imported too.
func TestNames(t *testing.T) {
	for code, want := range map[int]string{0: "ADD", 5: "DEPTH_TO_SPACE", opConv2D: "CONV_2D", opResizeNearest: "RESIZE_NEAREST_NEIGHBOR",
		opQuantize: "QUANTIZE", 127: "PLACEHOLDER_FOR_GREATER_OP_CODES", 150: "GELU", 158: "SIGN", 159: "builtin operation 159", -1: "builtin operation -1"} {
		if got := opName(operator{code: code}); got != want {
			t.Errorf("operation %d is %s, want %s", code, got, want)
		}
	}
}
