package tflite

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// runAll runs a graph over inputs in the model's order.
func runAll(t *testing.T, g *runtime.Graph, in ...[]float32) []float32 {
	t.Helper()
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, x := range in {
		if err := s.Input(i).CopyFrom(x); err != nil {
			t.Fatal(err)
		}
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

// The products of TestProducts are of m×k and k×n.
const productM, productK, productN = 4, 5, 2

// productAt is element j of products.
func productAt(x, y []float32, j int, turnX, turnY bool) (sum float64) {
	const m, k, n = productM, productK, productN
	image, row, col := j/(m*n), j/n%m, j%n
	for l := range k {
		a, b := (image*m+row)*k+l, (image*k+l)*n+col
		if turnX {
			a = (image*k+l)*m + row
		}
		if turnY {
			b = (image*n+col)*k + l
		}
		sum += float64(x[a]) * float64(y[b])
	}
	return sum
}

// drawn are random levels, and what they stand for.
func drawn(r *rand.Rand, count int, scale float32) (raw []byte, v []float32) {
	for range count {
		q := int8(r.IntN(21) - 10)
		raw, v = append(raw, byte(q)), append(v, float32(q)*scale)
	}
	return raw, v
}

// TestProducts: BATCH_MATMUL with either factor turned or constant, and FULLY_CONNECTED with computed weights, float
// and int8, beside plain sums.
func TestProducts(t *testing.T) {
	const batch, m, k, n = 3, productM, productK, productN
	r := rand.New(rand.NewPCG(17, 18))
	for i := range 64 {
		typ, turnX, turnY, fixed, full := []dtype{typeFloat32, typeInt8}[i&1], i&2 != 0, i&4 != 0, i>>3&3, i>>5 != 0
		if full && (turnX || !turnY || fixed > 1) {
			continue
		}
		images := batch
		dx, dy, dz := []int{batch, m, k}, []int{batch, k, n}, []int{batch, m, n}
		if turnX {
			dx[1], dx[2] = k, m
		}
		if turnY {
			dy[1], dy[2] = n, k
		}
		if full {
			images, dx, dy, dz = 1, []int{2, 2, k}, []int{n, k}, []int{m, n}
		}
		const scaleX, scaleY, scaleZ = float32(0.5), float32(0.25), float32(2)
		rawX, x := drawn(r, images*m*k, scaleX)
		rawY, y := drawn(r, images*k*n, scaleY)
		var f file
		spec := func(name string, shape []int, scale float32, raw []byte, v []float32) int {
			s := tensorSpec{name: name, shape: shape, dtype: typ}
			if typ == typeInt8 {
				s.scale, s.zero, s.data = []float32{scale}, []int64{0}, raw
			} else if v != nil {
				s.data = floatBytes(v)
			}
			return f.tensor(s)
		}
		var in [][]float32
		factor := func(name string, shape []int, scale float32, raw []byte, v []float32, constant bool) int {
			if constant {
				return spec(name, shape, scale, raw, v)
			}
			x := spec(name, shape, scale, nil, nil)
			f.inputs, in = append(f.inputs, x), append(in, v)
			return x
		}
		xi := factor("x", dx, scaleX, rawX, x, fixed == 2)
		yi := factor("y", dy, scaleY, rawY, y, fixed == 1 && !full)
		if fixed == 3 {
			continue
		}
		flag := func(b bool) int8 { return map[bool]int8{true: 1}[b] }
		code, opts, inputs := opBatchMatMul, options(opt{0, flag(turnX)}, opt{1, flag(turnY)}), []int{xi, yi}
		bias := float32(0)
		if full {
			code, opts = opFullyConnected, options()
			if fixed == 1 && typ == typeFloat32 {
				bias = 1.5
				inputs = append(inputs, spec("b", []int{n}, 1, nil, []float32{bias, bias}))
			}
		}
		f.outputs = []int{f.op(code, opts, spec("z", dz, scaleZ, nil, nil), inputs...)}
		g, err := Load(f.bytes())
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		for j, got := range runAll(t, g, in...) {
			want := float64(bias) + productAt(x, y, j, turnX, turnY)
			allowed := 1e-5
			if typ == typeInt8 {
				allowed = float64(scaleZ) * 0.501
			}
			if math.Abs(float64(got)-want) > allowed {
				t.Fatalf("case %d: output %d is %v, want %v", i, j, got, want)
			}
		}
	}
}
