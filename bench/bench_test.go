package bench_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/internal/test/benchname"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// The peak of one thread, measured when first asked for: never by a test that times nothing.
var peaks = sync.OnceValue(func() *peak.Result {
	r := peak.Measure(1)
	return &r
})

// tiers are those of this CPU, best first; -short leaves out the slow generic one.
func tiers() []arch.ISA {
	all := slices.Clone(arch.Supported())
	slices.Reverse(all)
	if testing.Short() && len(all) > 1 {
		all = all[:len(all)-1]
	}
	return all
}

// eachLayer runs body for the layers of every network.
func eachLayer(b *testing.B, body func(b *testing.B, l *bench.Layer)) {
	for _, m := range bench.Models {
		g, err := m.Build(1)
		if err != nil {
			b.Fatal(err)
		}
		for _, l := range bench.Layers(m.Name, g) {
			body(b, &l)
		}
	}
}

// tensor is dense memory for a layer's input or output.
func tensor[T float32 | uint8](s runtime.Shape, dt kernels.DType, fill func() T) ([]T, kernels.View) {
	v := make([]T, s.Elements())
	for i := range v {
		if fill != nil {
			v[i] = fill()
		}
	}
	return v, kernels.View{Data: unsafe.Pointer(&v[0]), DType: dt, N: s.N, H: s.H, W: s.W, C: s.C, Stride: s.C}
}

// bind binds an op to one input and one output, for one worker.
func bind(op kernels.Op, in, out kernels.View) kernels.Task {
	scratch := make([]byte, op.Scratch(1)+64)
	skip := int(-uintptr(unsafe.Pointer(&scratch[0])) % 64)
	return op.Bind([]kernels.View{in}, []kernels.View{out}, scratch[skip:len(scratch)-64+skip], 1)
}

// variant is one way to compute a layer.
type variant struct {
	op    kernels.Op
	label string // dtype=…/algo=…/isa=…
}

// variants builds an op on every tier and keeps one of each kernel.
func variants(b *testing.B, build ...func(limit arch.ISA) (kernels.Op, error)) []variant {
	var all []variant
	seen := map[string]bool{}
	for _, isa := range tiers() {
		for _, f := range build {
			op, err := f(isa)
			if err != nil {
				continue // an algorithm that does not fit this shape
			}
			if name := op.Kernel(); !seen[name] {
				seen[name] = true
				all = append(all, variant{op, benchname.Of(name)})
			}
		}
	}
	if len(all) == 0 {
		_, err := build[0](arch.Best())
		b.Fatal(err)
	}
	return all
}

// measure verifies a task's result and then times it.
func measure(b *testing.B, l *bench.Layer, v variant, dt kernels.DType, in, out kernels.View, verify func() error) {
	b.Run(l.Keys()+"/"+v.label, func(b *testing.B) {
		task := bind(v.op, in, out)
		units := task.Units()
		task.Run(0, 0, units, nil)
		if err := verify(); err != nil {
			b.Fatalf("%s computes %s wrong: %v", v.op.Kernel(), l.Label, err)
		}
		b.SetBytes(int64(in.Extent() + out.Extent()))
		for b.Loop() {
			task.Run(0, 0, units, nil)
		}
		report(b, l.MACs(), peaks().For(dt, v.op.ISA()))
	})
}

// report adds MMAC/op, GMAC/s and %peak. The MACs are those of direct convolution, so Winograd may pass 100 %.
func report(b *testing.B, macs int64, peak float64) {
	if macs == 0 {
		return
	}
	rate := float64(macs) * float64(b.N) / float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(float64(macs)/1e6, "MMAC/op")
	b.ReportMetric(rate, "GMAC/s")
	if peak > 0 {
		b.ReportMetric(100*rate/peak, "%peak")
	}
}

// near wants every number within tolerance of the largest one.
func near(got, want []float32, tolerance float64) error {
	top := 0.0
	for _, w := range want {
		top = max(top, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= tolerance*top) {
			return fmt.Errorf("element %d is %v, want %v", i, got[i], w)
		}
	}
	return nil
}

// equal wants the same numbers.
func equal[T comparable](got, want []T) error {
	for i, w := range want {
		if got[i] != w {
			return fmt.Errorf("element %d is %v, want %v", i, got[i], w)
		}
	}
	return nil
}

// floatTolerance is loose enough for Winograd F(4,3), tight enough for any wrong index.
const floatTolerance = 3e-5

func BenchmarkConv(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *bench.Layer) {
		if l.Conv == nil {
			return
		}
		convF32(b, l)
		convU8(b, l)
	})
}

func convF32(b *testing.B, l *bench.Layer) {
	s, op := *l.Conv, l.Op.(*runtime.Conv)
	rnd := rand.New(rand.NewPCG(1, 2))
	x, in := tensor(l.In, kernels.F32, func() float32 { return float32(rnd.NormFloat64()) })
	y, out := tensor[float32](l.Out, kernels.F32, nil)
	act := op.Act.Kernel()
	want := sync.OnceValue(func() []float32 {
		ref := make([]float32, len(y))
		kernels.RefConvF32(&s, x, op.Weights, op.Bias, act, ref)
		return ref
	})
	for _, v := range variants(b,
		func(isa arch.ISA) (kernels.Op, error) {
			return kernels.NewConvF32(s, nil, op.Weights, op.Bias, act, isa)
		},
		func(isa arch.ISA) (kernels.Op, error) {
			return kernels.NewDirectConvF32(s, nil, op.Weights, op.Bias, act, isa)
		},
	) {
		measure(b, l, v, kernels.F32, in, out, func() error { return near(y, want(), floatTolerance) })
	}
}

func convU8(b *testing.B, l *bench.Layer) {
	s := *l.Conv
	rnd := rand.New(rand.NewPCG(3, 4))
	x, in := tensor(l.In, kernels.U8, func() uint8 { return uint8(rnd.IntN(256)) })
	y, out := tensor[uint8](l.Out, kernels.U8, nil)
	q := quantised(&s, rnd)
	want := sync.OnceValue(func() []uint8 {
		ref := make([]uint8, len(y))
		kernels.RefConvU8(&s, x, &q, ref)
		return ref
	})
	for _, v := range variants(b, func(isa arch.ISA) (kernels.Op, error) { return kernels.NewConvU8(s, nil, q, isa) }) {
		measure(b, l, v, kernels.U8, in, out, func() error { return equal(y, want()) })
	}
}

// quantised makes a layer whose weights use all of int8 and whose outputs use all of uint8.
func quantised(s *kernels.ConvShape, rnd *rand.Rand) kernels.ConvU8 {
	depth := s.R * s.S * s.C / s.Groups
	q := kernels.ConvU8{Weights: make([]int8, s.K*depth), Bias: make([]int32, s.K), Scale: make([]float32, s.K), InZero: 3,
		Out: []kernels.OutU8{{Zero: 100, Lo: 0, Hi: 255}}}
	for i := range q.Weights {
		q.Weights[i] = int8(max(-127, min(127, rnd.NormFloat64()*35)))
	}
	for k := range q.Scale {
		q.Bias[k] = int32(rnd.IntN(2000) - 1000)
		q.Scale[k] = float32(50 / (35 * 147 * math.Sqrt(float64(depth)))) // 50: the deviation of the output
	}
	return q
}

func BenchmarkPool(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *bench.Layer) {
		if l.Pool == nil {
			return
		}
		s := *l.Pool
		rnd := rand.New(rand.NewPCG(5, 6))
		x, in := tensor(l.In, kernels.F32, func() float32 { return float32(rnd.NormFloat64()) })
		y, out := tensor[float32](l.Out, kernels.F32, nil)
		want := sync.OnceValue(func() []float32 {
			ref := make([]float32, len(y))
			kernels.RefPoolF32(&s, l.Max(), x, ref)
			return ref
		})
		for _, v := range variants(b, func(isa arch.ISA) (kernels.Op, error) { return kernels.NewPoolF32(s, l.Max(), isa) }) {
			measure(b, l, v, kernels.F32, in, out, func() error { return near(y, want(), floatTolerance) })
		}
	})
}

func BenchmarkLRN(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *bench.Layer) {
		if op, ok := l.Op.(*runtime.LRN); ok {
			againstGeneric(b, l, func(isa arch.ISA) (kernels.Op, error) {
				return kernels.NewLRNF32(l.In.C, op.Size, op.Alpha, op.Beta, op.Bias, isa)
			})
		}
	})
}

func BenchmarkFC(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *bench.Layer) {
		if op, ok := l.Op.(*runtime.FC); ok {
			againstGeneric(b, l, func(isa arch.ISA) (kernels.Op, error) {
				return kernels.NewFCF32(l.In.N, l.In.H*l.In.W*l.In.C, op.K,
					kernels.FCF32{Weights: op.Weights, Bias: op.Bias, Act: op.Act.Kernel()}, isa)
			})
		}
	})
}

func BenchmarkSoftmax(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *bench.Layer) {
		if _, ok := l.Op.(*runtime.Softmax); ok {
			againstGeneric(b, l, kernels.NewSoftmaxF32)
		}
	})
}

// againstGeneric measures a layer whose reference is its generic kernel.
func againstGeneric(b *testing.B, l *bench.Layer, build func(arch.ISA) (kernels.Op, error)) {
	rnd := rand.New(rand.NewPCG(7, 8))
	_, in := tensor(l.In, kernels.F32, func() float32 { return float32(rnd.NormFloat64()) * 3 })
	y, out := tensor[float32](l.Out, kernels.F32, nil)
	want, wantView := tensor[float32](l.Out, kernels.F32, nil)
	ref, err := build(arch.Generic)
	if err != nil {
		b.Fatal(err)
	}
	task := bind(ref, in, wantView)
	task.Run(0, 0, task.Units(), nil)
	for _, v := range variants(b, build) {
		measure(b, l, v, kernels.F32, in, out, func() error { return near(y, want, floatTolerance) })
	}
}

// BenchmarkModel runs whole networks. Each configuration is compared with the generic tier before it is timed.
func BenchmarkModel(b *testing.B) {
	for _, m := range bench.Models {
		g, err := m.Build(1)
		if err != nil {
			b.Fatal(err)
		}
		x := bench.Picture(g.Inputs[0].Shape, 1, 2)
		want := sync.OnceValue(func() []float32 {
			s := newSession(b, g, arch.Generic, 1)
			defer s.Close()
			copy(s.Input(0).Float32(), x)
			if err := s.Run(); err != nil {
				b.Fatal(err)
			}
			return slices.Clone(s.Output(0).Float32())
		})
		for _, isa := range tiers() {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("net=%s/dtype=f32/isa=%v/threads=%d", m.Name, isa, threads), func(b *testing.B) {
					s := newSession(b, g, isa, threads)
					defer s.Close()
					run := func() {
						copy(s.Input(0).Float32(), x) // a run consumes its input
						if err := s.Run(); err != nil {
							b.Fatal(err)
						}
					}
					run()
					if err := near(s.Output(0).Float32(), want(), floatTolerance); err != nil {
						b.Fatalf("output is wrong: %v", err)
					}
					b.ReportAllocs()
					for b.Loop() {
						run()
					}
					report(b, bench.MACs(g), float64(threads)*peaks().For(kernels.F32, isa))
				})
			}
		}
	}
}

func newSession(b *testing.B, g *runtime.Graph, isa arch.ISA, threads int) *runtime.Session {
	plan, err := runtime.Compile(g, runtime.WithISA(isa), runtime.WithThreads(threads))
	if err != nil {
		b.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	return s
}
