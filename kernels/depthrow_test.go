package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/benchname"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// slidingCases are windows that slide: maps below, at and above a tile's pixels, clipped at each side or at none, and
// channels below, at and above the vectors of the kernels.
func slidingCases() (cases []convCase) {
	for i, w := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 19, 23, 35} {
		for j, c := range []int{2, 8, 13, 16, 24, 33, 71} {
			for form := range 4 {
				size, stride, pads := 3+form/2*2, 1+form%2, i+j+form
				d := square(1+pads%2, 1+(w+pads)%6, c, c, size, stride, pads%3)
				d.W, d.Groups = w, c
				d.PadTop, d.PadRight, d.PadBottom = pads/2%3, pads/3%4, pads/4%3
				d.R, d.DilationH = 1+(size-1+pads%5)%5, 1+pads%7/6
				if d.W+d.PadLeft+d.PadRight >= d.S && d.H+d.PadTop+d.PadBottom > (d.R-1)*d.DilationH {
					cases = append(cases, d)
				}
			}
		}
	}
	for i, v := range [][4]int{{300, 33, 3, 1}, {610, 17, 3, 2}, {70, 200, 5, 1}, {300, 47, 5, 2}} { // calls, blocks
		d := square(1, 3+i%2, v[1], v[1], v[2], v[3], v[2]/2)
		d.W, d.Groups = v[0], v[1]
		cases = append(cases, d)
	}
	return cases
}

// Windows that slide along rows give integers exactly, on every tier.
func TestDepthRowF32(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	slid := map[string]int{}
	for _, c := range slidingCases() {
		in, w := integersOf(rnd, c.N*c.H*c.W*c.C), integersOf(rnd, c.C*c.R*c.S)
		bias, want := integersOf(rnd, c.C), make([]float32, c.N*c.OutH()*c.OutW()*c.C)
		act := Clamp{-300, 200}
		RefConvF32(&c.ConvShape, in, w, bias, act, want)
		for _, isa := range arch.Supported() {
			op, err := NewConvF32(c.ConvShape, nil, w, bias, act, isa)
			if err != nil {
				t.Fatal(err)
			}
			slid[op.Kernel()]++
			got := runConv(t, c, F32, op, in, 3, 5, float32(0.5))
			equalBits(t, fmt.Sprintf("%v %s", c, op.Kernel()), got, want)
		}
	}
	allSlid(t, OpDepthRow, F32, 50, slid)
}

// Quantised ones give the reference's bytes, from any zero point.
func TestDepthRowU8(t *testing.T) {
	rnd := rand.New(rand.NewPCG(17, 18))
	slid := map[string]int{}
	for i, c := range slidingCases() {
		in, q := randomU8(rnd, c, i%2 == 0)
		want := make([]uint8, c.N*c.OutH()*c.OutW()*c.C)
		RefConvU8(&c.ConvShape, in, &q, want)
		for _, isa := range arch.Supported() {
			op, err := NewConvU8(c.ConvShape, nil, q, isa)
			if err != nil {
				t.Fatal(err)
			}
			slid[op.Kernel()]++
			got := runConv(t, c, U8, op, in, 3, 5, uint8(77))
			equalBits(t, fmt.Sprintf("%v %s", c, op.Kernel()), got, want)
		}
	}
	allSlid(t, OpDepthRow, U8, 30, slid)
	slid["u8_depthpair__generic"] = 50 // nothing takes it
	allSlid(t, OpDepthPair, U8, 50, slid)
}

// A scale and a shift of each channel, which is a window of one tap, gives the reference's bytes: blocks of channels
// and what is left of them, from any zero point.
func TestDepthwiseOneTapU8(t *testing.T) {
	rnd := rand.New(rand.NewPCG(19, 20))
	for i, channels := range append(around(64), 80, 160, 191) {
		for _, stride := range []int{1, 2} {
			c := square(1+i%2, 5, channels, channels, 1, stride, i%5/4)
			c.Groups, c.W = channels, 7
			in, q := randomU8(rnd, c, i%2 == 0)
			want := make([]uint8, c.N*c.OutH()*c.OutW()*c.C)
			RefConvU8(&c.ConvShape, in, &q, want)
			for _, isa := range arch.Supported() {
				op, err := NewConvU8(c.ConvShape, nil, q, isa)
				if err != nil {
					t.Fatal(err)
				}
				got := runConv(t, c, U8, op, in, 3, 5, uint8(77))
				equalBits(t, fmt.Sprintf("%v %s", c, op.Kernel()), got, want)
			}
		}
	}
}

// groupCases are windows that slide over groups of channels.
func groupCases() (cases []convCase) {
	for i, w := range []int{1, 3, 7, 8, 9, 17, 30, 270} {
		for j, g := range []int{2, 4, 8, 16} {
			for form := range 4 {
				size, stride, pads := 3+form/2*2, 1+form%2, i+j+form
				c := max(16, 2*g) + g*(pads%5)
				d := square(1+pads%2, 3+pads%4, c, c, size, stride, pads%3)
				d.W, d.Groups = w, c/g
				d.PadTop, d.PadRight = pads/2%3, 2+pads/3%2
				if d.W+d.PadLeft+d.PadRight >= d.S && d.H+d.PadTop+d.PadBottom >= d.R {
					cases = append(cases, d)
				}
			}
		}
	}
	return cases
}

// Groups of few channels give integers exactly and, quantised, the reference's bytes, chosen and by every kernel.
func TestGroupRow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(37, 38))
	slid := map[string]int{}
	for i, c := range groupCases() {
		g := c.C / c.Groups
		in, w := integersOf(rnd, c.N*c.H*c.W*c.C), integersOf(rnd, c.C*c.R*c.S*g)
		bias, want := integersOf(rnd, c.C), make([]float32, c.N*c.OutH()*c.OutW()*c.C)
		layer := ConvF32{w, bias, Clamp{-900, 1200}}
		RefConvF32(&c.ConvShape, in, w, bias, layer.Act, want)
		inU8, q := randomU8(rnd, c, i%2 == 0)
		wantU8 := make([]uint8, len(want))
		RefConvU8(&c.ConvShape, inU8, &q, wantU8)
		for _, isa := range arch.Supported() {
			op, err := NewConvF32(c.ConvShape, nil, w, bias, layer.Act, isa)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(op.Kernel(), string(OpGroupRow)) { // Winograd is not exact
				equalBits(t, fmt.Sprintf("%v %s", c, op.Kernel()), runConv(t, c, F32, op, in, 3, 5, float32(0.5)), want)
			}
			if op, err = NewConvU8(c.ConvShape, nil, q, isa); err != nil {
				t.Fatal(err)
			}
			equalBits(t, fmt.Sprintf("%v %s", c, op.Kernel()), runConv(t, c, U8, op, inU8, i%2*3, 5, uint8(77)), wantU8)
		}
		for i := range Table() {
			k := &Table()[i]
			fits := k.slidesGroups(&c.ConvShape) || k.Portable() && g >= k.KR && k.slides(&c.ConvShape)
			if k.Op != OpGroupRow || !k.Runnable() || !fits {
				continue
			}
			slid[k.Name]++
			if k.DType == F32 {
				got := runConv(t, c, F32, k.group.f32(nil, c.ConvShape, layer, k), in, 3, 5, float32(0.5))
				equalBits(t, fmt.Sprintf("%v %s", c, k.Name), got, want)
			} else {
				got := runConv(t, c, U8, k.group.u8(c.ConvShape, q, k), inU8, 3, 5, uint8(77))
				equalBits(t, fmt.Sprintf("%v %s", c, k.Name), got, wantU8)
			}
		}
	}
	allSlid(t, OpGroupRow, F32, 20, slid)
	allSlid(t, OpGroupRow, U8, 20, slid)
}

// allSlid wants every runnable kernel that slides windows to have been through many cases.
func allSlid(t *testing.T, op OpKind, dt DType, least int, slid map[string]int) {
	for _, k := range Table() {
		if k.Op == op && k.DType == dt && k.Runnable() && slid[k.Name] < least {
			t.Errorf("%s: %d cases", k.Name, slid[k.Name])
		}
	}
}

func integersOf(rnd *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rnd.IntN(31) - 15)
	}
	return v
}

// depthwiseShapes are those of MobileNetV1 to V3 and EfficientNet-B0: height, channels, window, stride.
var depthwiseShapes = [][4]int{{112, 32, 3, 1}, {112, 96, 3, 2}, {56, 144, 3, 1}, {56, 144, 3, 2}, {28, 192, 3, 1},
	{14, 384, 3, 1}, {14, 576, 3, 1}, {14, 576, 3, 2}, {7, 960, 3, 1}, {56, 144, 5, 2}, {28, 120, 5, 1}, {14, 480, 5, 1},
	{14, 672, 5, 1}, {14, 672, 5, 2}, {7, 1152, 5, 1}}

// BenchmarkDepthwise reports products by the rate, of one thread, on each tier.
func BenchmarkDepthwise(b *testing.B) {
	rnd := rand.New(rand.NewPCG(9, 9))
	for _, dt := range []DType{F32, U8} {
		for _, v := range depthwiseShapes {
			c := square(1, v[0], v[1], v[1], v[2], v[3], v[2]/2)
			c.Groups = c.C
			in, q := randomU8(rnd, c, false)
			wide, w := integersOf(rnd, len(in)), integersOf(rnd, len(q.Weights))
			seen := map[string]bool{}
			for _, isa := range arch.Supported()[1:] {
				op, err := NewConvF32(c.ConvShape, nil, w, nil, Clamp{0, 6}, isa)
				x, size := View{Data: addr(wide), DType: F32, N: 1, H: c.H, W: c.W, C: c.C, Stride: c.C}, 4
				if dt == U8 {
					op, err = NewConvU8(c.ConvShape, nil, q, isa)
					x.Data, x.DType, size = addr(in), U8, 1
				}
				if err != nil {
					b.Fatal(err)
				}
				if seen[op.Kernel()] {
					continue
				}
				seen[op.Kernel()] = true
				out := aligned[byte](c.OutH() * c.OutW() * c.C * size)
				y := View{Data: addr(out), DType: dt, N: 1, H: c.OutH(), W: c.OutW(), C: c.C, Stride: c.C}
				task := op.Bind([]View{x}, []View{y}, aligned[byte](op.Scratch(1)), 1)
				b.Run(fmt.Sprintf("shape=%dx%dx%d_k%d_s%d/%s", c.H, c.W, c.C, c.R, c.StrideW, benchname.Of(op.Kernel())),
					func(b *testing.B) {
						for b.Loop() {
							task.Run(0, 0, task.Units(), nil)
						}
						products := float64(c.OutH() * c.OutW() * c.C * c.R * c.S)
						b.ReportMetric(products*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
					})
			}
		}
	}
}

// Kernels that weave read no byte beyond a row, write none beyond a column, and take a pixel for a row.
func TestDepthWeave(t *testing.T) {
	rnd := rand.New(rand.NewPCG(27, 28))
	forKernels(t, OpDepthWeave, U8, func(t *testing.T, k *Kernel) {
		fn := k.fn.(func(*depthWeaveArgs))
		for _, c := range []int{16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 97} {
			for _, side := range []guard.Side{guard.Start, guard.End} {
				const columns, gap = 3, 5
				a := depthWeaveArgs{dstStep: 4*c + gap, columns: columns, c: c}
				dst := guarded[uint8](t, side, columns*a.dstStep-gap)
				fill(dst, 0xA5)
				want := slices.Clone(dst)
				for i := range a.rows {
					a.steps[i] = i % 3 * c
					row := guarded[uint8](t, side, (columns-1)*a.steps[i]+c)
					for at := range row {
						row[at] = uint8(rnd.IntN(256))
					}
					a.rows[i] = addr(row)
					for x := range columns {
						for ch, v := range row[x*a.steps[i]:][:c] {
							want[x*a.dstStep+4*ch+i] = v
						}
					}
				}
				a.dst = addr(dst)
				fn(&a)
				equalBits(t, fmt.Sprintf("%s c=%d", k.Name, c), dst, want)
			}
		}
	})
}
