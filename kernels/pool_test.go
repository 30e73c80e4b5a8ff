package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// poolOut is the output size of one dimension, in floor or ceil mode.
func poolOut(in, window, stride, dilation, pads int, ceil bool) int {
	room := in + pads - (window-1)*dilation - 1
	if ceil {
		room += stride - 1
	}
	return max(room, 0)/stride + 1
}

// squarePool is a square window with the same padding on all sides.
func squarePool(h, w, window, stride, pad, dilation int, ceil bool) PoolShape {
	return PoolShape{N: 1, H: h, W: w, R: window, S: window, StrideH: stride, StrideW: stride, PadTop: pad, PadLeft: pad,
		PadBottom: pad, PadRight: pad,
		DilationH: dilation, DilationW: dilation, OutH: poolOut(h, window, stride, dilation, 2*pad, ceil),
		OutW: poolOut(w, window, stride, dilation, 2*pad, ceil)}
}

// poolShapes are windows without their channels. Those for maxpool3 are 3×3, not dilated, of stride 1 or 2.
func poolShapes(three bool) (shapes []PoolShape) {
	if three {
		for _, hw := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 3}, {5, 4}, {7, 7}, {6, 11}, {8, 8}} {
			for _, stride := range []int{1, 2} {
				for _, pad := range []int{0, 1, 2} {
					for _, ceil := range []bool{false, true} {
						s := squarePool(hw[0], hw[1], 3, stride, pad, 1, ceil)
						shapes = append(shapes, s)
						s.PadLeft, s.PadBottom = 0, 0 // asymmetric
						s.OutW, s.OutH = poolOut(s.W, 3, stride, 1, pad, ceil), poolOut(s.H, 3, stride, 1, pad, ceil)
						shapes = append(shapes, s)
						s.StrideH = 3 - stride
						s.OutH = poolOut(s.H, 3, s.StrideH, 1, pad, ceil)
						shapes = append(shapes, s)
					}
				}
			}
		}
		return shapes
	}
	for _, g := range [][5]int{{1, 1, 0, 1}, {1, 2, 0, 1}, {2, 2, 0, 1}, {2, 1, 1, 1}, {5, 3, 2, 1}, {3, 1, 2, 2},
		{3, 3, 1, 1}, {2, 2, 3, 3}, {4, 2, 5, 2}} {
		for _, ceil := range []bool{false, true} {
			shapes = append(shapes, squarePool(7, 7, g[0], g[1], g[2], g[3], ceil),
				squarePool(5, 12, g[0], g[1], g[2], g[3], ceil))
		}
	}
	wide := squarePool(6, 9, 1, 1, 0, 1, false) // 1×3 and 3×1
	wide.S, wide.PadLeft, wide.PadRight = 3, 1, 1
	tall := squarePool(6, 9, 1, 1, 0, 1, false)
	tall.R, tall.PadTop, tall.OutH = 3, 2, 6
	global := squarePool(13, 11, 1, 1, 0, 1, false) // more taps than one call takes
	global.R, global.S, global.OutH, global.OutW = 13, 11, 1, 1
	nothing := squarePool(2, 2, 2, 1, 2, 1, false) // corner windows have no taps
	return append(shapes, wide, tall, global, nothing)
}

// some are four of the sizes, others for each i: all pairs of shape and size would take too long.
func some(sizes []int, i int) (four []int) {
	for j := range 4 {
		four = append(four, sizes[(4*i+j)%len(sizes)])
	}
	return four
}

func TestPool(t *testing.T) {
	for _, kind := range []OpKind{OpMaxPool, OpMaxPool3, OpAvgPool} {
		maximum := kind != OpAvgPool
		forKernels(t, kind, F32, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for i, s := range poolShapes(kind == OpMaxPool3) {
				for _, c := range some(around(k.NR), i) {
					for _, includePad := range []bool{false, true} {
						if includePad && maximum {
							continue
						}
						s.CountIncludePad = includePad
						s.C = c
						s.N = 1 + r.IntN(2)
						in := normals(r, s.N*s.H*s.W*s.C)
						testPool(t, k, s, maximum, in)
					}
				}
			}
		})
	}
}

func testPool(t *testing.T, k *Kernel, s PoolShape, maximum bool, values []float32) {
	t.Helper()
	op, err := NewPoolF32(s, maximum, k.ISA)
	if err != nil {
		t.Fatal(err)
	}
	if op.Kernel() != k.Name {
		t.Fatalf("%s was chosen for %+v, want %s", op.Kernel(), s, k.Name)
	}
	want := make([]float32, s.N*s.OutH*s.OutW*s.C)
	RefPoolF32(&s, maximum, values, want)
	want = plainZeros(want)
	for i, side := range guard.Sides {
		in := set(newTensor(t, side, F32, s.N, s.H, s.W, s.C, s.C+3*i), values)
		out := newTensor(t, side, F32, s.N, s.OutH, s.OutW, s.C, s.C+5*(1-i))
		runTask(t, op, []*tensor{in}, []*tensor{out})
		equalBits(t, fmt.Sprintf("%+v", s), plainZeros(get[float32](out)), want)
	}
}

func TestPoolSpecialValues(t *testing.T) {
	nan := float32(math.NaN())
	for _, kind := range []OpKind{OpMaxPool, OpMaxPool3, OpAvgPool} {
		forKernels(t, kind, F32, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			s := squarePool(6, 6, 2, 1, 1, 1, false)
			if kind == OpMaxPool3 {
				s = squarePool(6, 6, 3, 1, 1, 1, false)
			}
			for _, c := range []int{1, 8, 45} {
				s.C = c
				in := normals(r, s.H*s.W*c)
				for i := range in {
					switch r.IntN(3) {
					case 0:
						in[i] = nan
					case 1:
						in[i] = []float32{negInf, posInf, math.MaxFloat32, -math.MaxFloat32, 0, float32(math.Copysign(0, -1))}[r.IntN(6)]
					}
				}
				testPool(t, k, s, kind != OpAvgPool, in)
			}
		})
	}
}

// Large views of few pixels and huge windows go through the drivers' cutting.
func TestPoolLarge(t *testing.T) {
	for _, kind := range []OpKind{OpMaxPool, OpMaxPool3, OpAvgPool} {
		forKernels(t, kind, F32, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			s := PoolShape{N: 1, H: 40, W: 30, C: 21, R: 40, S: 30, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, OutH: 1,
				OutW: 1}
			if kind == OpMaxPool3 {
				s = squarePool(3, 2600, 3, 1, 1, 1, false)
				s.C = 64
			}
			testPool(t, k, s, kind != OpAvgPool, normals(r, s.H*s.W*s.C))
			if kind == OpMaxPool {
				s = squarePool(2, 9, 2, 1, 1, 1, false)
				s.C = 50000
				testPool(t, k, s, true, normals(r, s.H*s.W*s.C))
			}
		})
	}
}

func TestMaxPoolU8(t *testing.T) {
	for _, kind := range []OpKind{OpMaxPool, OpMaxPool3} {
		forKernels(t, kind, U8, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for i, s := range poolShapes(kind == OpMaxPool3) {
				for _, c := range some(around(k.NR), i) {
					s.C = c
					values := integers[uint8](r, s.H*s.W*c, 0, 255)
					op, err := NewMaxPoolU8(s, k.ISA)
					if err != nil || op.Kernel() != k.Name {
						t.Fatal(op, err)
					}
					floats, best := make([]float32, len(values)), make([]float32, s.OutH*s.OutW*c)
					for i, v := range values {
						floats[i] = float32(v)
					}
					RefPoolF32(&s, true, floats, best)
					want := make([]uint8, len(best))
					for i, v := range best {
						want[i] = uint8(max(v, 0))
					}
					for i, side := range guard.Sides {
						in := set(newTensor(t, side, U8, 1, s.H, s.W, c, c+3*i), values)
						out := newTensor(t, side, U8, 1, s.OutH, s.OutW, c, c+5*(1-i))
						runTask(t, op, []*tensor{in}, []*tensor{out})
						equalBits(t, fmt.Sprintf("%+v", s), get[uint8](out), want)
					}
				}
			}
		})
	}
}

func TestPoolErrors(t *testing.T) {
	good := squarePool(5, 5, 3, 1, 1, 1, false)
	good.C = 4
	for _, spoil := range []func(s *PoolShape){
		func(s *PoolShape) { s.C = 0 },
		func(s *PoolShape) { s.StrideH = 0 },
		func(s *PoolShape) { s.PadLeft = -1 },
		func(s *PoolShape) { s.OutW = 9 },
		func(s *PoolShape) { s.R = math.MaxInt32; s.DilationH = math.MaxInt32 },
	} {
		s := good
		spoil(&s)
		if _, err := NewPoolF32(s, true, arch.Generic); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}

// Bind refuses views that are not what the op was made for, before any assembly sees them.
func TestBindChecks(t *testing.T) {
	s := squarePool(4, 4, 2, 2, 0, 1, false)
	s.C = 8
	ops := map[string]Op{}
	add := func(name string, op Op, err error) {
		if err != nil {
			t.Fatal(name, err)
		}
		ops[name] = op
	}
	op, err := NewPoolF32(s, true, arch.Best())
	add("pool", op, err)
	op, err = NewFCF32(1, 8, 2, FCF32{Weights: make([]float32, 16)}, arch.Best())
	add("fc", op, err)
	op, err = NewLRNF32(8, 5, 1, 0.75, 1, arch.Best())
	add("lrn", op, err)
	op, err = NewSoftmaxF32(arch.Best())
	add("softmax", op, err)
	op, err = NewAddF32(Clamp{}, arch.Best())
	add("add", op, err)
	op, err = NewAffineF32(make([]float32, 8), make([]float32, 8), arch.Best())
	add("affine", op, err)
	op, err = NewCopy(F32, arch.Best())
	add("copy", op, err)
	op, err = NewFlatten(F32, arch.Best())
	add("flatten", op, err)
	in, out := newTensor(t, guard.End, F32, 1, 4, 4, 8, 8), newTensor(t, guard.End, F32, 1, 4, 4, 7, 8)
	for name, op := range ops {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Bind accepted an output of another shape", name)
				}
			}()
			op.Bind([]View{in.View}, []View{out.View}, aligned[byte](op.Scratch(1)), 1)
		}()
	}
}
