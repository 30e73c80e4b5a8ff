package kernels

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// Every choice is offered once, says why, is what the operation then says it is, and computes the same.
func TestChoices(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 6))
	algorithms := map[string]bool{}
	for _, c := range convCases() {
		if depthwiseFits(&c.ConvShape, seg(c)) || c.Groups > 1 {
			continue
		}
		depth := c.R * c.S * c.C
		in, w := make([]float32, c.N*c.H*c.W*c.C), make([]float32, c.K*depth)
		for i := range in {
			in[i] = float32(rnd.IntN(9) - 4)
		}
		for i := range w {
			w[i] = float32(rnd.IntN(9) - 4)
		}
		in8, q := make([]uint8, len(in)), ConvU8{Weights: make([]int8, len(w)), Scale: make([]float32, c.K), InZero: 3}
		for i := range in8 {
			in8[i] = uint8(rnd.Uint32())
		}
		for i := range w {
			q.Weights[i] = int8(w[i]) * 5
		}
		for i := range q.Scale {
			q.Scale[i] = 1 / float32(depth*300)
		}
		for range seg(c) {
			q.Out = append(q.Out, OutU8{Zero: 100, Lo: 0, Hi: 255})
		}
		act := Clamp{negInf, posInf}
		var first []float32
		var first8 []uint8
		each(t, func(p *Packing) (Op, error) {
			return PackConvF32(p, c.ConvShape, c.segments, ConvF32{w, nil, act}, arch.Best())
		}, func(x Choice, op Op) {
			algorithms[x.Algorithm] = true
			got := runConv(t, c, F32, op, in, 0, 0, 0)
			if first == nil {
				first = got
			}
			for i := range got {
				if math.Abs(float64(got[i]-first[i])) > 2e-4*math.Sqrt(float64(depth)) {
					t.Fatalf("%v %v: output %d is %v, by the rule %v", c, &x, i, got[i], first[i])
				}
			}
		})
		each(t, func(p *Packing) (Op, error) { return PackConvU8(p, c.ConvShape, c.segments, q, arch.Best()) },
			func(x Choice, op Op) {
				algorithms[x.Algorithm] = true
				got := runConv(t, c, U8, op, in8, 0, 0, 0)
				if first8 == nil {
					first8 = got
				}
				if !bytes.Equal(got, first8) {
					t.Fatalf("%v %v: other bytes than by the rule", c, &x)
				}
			})
	}
	for _, want := range []string{"direct", "rows", "columns"} {
		if !algorithms[want] {
			t.Errorf("%s was never a choice", want)
		}
	}
}

// each makes an operation by each of its choices.
func each(t *testing.T, pack func(*Packing) (Op, error), use func(Choice, Op)) {
	t.Helper()
	seen := map[string]bool{}
	for i, n := 0, 1; i < n; i++ {
		var want Choice
		op, err := pack(&Packing{Choose: func(_ string, all []Choice) int {
			n, want = len(all), all[i]
			return i
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := op.(Chosen).Choice()
		if got != want || got.Why == "" || seen[got.String()] {
			t.Errorf("choice %d is %+v, made %+v", i, want, got)
		}
		seen[got.String()] = true
		use(got, op)
	}
}
