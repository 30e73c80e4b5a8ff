package tflite

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestL2: normalisation and pooling by squares, float and quantised, beside their definitions.
func TestL2(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	const h, w, c = 4, 6, 5
	for _, code := range []int{opL2Normalization, opL2Pool2D} {
		for _, typ := range []dtype{typeFloat32, typeInt8, typeUint8} {
			shape, out, scale := []int{1, h, w, c}, []int{1, h, w, c}, float32(1./128)
			opts := options()
			if code == opL2Pool2D { // 2×3, of the same stride, no padding
				out, scale = []int{1, 2, 2, c}, 0.05
				opts = options(opt{0, int8(1)}, opt{1, int32(3)}, opt{2, int32(2)}, opt{3, int32(3)}, opt{4, int32(2)})
			}
			zero := int64(0)
			if typ == typeUint8 {
				zero = 128
			}
			var f file
			spec := func(name string, shape []int, scale float32) int {
				s := tensorSpec{name: name, shape: shape, dtype: typ}
				if typ != typeFloat32 {
					s.scale, s.zero = []float32{scale}, []int64{zero}
				}
				return f.tensor(s)
			}
			x := spec("x", shape, 0.05)
			f.inputs, f.outputs = []int{x}, []int{f.op(code, opts, spec("y", out, scale), x)}
			g, err := Load(f.bytes())
			if err != nil {
				t.Fatal(err)
			}
			in := make([]float32, h*w*c)
			for i := range in {
				if i >= c { // the first are zeros
					in[i] = float32(r.IntN(200)-100) * 0.05
				}
			}
			for i, got := range runAll(t, g, in) {
				ch, px, sum, want := i%c, i/c, 0., 0.
				if code == opL2Normalization {
					for _, v := range in[px*c : px*c+c] {
						sum += float64(v) * float64(v)
					}
					want = float64(in[i]) / max(math.Sqrt(sum), 1e-6)
				} else {
					for j := range 6 {
						v := float64(in[((px/2*2+j/3)*w+px%2*3+j%3)*c+ch])
						sum += v * v / 6
					}
					want = math.Sqrt(sum)
				}
				allowed := 2e-6 * (1 + math.Abs(want))
				if typ != typeFloat32 {
					want, allowed = min(want, 127*float64(scale)), 0.501*float64(scale)
				}
				if math.Abs(float64(got)-want) > allowed {
					t.Fatalf("operation %d of %v: output %d is %v, want %v", code, typ, i, got, want)
				}
			}
		}
	}
}
