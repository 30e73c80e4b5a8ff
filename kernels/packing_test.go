package kernels

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// copied is a recording as a file holds it: elsewhere, aligned or not.
func copied(p *Packing, skew int) map[string][][]byte {
	steps := map[string][][]byte{}
	for name, pieces := range p.Steps() {
		for _, b := range pieces {
			c := aligned[byte](len(b) + skew)[skew:]
			copy(c, b)
			steps[name] = append(steps[name], c)
		}
	}
	return steps
}

// An operation with packed weights from a recording is the one that packed them, and needs no others.
func TestPacking(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	every := 3
	if testing.Short() {
		every = 9
	}
	for i, c := range convCases() {
		if i%every != 0 {
			continue
		}
		inU8, q := randomU8(rnd, c, i%2 == 0)
		single := q.Weights
		if i%4 == 3 {
			q.addParts(rnd, 2)
		}
		inF32 := make([]float32, len(inU8))
		for i := range inF32 {
			inF32[i] = float32(inU8[i]) - 100
		}
		q.Out = slices.Repeat(q.Out, len(seg(c)))
		weights := make([]float32, len(single))
		for i := range weights {
			weights[i] = float32(single[i])
		}
		act := Clamp{-1e6, 1e6}
		for _, isa := range arch.Supported() {
			t.Run(fmt.Sprintf("%v_%v", c, isa), func(t *testing.T) {
				u8 := func(p *Packing, q ConvU8) Op {
					p.Step("u8")
					op, err := PackConvU8(p, c.ConvShape, c.segments, q, isa)
					if err != nil || p.Err() != nil {
						t.Fatal(err, p.Err())
					}
					return op
				}
				f32 := func(p *Packing, w []float32) Op {
					p.Step("f32")
					op, err := PackConvF32(p, c.ConvShape, c.segments, ConvF32{w, nil, act}, isa)
					if err != nil || p.Err() != nil {
						t.Fatal(err, p.Err())
					}
					return op
				}
				rec := NewPacking()
				wantU8, wantF32 := u8(rec, q), f32(rec, weights)
				bare := q
				bare.Weights = nil
				for _, skew := range []int{0, 4} {
					load := LoadPacking(copied(rec, skew))
					gotU8, gotF32 := u8(load, bare), f32(load, nil)
					if gotU8.Kernel() != wantU8.Kernel() || gotF32.Kernel() != wantF32.Kernel() {
						t.Errorf("kernels %s, %s; want %s, %s", gotU8.Kernel(), gotF32.Kernel(), wantU8.Kernel(), wantF32.Kernel())
					}
					if !bytes.Equal(runConv(t, c, U8, gotU8, inU8, 1, 2, 0xA5), runConv(t, c, U8, wantU8, inU8, 1, 2, 0xA5)) {
						t.Error("uint8 results differ")
					}
					if !slices.Equal(runConv(t, c, F32, gotF32, inF32, 1, 2, 77), runConv(t, c, F32, wantF32, inF32, 1, 2, 77)) {
						t.Error("float results differ")
					}
				}
			})
		}
	}
}

// A recording of another shape, cut off or with addresses outside the window is refused.
func TestPackingRefuses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 9))
	c := square(1, 9, 3, 64, 7, 2, 3)
	_, q := randomU8(rnd, c, true)
	for _, isa := range arch.Supported() {
		rec := NewPacking()
		rec.Step("conv")
		if _, err := PackConvU8(rec, c.ConvShape, nil, q, isa); err != nil {
			t.Fatal(err)
		}
		pieces := len(rec.Steps()["conv"])
		for i := range pieces {
			for _, damage := range []string{"short", "gone", "wild"} {
				steps := copied(rec, 0)
				p := steps["conv"]
				switch damage {
				case "short":
					if len(p[i]) == 0 {
						continue
					}
					p[i] = p[i][:len(p[i])-1]
				case "gone":
					steps["conv"] = p[:i]
				case "wild":
					for j := range p[i] {
						p[i][j] = byte(rnd.IntN(256))
					}
				}
				load := LoadPacking(steps)
				load.Step("conv")
				op, err := PackConvU8(load, c.ConvShape, nil, q, isa)
				if err != nil {
					continue
				}
				if damage != "wild" && load.Err() == nil {
					t.Errorf("%v: piece %d %s: no error", isa, i, damage)
				}
				if load.Err() != nil {
					if !errors.Is(load.Err(), ErrShape) {
						t.Errorf("%v", load.Err())
					}
					continue
				}
				in := make([]uint8, c.N*c.H*c.W*c.C)
				runConv(t, c, U8, op, in, 0, 0, 0) // between guard pages
			}
		}
	}
}
