package tflite

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// Channels without weights have a bias of ±2³⁰ or ±(2³¹ − 1), as TensorFlow's converter gives dead ones: the output is
// what TensorFlow Lite saturates it to, and the other channels are as ever.
func TestDeadChannels(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, depthwise := range []bool{false, true} {
		l := newQuantLayer(r, typeInt8, depthwise, 0)
		dead := map[int]int32{0: 1 << 30, 2: -1 << 30, 3: math.MaxInt32, 5: -math.MaxInt32}
		for f, bias := range dead {
			l.bias[f] = bias
			for i := range 9 * l.depth {
				at := f*9*l.depth + i
				if depthwise {
					at = i*quantK + f
				}
				l.raw[at] = 0
			}
		}
		g, err := Load(l.model())
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range run(t, g, make([]float32, quantH*quantW*quantC)) {
			bias, ok := dead[i%quantK]
			if !ok {
				continue
			}
			want := float32(0) // ReLU
			if bias > 0 {
				want = float32(127-l.zeroY) * quantScaleY
			}
			if math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("depthwise %v: a channel of bias %d gives %v, want %v", depthwise, bias, got, want)
			}
		}
	}
}

// A filter whose sums an int32 may not hold is refused when it is imported, not when it is compiled.
func TestOverflowIsRefused(t *testing.T) {
	l := newQuantLayer(rand.New(rand.NewPCG(9, 1)), typeInt8, false, 0)
	l.bias[1] = math.MaxInt32 // and weights
	_, err := Load(l.model())
	if !errors.Is(err, runtime.ErrShape) || !strings.Contains(err.Error(), "channel 1") {
		t.Errorf("a bias of 2³¹ − 1 beside weights: %v", err)
	}
}

// Outputs are levels of the file's own type and quantisation, also once the graph was in a file.
func TestOutputsAreLevels(t *testing.T) {
	for _, dt := range []dtype{typeInt8, typeUint8} {
		l := newQuantLayer(rand.New(rand.NewPCG(4, 4)), dt, false, 99)
		g, err := Load(l.model())
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := runtime.Write(&file, g); err != nil {
			t.Fatal(err)
		}
		if g, err = runtime.ReadGraph(file.Bytes()); err != nil {
			t.Fatal(err)
		}
		p, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		out := s.Output(0)
		real, signed, plain := make([]float32, out.Shape().Elements()), make([]int8, out.Shape().Elements()),
			make([]uint8, out.Shape().Elements())
		info := out.Info()
		if info.DType != runtime.U8 || info.Signed != (dt == typeInt8) || out.CopyTo(real) != nil ||
			(out.CopyTo(signed) == nil) != info.Signed || (out.CopyTo(plain) == nil) == info.Signed {
			t.Fatalf("%v: output %+v", dt, info)
		}
		for i, x := range real {
			level := int64(plain[i])
			if info.Signed {
				level = int64(signed[i])
			}
			if want := float32(level-l.zeroY) * quantScaleY; math.Abs(float64(x-want)) > 1e-5 {
				t.Fatalf("%v: level %d is %v, want %v", dt, level, x, want)
			}
		}
		for i, c := range out.TopK(3, nil) {
			if c.Score != real[c.Index] || i > 0 && c.Score > real[out.TopK(1, nil)[0].Index] {
				t.Errorf("%v: class %d has %v, want %v", dt, c.Index, c.Score, real[c.Index])
			}
		}
	}
}

// AVERAGE_POOL_2D of values in one scale is that of TensorFlow Lite's integer kernels to the level: halves are rounded
// away from zero, which is level 0 as the file has it.
func TestAveragePoolOfLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 22))
	for _, dt := range []dtype{typeInt8, typeUint8} {
		for _, size := range [][2]int{{2, 2}, {3, 2}, {4, 4}, {5, 4}} {
			var f file
			x := f.tensor(tensorSpec{name: "x", shape: []int{1, 5, 4, 3}, dtype: dt, scale: []float32{1}, zero: []int64{3}})
			y := f.op(opAveragePool2D, options(opt{1, int32(1)}, opt{2, int32(1)}, opt{3, int32(size[1])},
				opt{4, int32(size[0])}), f.tensor(tensorSpec{name: "y", shape: []int{1, 5, 4, 3}, dtype: dt,
				scale: []float32{1}, zero: []int64{3}}), x)
			f.inputs, f.outputs = []int{x}, []int{y}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			lowest := 0
			if dt == typeInt8 {
				lowest = -128
			}
			in, levels := make([]float32, 60), make([]int, 60)
			for i := range in {
				levels[i] = lowest + r.IntN(256)
				in[i] = float32(levels[i] - 3)
			}
			top, left := (size[0]-1)/2, (size[1]-1)/2
			for i, got := range run(t, g, in) {
				sum, n := 0, 0
				for dy := range size[0] {
					for dx := range size[1] {
						if y, x := i/12+dy-top, i/3%4+dx-left; y >= 0 && y < 5 && x >= 0 && x < 4 {
							sum, n = sum+levels[(y*4+x)*3+i%3], n+1
						}
					}
				}
				want := (sum + n/2) / n
				if sum < 0 {
					want = (sum - n/2) / n
				}
				if got != float32(want-3) {
					t.Fatalf("%v, window %v: level %v, want %d of %d/%d", dt, size, got+3, want, sum, n)
				}
			}
		}
	}
}

// The scale of a filter gives the factor that binary32 gives, and moves by two units in the last place at most.
func TestFactorScale(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	before, apart := 0, 0 // factors that are others
	for range 10000 {
		in, w, out := r.Float32()/8+1e-4, r.Float32()/50+1e-5, r.Float32()/4+1e-4
		s := factorScale(in, w, out)
		want := float32(in*w) / out
		if float32(float64(in)*float64(w)/float64(out)) != want {
			before++
		}
		if float32(float64(in)*float64(s)/float64(out)) != want {
			apart++
		}
		if d := int32(math.Float32bits(s)) - int32(math.Float32bits(w)); d < -2 || d > 2 {
			t.Fatalf("scale %v becomes %v", w, s)
		}
	}
	if 5*apart > 2*before {
		t.Errorf("%d of 10000 factors are others, %d without it", apart, before)
	}
	for _, odd := range []float32{0, -1, float32(math.Inf(1)), float32(math.NaN()), 1e-45} { // refused elsewhere
		if s := factorScale(1, odd, 1); s != odd && odd == odd {
			t.Errorf("scale %v becomes %v", odd, s)
		}
	}
}
