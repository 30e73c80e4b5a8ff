package kernels

import (
	"fmt"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// finishShapes are convolutions of every kind: first layers, 1×1, 3×3 and 5×5, strided, in groups and by channel.
var finishShapes = []ConvShape{
	{N: 1, H: 19, W: 21, C: 3, K: 24, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1},
	{N: 2, H: 9, W: 11, C: 32, K: 72, R: 1, S: 1, StrideH: 1, StrideW: 1},
	{N: 2, H: 14, W: 18, C: 64, K: 68, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1,
		PadRight: 1},
	{N: 1, H: 16, W: 12, C: 32, K: 16, R: 5, S: 5, StrideH: 1, StrideW: 1, PadTop: 2, PadLeft: 2, PadBottom: 2,
		PadRight: 2},
	{N: 1, H: 21, W: 21, C: 3, K: 16, R: 7, S: 7, StrideH: 2, StrideW: 2, PadTop: 3, PadLeft: 3},
	{N: 2, H: 7, W: 9, C: 8, K: 16, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, Groups: 4},
	{N: 2, H: 11, W: 13, C: 40, K: 40, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, Groups: 40},
}

// everyChoice makes an operation in each way that it can be chosen; in one where there is no choice.
func everyChoice(t *testing.T, make func(p *Packing) (Op, error)) (ops []Op) {
	t.Helper()
	for i, n := 0, 1; i < n; i++ {
		p := NewPacking()
		p.Choose = func(_ string, all []Choice) int {
			n = len(all)
			return i
		}
		op, err := make(p)
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	return ops
}

// TestFinish: a convolution that is finished has the bits of one whose outputs another operation goes over, whoever
// computes what of it, at strides and with several outputs.
func TestFinish(t *testing.T) {
	r := newRand(t)
	for _, s := range finishShapes {
		s.DilationH, s.DilationW, s.Groups = 1, 1, max(s.Groups, 1)
		for _, segments := range [][]int{{s.K}, {s.K - 9, 9}} {
			if s.Groups > 1 && len(segments) > 1 {
				continue
			}
			for _, dt := range []DType{F32, U8} {
				weights := s.K * s.R * s.S * s.C / s.Groups
				var ops []Op
				var after []Op
				if dt == F32 {
					w := normals(r, weights)
					ops = everyChoice(t, func(p *Packing) (Op, error) {
						return PackConvF32(p, s, segments, ConvF32{w, nil, Clamp{-2, 5}}, arch.Best())
					})
				} else {
					q := ConvU8{Weights: integers[int8](r, weights, -90, 90), InZero: 119}
					for range s.K {
						q.Scale = append(q.Scale, 0.0005)
					}
					for range segments {
						q.Out = append(q.Out, OutU8{Zero: 128, Lo: 3, Hi: 250})
					}
					ops = everyChoice(t, func(p *Packing) (Op, error) { return PackConvU8(p, s, segments, q, arch.Best()) })
				}
				for i := range segments {
					f, err := NewCurveF32(Function{Of: []Curve{SiLU, HardSwish}[i]}, arch.Best())
					if dt == U8 {
						f, err = NewTableU8((*[256]uint8)(integers[uint8](r, 256, 0, 255)), arch.Best())
					}
					if err != nil {
						t.Fatal(err)
					}
					after = append(after, f)
				}
				for _, op := range ops {
					testFinish(t, op, after, s, dt, segments)
				}
			}
		}
	}
}

func testFinish(t *testing.T, op Op, after []Op, s ConvShape, dt DType, segments []int) {
	t.Helper()
	r := newRand(t)
	in := newTensor(t, guard.Sides[0], dt, s.N, s.H, s.W, s.C, s.C+4)
	if n := s.N * s.H * s.W * s.C; dt == F32 {
		set(in, normals(r, n))
	} else {
		set(in, integers[uint8](r, n, 0, 255))
	}
	tensors := func() (all []*tensor) {
		for i, k := range segments {
			all = append(all, newTensor(t, guard.Sides[i%2], dt, s.N, s.OutH(), s.OutW(), k, k+3*i))
		}
		return all
	}
	want, got := tensors(), tensors()
	runTask(t, op, []*tensor{in}, want)
	for i := range want {
		runTask(t, after[i], want[i:i+1], want[i:i+1])
	}
	done, err := Finish(op, after)
	if err != nil {
		t.Fatal(err)
	}
	runTask(t, done, []*tensor{in}, got)
	for i := range want {
		equalBits(t, fmt.Sprintf("%s over %+v, output %d", done.Kernel(), s, i), got[i].mem, want[i].mem)
	}
}

// TestFinishRefuses what is no function of one element.
func TestFinishRefuses(t *testing.T) {
	conv, err := NewConvF32(ConvShape{N: 1, H: 1, W: 1, C: 1, K: 1, R: 1, S: 1, StrideH: 1, StrideW: 1, DilationH: 1,
		DilationW: 1, Groups: 1}, nil, []float32{1}, nil, Clamp{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	add, _ := NewAddF32(Clamp{}, 0)
	scale, _ := NewAffineF32([]float32{1}, []float32{0}, 0)
	tables, _ := NewTablesU8(make([]uint8, 512), 0)
	for _, op := range []Op{add, scale, tables, conv} {
		if _, err := Finish(conv, []Op{op}); err == nil {
			t.Errorf("%s: no error", op.Kernel())
		}
	}
	if _, err := Finish(add, []Op{add, add}); err == nil {
		t.Error("two functions of one output: no error")
	}
}
