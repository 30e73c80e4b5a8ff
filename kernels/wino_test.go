package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestWinogradError measures what docs/NUMERICS.md says of Winograd's error, beside that of direct convolution, on
// shapes of GoogLeNet with standard normal weights and inputs after a ReLU.
func TestWinogradError(t *testing.T) {
	rnd := rand.New(rand.NewPCG(25, 23))
	for _, c := range []struct {
		form      *winoForm
		hw, in, k int
	}{
		{&winoF43, 14, 112, 224}, {&winoF43, 28, 96, 128}, {&winoF25, 28, 32, 96}, {&winoF25, 14, 24, 64},
		{&winoF25, 7, 48, 128},
		{&winoF23, 7, 160, 320}, {&winoF23, 14, 96, 208}, {&winoF34, 224, 3, 64},
	} {
		s := square(1, c.hw, c.in, c.k, c.form.r, 1, c.form.r/2).ConvShape
		if c.form == &winoF34 {
			s = square(1, c.hw, c.in, c.k, 7, 2, 3).ConvShape
		}
		in, w, b := make([]float32, s.H*s.W*s.C), make([]float32, s.K*s.R*s.S*s.C), make([]float32, s.K)
		for i := range in {
			in[i] = max(0, float32(rnd.NormFloat64()))
		}
		for i := range w {
			w[i] = float32(rnd.NormFloat64())
		}
		none := Clamp{negInf, posInf}
		want := make([]float32, s.OutH()*s.OutW()*s.K)
		RefConvF32(&s, in, w, b, none, want)
		best := arch.Best()
		direct, err := NewDirectConvF32(s, nil, w, b, none, best)
		if err != nil {
			t.Fatal(err)
		}
		rms, most := convError(direct, &s, in, want)
		wrms, wmost := convError(newWinogradF32(nil, c.form, s, []int{s.K}, w, b, none, best), &s, in, want)
		what := fmt.Sprintf("F(%s) %d×%d %d → %d", c.form.name, c.hw, c.hw, c.in, c.k)
		t.Logf("%s: RMS %.1e (%.1f× direct), largest %.1e (%.1f× direct) of the largest output", what, wrms, wrms/rms, wmost,
			wmost/most)
		if !(wrms <= 8e-7 && wmost <= 1.5e-5) || rms == 0 {
			t.Errorf("%s: RMS %g, largest %g of the largest output; direct %g, %g", what, wrms, wmost, rms, most)
		}
	}
}

// convError runs op and returns its root mean square and its largest error, relative to the largest output.
func convError(op Op, s *ConvShape, in, want []float32) (rms, most float64) {
	out := aligned[float32](len(want))
	scratch := aligned[byte](op.Scratch(1))
	task := op.Bind([]View{{addr(in), F32, 1, s.H, s.W, s.C, s.C}},
		[]View{{addr(out), F32, 1, s.OutH(), s.OutW(), s.K, s.K}}, scratch, 1)
	task.Run(0, 0, task.Units(), nil)
	largest := 0.0
	for i, v := range want {
		d := math.Abs(float64(out[i]) - float64(v))
		rms += d * d
		most = max(most, d)
		largest = max(largest, math.Abs(float64(v)))
	}
	return math.Sqrt(rms/float64(len(want))) / largest, most / largest
}

// TestWinogradU8Bounds: accumulators and scales as large as quantised forms take them, and a little larger.
func TestWinogradU8Bounds(t *testing.T) {
	for _, f := range formsU8 {
		c := square(1, 8, 112, 32, 3, 1, 0)
		if f.parts {
			c = square(1, 8, 32, 32, 5, 1, 0)
		}
		depth := c.R * c.S * c.C
		in := make([]uint8, c.H*c.W*c.C)
		fill(in, 255)
		want := make([]uint8, c.OutH()*c.OutW()*c.K)
		most := 1 << 29 / (f.unit / 4)
		room := most/255 - 127*depth // of B
		for _, scale := range []float32{0x1p-119, 255.0 / (1 << 25), 1, float32(1<<30) / float32(most)} {
			q := ConvU8{Weights: make([]int8, c.K*depth), Bias: make([]int32, c.K), Scale: slices.Repeat([]float32{scale}, c.K),
				Out: []OutU8{{Zero: 3, Lo: 2, Hi: 251}}}
			for k := range c.K {
				w := int8(127 - 254*(k%2))
				copy(q.Weights[k*depth:], slices.Repeat([]int8{w}, depth))
				q.Bias[k] = int32(room*255) * int32(w/127)
			}
			if err := q.check(&c.ConvShape, 1); err != nil {
				t.Fatal(err)
			}
			RefConvU8(&c.ConvShape, in, &q, want)
			if !f.exactU8(q.largest(&c.ConvShape), q.Scale) {
				t.Fatalf("F(%s), scale %g: the bound is not taken", f.name, scale)
			}
			for _, isa := range arch.Supported() {
				op := newWinogradU8(f, c.ConvShape, seg(c), q, isa)
				got := runConv(t, c, U8, op, in, 0, 0, 0)
				if i := slices.IndexFunc(got, func(v uint8) bool { return v != want[0] && v != want[1] }); i >= 0 ||
					got[0] != want[0] || got[1] != want[1] {
					t.Errorf("%s, scale %g: %v, want %v", op.Kernel(), scale, got[:2], want[:2])
				}
			}
			q.Bias[1] -= 256
			q.Scale[0] *= 2
			if f.exactU8(q.largest(&c.ConvShape), q.Scale) {
				t.Errorf("F(%s), scale %g: beyond the bound", f.name, scale)
			}
		}
	}
}

// TestWinogradFilters: every kernel against the reference, with whole registers of lanes and with halves, filters up to
// the last byte of a page, and nothing written between positions.
func TestWinogradFilters(t *testing.T) {
	r := newRand(t)
	for i := range Table() {
		k := &Table()[i]
		run, ok := k.fn.(func(*winoFilterArgs))
		if !ok || !k.Runnable() {
			continue
		}
		reference := map[int]func(*winoFilterArgs){6: wino43FilterGeneric, 4: wino23FilterGeneric}[k.MR]
		for _, lanes := range []int{16, 32, 48, 64, 80} {
			for groups := 1; groups <= 3; groups++ {
				src := integers[int8](r, groups*9*lanes, -128, 127)
				const gap = 5 // between positions
				step := groups*lanes + gap
				for pair := range k.MR / 2 {
					want := slices.Repeat([]int16{-1}, 2*k.MR*step-gap)
					a := winoFilterArgs{src: addr(src), dst: addr(want), posStride: 2 * step, groups: groups, lanes: lanes, pair: pair}
					reference(&a)
					for _, side := range []guard.Side{guard.Start, guard.End} {
						got := guardedSlice(t, side, slices.Repeat([]int16{-1}, len(want)))
						a.src, a.dst = addr(guardedSlice(t, side, src)), addr(got)
						run(&a)
						if !slices.Equal(got, want) {
							t.Fatalf("%s, %d groups of %d lanes, pair %d: differs from the reference", k.Name, groups, lanes, pair)
						}
					}
				}
			}
		}
	}
}

// TestWinogradSquares: inputs without gaps, whose squares are read eight numbers at a time, up to the last number and
// no further. With gaps they are read pixel by pixel, which must make no difference.
func TestWinogradSquares(t *testing.T) {
	rnd := rand.New(rand.NewPCG(34, 2))
	short := square(1, 21, 3, 16, 7, 2, 3)
	short.H = 6
	for _, c := range []convCase{
		square(1, 23, 3, 48, 7, 2, 3), square(2, 62, 3, 17, 7, 2, 3), square(1, 19, 4, 16, 8, 2, 2),
		square(1, 20, 1, 16, 7, 2, 4),
		square(2, 15, 2, 16, 7, 2, 0), short,
	} {
		in, w, b := make([]float32, c.N*c.H*c.W*c.C), make([]float32, c.K*c.R*c.S*c.C), make([]float32, c.K)
		for _, s := range [][]float32{in, w, b} {
			for i := range s {
				s[i] = rnd.Float32()*2 - 1
			}
		}
		none := Clamp{negInf, posInf}
		want := make([]float32, c.N*c.OutH()*c.OutW()*c.K)
		RefConvF32(&c.ConvShape, in, w, b, none, want)
		for _, isa := range arch.Supported() {
			op := newWinogradF32(nil, &winoF34, c.ConvShape, seg(c), w, b, none, isa)
			got := runConv(t, c, F32, op, in, 0, 0, 0)
			if !slices.Equal(got, runConv(t, c, F32, op, in, 1, 0, 0)) {
				t.Errorf("%v %s: a gap makes a difference", c, op.Kernel())
			}
			for i := range want {
				if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= 2e-4) {
					t.Fatalf("%v %s: output %d is %v, want %v", c, op.Kernel(), i, got[i], want[i])
				}
			}
		}
	}
}
