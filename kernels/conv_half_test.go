package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

func narrowed(v []float32) []Half {
	h := make([]Half, len(v))
	for i, x := range v {
		h[i] = ToHalf(x)
	}
	return h
}

func widened(h []Half) []float32 {
	v := make([]float32, len(h))
	for i, x := range h {
		v[i] = x.Float()
	}
	return v
}

// halfWithin wants what is the exact result rounded to float16, within a bound of the sum before it was.
func halfWithin(t *testing.T, what string, got []Half, want []float32, bound func(i int) float64) {
	t.Helper()
	for i, w := range want {
		most := bound(i) + 0x1p-11*(math.Abs(float64(w))+bound(i)) + 0x1p-25
		if d := math.Abs(float64(got[i].Float()) - float64(w)); !(d <= most) {
			t.Fatalf("%s: output %d is %v, want %v ± %g", what, i, got[i].Float(), w, most)
		}
	}
}

// halfConvs are a case on each tier of this CPU, and by the portable kernel for float16.
func halfConvs(t *testing.T, c convCase, layer ConvHalf) map[string]Op {
	ops := map[string]Op{}
	for _, isa := range arch.Supported() {
		op, err := PackConvHalf(nil, c.ConvShape, c.segments, layer, isa)
		if err != nil {
			t.Fatal(err)
		}
		ops[isa.String()+" "+op.Kernel()] = op
	}
	if c.Groups == 1 {
		ops["portable"] = newDirectConv(newConvHalf(nil, c.ConvShape, seg(c), c.R*c.S, c.C, layer,
			convTile(F16, arch.Generic)))
	}
	return ops
}

// halfSums reports whether an operation adds up in float16.
func halfSums(op Op) bool {
	switch op := op.(type) {
	case *directConv:
		return op.kernel.Op == OpConvHalf
	case *rowConv:
		return op.kernel.Op == OpConvHalf
	case *winograd:
		return true
	case *depthwise:
		return op.dtype == F16
	case *grouped:
		return halfSums(op.groups[0])
	}
	return false
}

// Small integers make every sum exact: the result is then the exact one, rounded once. Those that float16 adds up must
// be smaller still.
func TestConvHalfExact(t *testing.T) {
	r := newRand(t)
	act := Clamp{-700, 4000}
	for _, c := range convCases() {
		depth := c.R * c.S * c.C / c.Groups
		for _, most := range []int{8, 1} {
			in, w := integers[float32](r, c.N*c.H*c.W*c.C, -most, most), integers[float32](r, c.K*depth, -most, most)
			b := integers[float32](r, c.K, -99, 99)
			want := make([]float32, c.N*c.OutH()*c.OutW()*c.K)
			RefConvF32(&c.ConvShape, in, w, b, act, want)
			for name, op := range halfConvs(t, c, ConvHalf{narrowed(w), b, act}) {
				if halfSums(op) != (most == 1) {
					continue
				}
				got := runConv(t, c, F16, op, narrowed(in), 3, 5, Half(0x4248))
				equalBits(t, c.String()+" "+name, got, narrowed(want))
			}
		}
	}
}

func TestConvHalf(t *testing.T) {
	r := newRand(t)
	act := Clamp{-3, posInf}
	for _, c := range convCases() {
		depth := c.R * c.S * c.C / c.Groups
		in, w := narrowed(normals(r, c.N*c.H*c.W*c.C)), narrowed(normals(r, c.K*depth))
		b := normals(r, c.K)
		want := make([]float32, c.N*c.OutH()*c.OutW()*c.K)
		RefConvF32(&c.ConvShape, widened(in), widened(w), b, act, want)
		for name, op := range halfConvs(t, c, ConvHalf{w, b, act}) {
			got := runConv(t, c, F16, op, in, 0, 0, Half(0x4248))
			halfWithin(t, c.String()+" "+name, got, want, func(int) float64 {
				if halfSums(op) { // of normal numbers, by blocks of up to 255, or by Winograd
					return 0.04 * math.Sqrt(float64(depth))
				}
				return 1e-6 * float64(depth+10)
			})
		}
	}
}

// What is packed comes back as it was, and in half the bytes of float32.
func TestConvHalfPacking(t *testing.T) {
	c := square(1, 9, 40, 50, 3, 1, 1)
	r := newRand(t)
	layer := ConvHalf{narrowed(normals(r, 9*40*50)), nil, Clamp{0, posInf}}
	p := NewPacking()
	p.Step("a")
	op, err := PackConvHalf(p, c.ConvShape, nil, layer, arch.Best())
	if err != nil {
		t.Fatal(err)
	}
	filters := 9
	if w, ok := op.(*winograd); ok {
		filters = w.pos
	}
	if most := 2*filters*40*64 + 8*64; op.PackedBytes() > most {
		t.Errorf("%d bytes of filters, more than %d", op.PackedBytes(), most)
	}
	in := narrowed(normals(r, 81*40))
	want := runConv(t, c, F16, op, in, 0, 0, Half(0))
	p = LoadPacking(p.Steps())
	p.Step("a")
	op, err = PackConvHalf(p, c.ConvShape, nil, ConvHalf{Act: layer.Act}, arch.Best())
	if err == nil {
		err = p.Finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	equalBits(t, "loaded", runConv(t, c, F16, op, in, 0, 0, Half(0)), want)
}

func TestFCHalf(t *testing.T) {
	r := newRand(t)
	act := Clamp{-40, posInf}
	for _, c := range append(around(32), 1000, 2*fcHalfPiece+3) {
		for _, k := range []int{1, 3, 8, 9, 53} {
			for n := 1; n <= 2; n++ {
				in, w, b := narrowed(normals(r, n*c)), narrowed(normals(r, k*c)), normals(r, k)
				s := ConvShape{N: n, H: 1, W: 1, C: c, K: k, R: 1, S: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1,
					Groups: 1}
				want := make([]float32, n*k)
				RefConvF32(&s, widened(in), widened(w), b, act, want)
				for _, isa := range arch.Supported() {
					op, err := NewFCHalf(n, c, k, FCHalf{guardedSlice(t, guard.End, w), b, act}, isa)
					if err != nil {
						t.Fatal(err)
					}
					x := set(newTensor(t, guard.End, F16, n, 1, 1, c, c+3), in)
					out := newTensor(t, guard.Start, F16, n, 1, 1, k, k+2)
					runTask(t, op, []*tensor{x}, []*tensor{out})
					halfWithin(t, fmt.Sprint(n, c, k, op.Kernel()), get[Half](out), want,
						func(int) float64 {
							if op.(*fcHalf).wide == nil { // lanes are added up in float16, 32 products each
								return 0.02 * math.Sqrt(float64(c+10))
							}
							return 1e-6 * float64(c+10)
						})
				}
			}
		}
	}
}

// An operation on float16 is that on the same numbers in float32, rounded once: whatever the bands, for batches, and
// with inputs that are there for all rows or all images.
func TestNewHalf(t *testing.T) {
	r := newRand(t)
	for _, isa := range arch.Supported() {
		for _, h := range []int{1, 5, 67} {
			for _, c := range []int{3, 96} {
				const n, w = 2, 19
				x, y := narrowed(normals(r, n*h*w*c)), narrowed(normals(r, n*h*w*c))
				e := Extent{h, w, c}
				each := RowWindow{Taps: 1, Stride: 1, Dilation: 1, H: h}
				add, _ := NewAddF32(Clamp{-1, 2}, isa)
				halfOp(t, add, HalfShape{N: n, Rows: each, In: []Extent{e, e}, Out: e}, x, y)
				times, err := NewBinary(F32, Binary{How: Times, Act: Clamp{negInf, posInf}}, isa)
				if err != nil {
					t.Fatal(err)
				}
				gate := Extent{1, 1, c}
				halfOp(t, times, HalfShape{N: n, Rows: each, In: []Extent{e, gate}, Out: e}, x, y[:n*c])
				halfOp(t, times, HalfShape{N: n, Rows: each, In: []Extent{e, gate}, Out: e, Once: []bool{false, true}}, x, y[:c])
				for i := range 6 {
					maximum, p := i%2 == 1, [][4]int{{3, 2, 1, 1}, {5, 2, 2, 2}, {2, 1, 1, 3}}[i/2] // the last: windows of no taps
					r, stride, top, left := p[0], p[1], p[2], p[3]
					s := PoolShape{N: 1, H: h, W: w, C: c, R: r, S: r, StrideH: stride, StrideW: stride,
						PadTop: top, PadLeft: left, PadBottom: top, PadRight: left, DilationH: 1, DilationW: 1,
						OutH: (h+2*top-r)/stride + 1, OutW: (w+2*left-r)/stride + 1, CountIncludePad: !maximum && h == 5}
					pool, err := NewPoolF32(s, maximum, isa)
					if err != nil {
						t.Fatal(err)
					}
					halfOp(t, pool, HalfShape{N: n, Rows: RowWindow{r, stride, 1, top, h}, In: []Extent{e},
						Out: Extent{s.OutH, s.OutW, c}}, x)
				}
				lrn, err := NewLRNF32(c, 5, 1e-2, 0.75, 1, isa)
				if err != nil {
					t.Fatal(err)
				}
				shape := HalfShape{N: n, Rows: each, In: []Extent{e}, Out: e}
				if onHalves(lrn, &shape, arch.Best()) == nil { // TestLRNHalf has those with kernels of float16
					halfOp(t, lrn, shape, x)
				}
			}
		}
	}
}

// halfOp compares with the operation itself, image by image.
func halfOp(t *testing.T, inner Op, s HalfShape, in ...[]Half) {
	t.Helper()
	op, err := NewHalf(inner, s, arch.Best())
	if err != nil {
		t.Fatal(err)
	}
	var want []Half
	for n := range s.N {
		var wide []*tensor
		for i, e := range s.In {
			at := n % s.images(i) * e.elements()
			wide = append(wide, dense(t, F32, 1, e.H, e.W, e.C, widened(in[i][at:][:e.elements()])))
		}
		out := newTensor(t, guard.End, F32, 1, s.Out.H, s.Out.W, s.Out.C, s.Out.C)
		runTask(t, inner, wide, []*tensor{out})
		want = append(want, narrowed(get[float32](out))...)
	}
	for i, side := range guard.Sides {
		var halves []*tensor
		for j, e := range s.In {
			halves = append(halves, set(newTensor(t, side, F16, s.images(j), e.H, e.W, e.C, e.C+3*i), in[j]))
		}
		out := newTensor(t, side, F16, s.N, s.Out.H, s.Out.W, s.Out.C, s.Out.C+2*i)
		runTask(t, op, halves, []*tensor{out})
		equalBits(t, op.Kernel(), get[Half](out), want)
	}
}
