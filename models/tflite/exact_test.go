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
