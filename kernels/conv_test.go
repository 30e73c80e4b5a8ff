package kernels

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// convCase is a geometry and the outputs it is cut into.
type convCase struct {
	ConvShape
	segments []int
}

func (c convCase) String() string {
	return fmt.Sprintf("%dx%dx%dx%d_k%d_%dx%d_s%d%d_p%d%d%d%d_d%d%d_g%d_%v", c.N, c.H, c.W, c.C, c.K, c.R, c.S, c.StrideH,
		c.StrideW,
		c.PadTop, c.PadLeft, c.PadBottom, c.PadRight, c.DilationH, c.DilationW, c.Groups, c.segments)
}

func square(n, h, c, k, r, stride, pad int) convCase {
	return convCase{ConvShape: ConvShape{N: n, H: h, W: h, C: c, K: k, R: r, S: r, StrideH: stride, StrideW: stride,
		PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad, DilationH: 1, DilationW: 1, Groups: 1}}
}

// convCases cover every path: tile remainders of the kernels in use (MR 2, 4, 6, 8; NR 4, 16, 32; KR 1, 2, 4), prime
// sizes, the windows of GoogLeNet, strides, uneven padding, dilation, groups, segments, batches.
func convCases() []convCase {
	var cases []convCase
	for _, h := range []int{1, 2, 3, 5, 7} {
		for _, c := range []int{1, 3, 4, 7, 8, 16} {
			for _, k := range []int{1, 4, 15, 16, 17, 33} {
				cases = append(cases, square(1, h, c, k, 1, 1, 0))
			}
		}
	}
	for _, r := range []int{3, 5, 7} {
		for _, stride := range []int{1, 2} {
			for _, c := range []int{3, 5, 16, 20} {
				cases = append(cases, square(1, 11, c, 19, r, stride, r/2), square(2, 8, c, 32, r, stride, 0))
			}
		}
	}
	cases = append(cases,
		square(1, 23, 3, 64, 7, 2, 3), square(1, 14, 32, 24, 3, 1, 1), square(2, 13, 16, 48, 3, 1, 1),
		square(1, 6, 48, 16, 3, 1, 0),
		square(1, 17, 64, 17, 3, 1, 2), square(3, 9, 16, 7, 5, 1, 2))
	for c, r := range []int{9, 4, 3, 7} { // columns of few channels, and rows enough to move them back
		for stride := 1; stride <= 3; stride++ {
			few := square(2, 9*stride+r, c+1, 16+c, r, stride, c%3)
			few.W = few.H/2 + r + c
			few.PadLeft, few.PadBottom, few.StrideW = c, stride, 1+(stride+c)%3
			cases = append(cases, few)
		}
	}
	uneven := square(1, 9, 6, 10, 3, 2, 0)
	uneven.PadTop, uneven.PadRight, uneven.S, uneven.StrideW, uneven.W = 2, 1, 2, 1, 13
	dilated := square(1, 13, 8, 9, 3, 1, 2)
	dilated.DilationH, dilated.DilationW = 2, 2
	odd := square(1, 13, 5, 9, 3, 1, 2)
	odd.DilationH, odd.DilationW = 1, 3
	tall := square(1, 12, 3, 8, 3, 1, 1)
	tall.R, tall.PadTop, tall.DilationH = 5, 4, 2
	grouped := square(2, 7, 12, 18, 3, 1, 1)
	grouped.Groups = 3
	for _, c := range []int{8, 11, 16, 27, 40} { // a filter for each channel: whole blocks of the kernels, and more
		for _, r := range []int{1, 3, 5} {
			depth := square(2, 8, c, c, r, 1+c%2, r/2)
			depth.Groups = c
			cases = append(cases, depth)
		}
	}
	lost := square(1, 3, 16, 16, 3, 1, 4) // windows in the padding alone
	lost.Groups = 16
	siblings := square(1, 7, 24, 16+24+5, 1, 1, 0)
	siblings.segments = []int{16, 24, 5}
	wide := square(1, 10, 16, 33+16, 3, 1, 1)
	wide.segments = []int{33, 16}
	// Winograd's short tiles: below, at the right, both, alone, in several blocks
	for _, hw := range [][2]int{{2, 2}, {6, 4}, {4, 6}, {2, 9}, {30, 30}} {
		short := square(1+hw[0]%3/2, hw[0], 32, 40, 3, 1, 1)
		short.W = hw[1]
		cases = append(cases, short)
	}
	// more than 64 channels, and no multiple
	cases = append(cases, square(1, 7, 148, 40, 1, 1, 0), square(2, 5, 100, 33, 3, 1, 1))
	return append(cases, uneven, dilated, odd, tall, grouped, lost, siblings, wide)
}

// convOps builds every implementation of a case that this CPU can run, by name: what each tier chooses, each tile
// kernel of the table by itself, and Winograd wherever it fits.
func convOps(t *testing.T, c convCase, dt DType, build func(limit arch.ISA) (Op, error), tile func(*Kernel) Op,
	wino map[string]func(arch.ISA) Op) map[string]Op {
	ops := map[string]Op{}
	if _, err := arch.Default(); err != nil { // GNEISS_REQUIRE names a tier that would go untested
		t.Fatal(err)
	}
	for _, isa := range arch.Supported() {
		op, err := build(isa)
		if err != nil {
			t.Fatal(err)
		}
		ops["chosen_"+isa.String()+"_"+op.Kernel()] = op
		for form, make := range wino {
			ops["winograd"+form+"_"+isa.String()] = make(isa)
		}
	}
	if c.Groups == 1 {
		for i := range Table() {
			k := &Table()[i]
			if k.DType != dt || !k.Runnable() {
				continue
			}
			if k.Op == OpConvTile || k.Op == OpConvWide && c.DilationW == 1 {
				ops["tile_"+k.Name] = tile(k)
			}
		}
	}
	return ops
}

// guarded returns n elements at one end of a guarded region.
func guarded[T any](t *testing.T, side guard.Side, n int) []T {
	var zero T
	b := guard.Bytes(t, side, n*int(unsafe.Sizeof(zero)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// runConv runs an op on both sides of guard pages and returns its outputs, which must not differ.
func runConv[T float32 | uint8 | Half](t *testing.T, c convCase, dt DType, op Op, in []T, inGap, outGap int,
	canary T) []T {
	out := runConvGuarded(t, guard.Start, c, dt, op, in, inGap, outGap, canary)
	runConvGuarded(t, guard.End, c, dt, op, in, inGap, outGap, canary)
	return out
}

// runConvGuarded runs an op between guard pages with every output strided and its gaps watched, its units in two uneven
// shares by two workers, and returns the outputs joined along the channels.
func runConvGuarded[T float32 | uint8 | Half](t *testing.T, side guard.Side, c convCase, dt DType, op Op, in []T, inGap,
	outGap int, canary T) []T {
	segments := seg(c)
	px := c.N * c.OutH() * c.OutW()
	src := guarded[T](t, side, (c.N*c.H*c.W-1)*(c.C+inGap)+c.C)
	for p := range c.N * c.H * c.W {
		copy(src[p*(c.C+inGap):], in[p*c.C:][:c.C])
	}
	inView := View{Data: addr(src), DType: dt, N: c.N, H: c.H, W: c.W, C: c.C, Stride: c.C + inGap}
	var outs []View
	var bufs [][]T
	for _, k := range segments {
		buf := guarded[T](t, side, (px-1)*(k+outGap)+k)
		for i := range buf {
			buf[i] = canary
		}
		bufs = append(bufs, buf)
		outs = append(outs, View{Data: addr(buf), DType: dt, N: c.N, H: c.OutH(), W: c.OutW(), C: k, Stride: k + outGap})
	}
	scratch := guarded[byte](t, side, (op.Scratch(2)+63)&^63)
	task := op.Bind([]View{inView}, outs, scratch, 2)
	units := task.Units()
	cut := units / 3
	task.Run(1, cut, units, nil)
	task.Run(0, 0, cut, nil)
	joined := make([]T, 0, px*c.K)
	for p := range px {
		for i, k := range segments {
			row := bufs[i][p*(k+outGap):]
			joined = append(joined, row[:k]...)
			for j := k; j < min(k+outGap, len(row)); j++ {
				if row[j] != canary {
					t.Fatalf("pixel %d: wrote into the gap after segment %d", p, i)
				}
			}
		}
	}
	return joined
}

func TestConvF32(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	act := Clamp{-0.5, 4}
	for _, c := range convCases() {
		t.Run(c.String(), func(t *testing.T) {
			depth := c.R * c.S * c.C / c.Groups
			in, w, b := make([]float32, c.N*c.H*c.W*c.C), make([]float32, c.K*depth), make([]float32, c.K)
			for _, s := range [][]float32{in, w, b} {
				for i := range s {
					s[i] = rnd.Float32()*2 - 1
				}
			}
			want := make([]float32, c.N*c.OutH()*c.OutW()*c.K)
			RefConvF32(&c.ConvShape, in, w, b, act, want)
			wino := map[string]func(arch.ISA) Op{}
			for _, f := range []*winoForm{&winoF43, &winoF25, &winoF23, &winoF34} {
				if winogradFits(&c.ConvShape, f) {
					wino[f.name] = func(isa arch.ISA) Op { return newWinogradF32(nil, f, c.ConvShape, seg(c), w, b, act, isa) }
				}
			}
			ops := convOps(t, c, F32, func(l arch.ISA) (Op, error) { return NewConvF32(c.ConvShape, c.segments, w, b, act, l) },
				func(k *Kernel) Op {
					return newDirectConv(newConvF32(nil, c.ConvShape, seg(c), c.R*c.S, c.C, w, b, act, k))
				}, wino)
			for name, op := range ops {
				got := runConv(t, c, F32, op, in, 3, 5, float32(math.Pi))
				// Every product is ≤ 1, so a sum of K+1 terms rounded at each step is within (K+1)²·ε/2 of the exact
				// one; Winograd F(4,3) multiplies intermediate magnitudes by at most 100 (docs/NUMERICS.md).
				bound := float64(depth+1) * float64(depth+1) / (1 << 24)
				if math.Sqrt(float64(depth))*1e-6 < bound {
					bound = math.Sqrt(float64(depth)) * 1e-6
				}
				if strings.Contains(op.Kernel(), "winograd") {
					bound *= 12
				}
				for i := range want {
					if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= bound) {
						t.Fatalf("%s: output %d is %v, want %v ± %g", name, i, got[i], want[i], bound)
					}
				}
			}
		})
	}
}

func seg(c convCase) []int {
	if c.segments == nil {
		return []int{c.K}
	}
	return c.segments
}

// Small integers make every float sum exact, so that direct kernels must equal the reference bit for bit.
func TestConvF32Exact(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	act := Clamp{0, posInf}
	for _, c := range convCases() {
		depth := c.R * c.S * c.C / c.Groups
		in, w, b := make([]float32, c.N*c.H*c.W*c.C), make([]float32, c.K*depth), make([]float32, c.K)
		for _, s := range [][]float32{in, w, b} {
			for i := range s {
				s[i] = float32(rnd.IntN(17) - 8)
			}
		}
		want := make([]float32, c.N*c.OutH()*c.OutW()*c.K)
		RefConvF32(&c.ConvShape, in, w, b, act, want)
		if c.Groups > 1 {
			continue
		}
		for i := range Table() {
			k := &Table()[i]
			if k.Op != OpConvTile || k.DType != F32 || !k.Runnable() {
				continue
			}
			got := runConv(t, c, F32, newDirectConv(newConvF32(nil, c.ConvShape, seg(c), c.R*c.S, c.C, w, b, act, k)), in, 0, 0,
				0)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%v %s: output %d is %v, want %v", c, k.Name, i, got[i], want[i])
				}
			}
		}
	}
}

// A NaN in the input comes out as a NaN, whatever the clamp.
func TestConvNaN(t *testing.T) {
	c := square(1, 4, 16, 16, 1, 1, 0)
	in, w := make([]float32, 16*16), make([]float32, 16*16)
	in[5*16+3] = float32(math.NaN())
	for i := range w {
		w[i] = 1
	}
	for _, isa := range arch.Supported() {
		op, err := NewConvF32(c.ConvShape, nil, w, nil, Clamp{0, 6}, isa)
		if err != nil {
			t.Fatal(err)
		}
		got := runConv(t, c, F32, op, in, 0, 0, 0)
		for p := range 16 {
			if isNaN := got[p*16] != got[p*16]; isNaN != (p == 5) {
				t.Errorf("%s: pixel %d is %v", op.Kernel(), p, got[p*16])
			}
		}
	}
}

func TestConvU8(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for i, c := range convCases() {
		for _, kind := range []string{"usual", "extreme", "bound", "parts"}[i%2*(i/2%2) : 3+i/2%2] {
			t.Run(fmt.Sprintf("%v_%s", c, kind), func(t *testing.T) {
				in, q := randomU8(rnd, c, kind != "usual")
				switch kind {
				case "bound":
					q.atBound()
				case "parts":
					q.addParts(rnd, 2+i%3/2)
				}
				want := make([]uint8, c.N*c.OutH()*c.OutW()*c.K)
				RefConvU8(&c.ConvShape, in, &q, want)
				q.Out = slices.Repeat(q.Out, len(seg(c)))
				wino := map[string]func(arch.ISA) Op{}
				for _, f := range formsU8 {
					if kind != "parts" && winogradFits(&c.ConvShape, f) && f.exactU8(q.largest(&c.ConvShape), q.Scale) {
						wino[f.name] = func(isa arch.ISA) Op { return newWinogradU8(f, c.ConvShape, seg(c), q, isa) }
					}
				}
				ops := convOps(t, c, U8, func(l arch.ISA) (Op, error) { return NewConvU8(c.ConvShape, c.segments, q, l) },
					func(k *Kernel) Op {
						switch {
						case k.Op == OpConvWide: // row copies only
							return newRowConv(newConvU8(c.ConvShape, seg(c), c.R, c.S*c.C, q, k))
						case fewChannels(&c.ConvShape), c.C%k.KR != 0 && c.DilationW == 1:
							return newRowConvU8(c.ConvShape, seg(c), q, k)
						case c.C%k.KR != 0:
							k = convTile(U8, arch.Generic)
						}
						return newDirectConv(newConvU8(c.ConvShape, seg(c), c.R*c.S, c.C, q, k))
					}, wino)
				for i := range Table() {
					k := &Table()[i]
					if (k.Op == OpConvTile || k.Op == OpConvWide) && k.DType == U8 && k.Runnable() && c.Groups == 1 &&
						columnsFit(&c.ConvShape) {
						ops["columns_"+k.Name] = newColumnConvU8(c.ConvShape, seg(c), q, k)
					}
				}
				for name, op := range ops {
					if got := runConv(t, c, U8, op, in, 3, 5, 0xA5); !bytes.Equal(got, want) {
						for i := range want {
							if got[i] != want[i] {
								t.Fatalf("%s: output %d is %d, want %d", name, i, got[i], want[i])
							}
						}
					}
				}
			})
		}
	}
}

// randomU8 makes inputs and parameters; the extreme ones are all 0 or 255 and ±127, so that pairs of products would
// saturate int16 and accumulators are as large as they get.
func randomU8(rnd *rand.Rand, c convCase, extreme bool) ([]uint8, ConvU8) {
	depth := c.R * c.S * c.C / c.Groups
	in := make([]uint8, c.N*c.H*c.W*c.C)
	q := ConvU8{Weights: make([]int8, c.K*depth), Bias: make([]int32, c.K), Scale: make([]float32, c.K),
		InZero: uint8(rnd.IntN(256))}
	zero := uint8(rnd.IntN(256))
	q.Out = []OutU8{{Zero: zero, Lo: zero / 2, Hi: 255 - zero/4}}
	if rnd.IntN(2) == 0 {
		q.Out[0] = OutU8{Zero: zero, Lo: 0, Hi: 255} // the whole range
	}
	for i := range in {
		in[i] = uint8(rnd.IntN(256))
		if extreme {
			in[i] = uint8(255 * min(rnd.IntN(5), 1))
		}
	}
	for i := range q.Weights {
		q.Weights[i] = int8(max(-127, min(127, rnd.NormFloat64()*40)))
		if extreme {
			q.Weights[i] = int8(127 - 254*(i/7%2))
		}
	}
	for i := range q.Scale {
		q.Bias[i] = int32(rnd.IntN(1<<16) - 1<<15)
		q.Scale[i] = rnd.Float32() * 64 / float32(depth*127)
		if extreme && i%3 == 0 && q.Out[0].Hi < 255 {
			q.Scale[i] = math.MaxFloat32 // overflows to ±Inf, which clamps
		}
		if extreme && i%3 == 1 { // beyond what a float's last bits count in ones
			q.Scale[i] = float32(math.Ldexp(1+rnd.Float64(), rnd.IntN(24)-4))
		}
	}
	return in, q
}

func TestConvRefuses(t *testing.T) {
	good := square(1, 4, 4, 4, 3, 1, 1).ConvShape
	w, scale := make([]int8, 4*36), []float32{1, 1, 1, 1}
	q := ConvU8{Weights: w, Scale: scale, Out: []OutU8{{}}}
	for name, bad := range map[string]func(s *ConvShape, q *ConvU8){
		"no rows":     func(s *ConvShape, q *ConvU8) { s.H = 0 },
		"window":      func(s *ConvShape, q *ConvU8) { s.R = 9; q.Weights = make([]int8, 4*9*3*4) },
		"groups":      func(s *ConvShape, q *ConvU8) { s.Groups = 3 },
		"weights":     func(s *ConvShape, q *ConvU8) { q.Weights = w[1:] },
		"scales":      func(s *ConvShape, q *ConvU8) { q.Scale = scale[1:] },
		"scale zero":  func(s *ConvShape, q *ConvU8) { q.Scale = []float32{1, 0, 1, 1} },
		"scale NaN":   func(s *ConvShape, q *ConvU8) { q.Scale = []float32{1, float32(math.NaN()), 1, 1} },
		"weight −128": func(s *ConvShape, q *ConvU8) { q.Weights = append([]int8{-128}, w[1:]...) },
		"bias overflow": func(s *ConvShape, q *ConvU8) {
			q.Bias, q.Weights = []int32{math.MaxInt32 - 254, 0, 0, 0}, append([]int8{1}, w[1:]...)
		},
		"bias −2³¹": func(s *ConvShape, q *ConvU8) { q.Bias = []int32{0, math.MinInt32, 0, 0} },
		"range":     func(s *ConvShape, q *ConvU8) { q.Out = []OutU8{{Lo: 9, Hi: 3}} },
	} {
		s, q := good, q
		bad(&s, &q)
		if _, err := NewConvU8(s, nil, q, arch.Best()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewConvU8(good, nil, q, arch.Best()); err != nil {
		t.Error(err)
	}
	if _, err := NewConvF32(good, []int{3, 2}, make([]float32, 4*36), nil, Clamp{}, arch.Best()); err == nil {
		t.Error("segments of 5 channels out of 4: accepted")
	}
}

func TestConvRunDoesNotAllocate(t *testing.T) {
	c := square(1, 9, 16, 32, 3, 1, 1)
	in, q := randomU8(rand.New(rand.NewPCG(9, 9)), c, false)
	op, err := NewConvU8(c.ConvShape, nil, q, arch.Best())
	if err != nil {
		t.Fatal(err)
	}
	out := make([]uint8, 9*9*32)
	task := op.Bind([]View{{Data: addr(in), DType: U8, N: 1, H: 9, W: 9, C: 16, Stride: 16}},
		[]View{{Data: addr(out), DType: U8, N: 1, H: 9, W: 9, C: 32, Stride: 32}}, aligned[byte](op.Scratch(1)), 1)
	if n := testing.AllocsPerRun(10, func() { task.Run(0, 0, task.Units(), nil) }); n != 0 {
		t.Errorf("%v allocations per run", n)
	}
}
