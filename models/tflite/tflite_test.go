package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
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
	out := make([]float32, s.Output(0).Shape().Elements())
	if err := s.Output(0).CopyTo(out); err != nil {
		t.Fatal(err)
	}
	return out
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
func convolve(m image, k, r, s, stride int, same, depthwise bool, w func(k, y, x, c int) float64,
	bias func(int) float64) image {
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
			one := convolve(m, 8, 3, 3, 2, same, false, func(k, y, x, c int) float64 { return float64(w1[((k*3+y)*3+x)*3+c]) },
				func(k int) float64 { return float64(b1[k]) })
			for i := range one.v {
				one.v[i] = min(max(one.v[i], 0), 6)
			}
			c1 := f.op(opConv2D, options(opt{0, padding}, opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int8(3)}),
				f.tensor(tensorSpec{name: "conv", shape: []int{1, one.h, one.w, 8}}), x,
				f.tensor(tensorSpec{name: "w1", shape: []int{8, 3, 3, 3}, data: floatBytes(w1)}),
				f.tensor(tensorSpec{name: "b1", shape: []int{8}, data: floatBytes(b1)}))
			w2 := random(r, 3*3*16, .3)
			two := convolve(one, 16, 3, 3, 1, same, true, func(k, y, x, _ int) float64 { return float64(w2[(y*3+x)*16+k]) },
				func(int) float64 { return 0 })
			c2 := f.op(opDepthwiseConv2D, options(opt{0, padding}, opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(2)}),
				f.tensor(tensorSpec{name: "depthwise", shape: []int{1, two.h, two.w, 16}}), c1,
				f.tensor(tensorSpec{name: "w2", shape: []int{1, 3, 3, 16}, data: floatBytes(w2)}))
			sum := f.op(opAdd, options(opt{0, int8(1)}), f.tensor(tensorSpec{name: "sum", shape: []int{1, two.h, two.w, 16}}),
				c2, c2)
			mean := f.op(opMean, nil, f.tensor(tensorSpec{name: "mean", shape: []int{1, 16}}), sum,
				f.tensor(tensorSpec{name: "axes", shape: []int{2}, dtype: typeInt32, data: intBytes([]int32{1, 2})}))
			w3 := random(r, 5*16, .5)
			fc := f.op(opFullyConnected, options(), f.tensor(tensorSpec{name: "fc", shape: []int{1, 5}}), mean,
				f.tensor(tensorSpec{name: "w3", shape: []int{5, 16}, data: floatBytes(w3)}), -1)
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
		f.tensor(tensorSpec{name: "p", shape: []int{4, 2}, dtype: typeInt32,
			data: intBytes([]int32{0, 0, 0, 1, 0, 1, 0, 0})}))
	halves := make([]byte, 0, 2*4*18)
	w := make([]float64, 4*18)
	for i := range w {
		h := uint16(r.IntN(8)<<10 | r.IntN(1024) | r.IntN(2)<<15 | 8<<10)
		w[i] = float64(kernels.Half(h).Float())
		halves = binary.LittleEndian.AppendUint16(halves, h)
	}
	wide := f.op(opDequantize, nil, f.tensor(tensorSpec{name: "w", shape: []int{4, 3, 3, 2}}),
		f.tensor(tensorSpec{name: "w16", shape: []int{4, 3, 3, 2}, dtype: typeFloat16, data: halves}))
	conv := f.op(opConv2D, options(opt{0, int8(1)}, opt{1, int32(2)}, opt{2, int32(2)}),
		f.tensor(tensorSpec{name: "conv", shape: []int{1, 3, 3, 4}}), padded, wide)
	flat := f.op(opReshape, nil, f.tensor(tensorSpec{name: "flat", shape: []int{1, 36}}), conv)
	wf := random(r, 3*36, .2)
	fc := f.op(opFullyConnected, options(), f.tensor(tensorSpec{name: "fc", shape: []int{1, 3}}), flat,
		f.tensor(tensorSpec{name: "wf", shape: []int{3, 36}, data: floatBytes(wf)}))
	f.inputs, f.outputs = []int{x}, []int{fc}
	in := random(r, 72, 1)
	m := image{7, 7, 2, make([]float64, 98)}
	for i, v := range in {
		m.v[(i/12*7+i/2%6)*2+i%2] = float64(v)
	}
	mid := convolve(m, 4, 3, 3, 2, false, false, func(k, y, x, c int) float64 { return w[((k*3+y)*3+x)*2+c] },
		func(int) float64 { return 0 })
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

func TestRefuses(t *testing.T) {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 4, 4, 3}})
	a := f.op(12, nil, f.tensor(tensorSpec{name: "l2", shape: []int{1, 4, 4, 3}}), x)
	b := f.op(200, nil, f.tensor(tensorSpec{name: "strange", shape: []int{1, 4, 4, 3}}), a)
	f.ops = append(f.ops, opSpec{code: 32, custom: "Flex", inputs: []int{b},
		outputs: []int{f.tensor(tensorSpec{name: "own", shape: []int{1, 4, 4, 3}})}})
	f.inputs, f.outputs = []int{x}, []int{b}
	_, err := Load(f.bytes())
	var u *runtime.UnsupportedError
	if !errors.As(err, &u) || len(u.Ops) != 3 || u.Ops[0].Op != "L2_POOL_2D" || u.Ops[0].Node != "l2" ||
		!strings.Contains(u.Ops[2].Op, "Flex") {
		t.Errorf("%v", err)
	}
	for _, bad := range [][]byte{nil, []byte("TFL3"), []byte("\x08\x00\x00\x00TFL3"),
		[]byte("\xff\xff\xff\xffTFL3aaaaaaaaaaaaaaaa")} {
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
	y := f.op(opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}),
		f.tensor(tensorSpec{name: "y", shape: []int{1, 6, 6, 2}, dtype: typeInt8, scale: []float32{.2}, zero: []int64{0}}), x,
		f.tensor(tensorSpec{name: "w", shape: []int{2, 3, 3, 3}, dtype: typeInt8, data: make([]byte, 54),
			scale: []float32{.1, .2}, zero: []int64{0, 0}}))
	p := f.op(opMaxPool2D, options(opt{1, int32(2)}, opt{2, int32(2)}, opt{3, int32(2)}, opt{4, int32(2)}),
		f.tensor(tensorSpec{name: "p", shape: []int{1, 3, 3, 2}, dtype: typeInt8, scale: []float32{.2}, zero: []int64{0}}), y)
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
	for code, want := range map[int]string{0: "ADD", 5: "DEPTH_TO_SPACE", opConv2D: "CONV_2D",
		opResizeNearest: "RESIZE_NEAREST_NEIGHBOR",
		opQuantize:      "QUANTIZE", 127: "PLACEHOLDER_FOR_GREATER_OP_CODES", 150: "GELU", 158: "SIGN",
		83: "PACK", 84: "LOGICAL_OR", 122: "SCATTER_ND", 162: "STABLEHLO_LOGISTIC", 203: "DILATE", 206: "STABLEHLO_COMPOSITE",
		209: "STABLEHLO_CASE", 210: "builtin operation 210", -1: "builtin operation -1"} {
		if got := opName(operator{code: code}); got != want {
			t.Errorf("operation %d is %s, want %s", code, got, want)
		}
	}
}
