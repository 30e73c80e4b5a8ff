package kernels

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// dirtyRun runs a convolution by one worker, with scratch and what lies between the inputs' pixels full of a byte.
func dirtyRun(c convCase, dt DType, op Op, in []byte, fill byte) []byte {
	size, pixels := dt.Size(), c.N*c.H*c.W
	gap := 8
	src := bytes.Repeat([]byte{fill}, pixels*(c.C+gap)*size+64)
	for p := range pixels {
		copy(src[p*(c.C+gap)*size:], in[p*c.C*size:][:c.C*size])
	}
	out := aligned[byte](c.N * c.OutH() * c.OutW() * c.K * size)
	scratch := aligned[byte](op.Scratch(1) + 64)
	for i := range scratch {
		scratch[i] = fill
	}
	task := op.Bind([]View{{Data: addr(src), DType: dt, N: c.N, H: c.H, W: c.W, C: c.C, Stride: c.C + gap}},
		[]View{{Data: addr(out), DType: dt, N: c.N, H: c.OutH(), W: c.OutW(), C: c.K, Stride: c.K}}, scratch, 1)
	task.Run(0, 0, task.Units(), new(Stop))
	return out
}

// What is zero in packed filters whatever the filters are is padding, and a recording in which it is not zero is
// refused: what is computed would depend on what scratch holds. Where there are other zeros, as those of Winograd's
// forms of 5×5 and 7×7 that nobody reads, it must not depend on that.
func TestPackedPadding(t *testing.T) {
	rnd := rand.New(rand.NewPCG(19, 19))
	depthwise := square(1, 9, 19, 19, 3, 1, 1)
	depthwise.Groups = 19
	cases := []convCase{square(1, 5, 3, 5, 1, 1, 0), square(1, 9, 3, 17, 7, 2, 3), square(1, 9, 3, 20, 3, 1, 1),
		square(1, 12, 13, 19, 3, 1, 1),
		square(1, 14, 32, 24, 3, 1, 1), square(1, 14, 33, 17, 5, 1, 2), square(1, 6, 18, 33, 3, 2, 1), depthwise}
	for _, c := range cases {
		for _, dt := range []DType{F32, U8} {
			for _, isa := range arch.Supported() {
				t.Run(fmt.Sprintf("%v_%v_%v", c, dt, isa), func(t *testing.T) { testPadding(t, rnd, c, dt, isa) })
			}
		}
	}
}

func testPadding(t *testing.T, rnd *rand.Rand, c convCase, dt DType, isa arch.ISA) {
	filters, wide := make([]int8, c.K*c.R*c.S*c.C/c.Groups), make([]float32, c.K*c.R*c.S*c.C/c.Groups)
	scale := slices.Repeat([]float32{0.002}, c.K)
	choices, choice := 1, 0
	pack := func(p *Packing) (op Op) {
		p.Choose = func(_ string, all []Choice) int {
			choices = len(all)
			return choice
		}
		p.Step("conv")
		var err error
		if dt == U8 {
			op, err = PackConvU8(p, c.ConvShape, nil, ConvU8{Weights: filters, Scale: scale, InZero: 3,
				Out: []OutU8{{128, 0, 255}}}, isa)
		} else {
			op, err = PackConvF32(p, c.ConvShape, nil, ConvF32{Weights: wide, Act: Clamp{-1e9, 1e9}}, isa)
		}
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
	in := make([]byte, c.N*c.H*c.W*c.C*dt.Size())
	for i := range in {
		in[i] = byte(rnd.IntN(100))
	}
	for ; choice < choices; choice++ {
		records := make([][][]byte, 40)
		for i := range records {
			for k := range filters {
				filters[k] = int8(1+rnd.IntN(127)) * int8(1-2*rnd.IntN(2))
				wide[k] = rnd.Float32() - 0.5
			}
			rec := NewPacking()
			pack(rec)
			records[i] = copied(rec, 0)["conv"]
			if len(records[i]) < len(records[0]) {
				records[0] = records[0][:len(records[i])] // another way to pack, by the weights
			}
		}
		last := records[len(records)-1]
		for piece := range records[0] {
			if len(last[piece]) == 8 { // a number
				continue
			}
			zeros, varies := alwaysZero(records, piece)
			for range min(len(zeros), 12) {
				at := zeros[rnd.IntN(len(zeros))]
				last[piece][at] = 0x41
				load := LoadPacking(map[string][][]byte{"conv": last})
				op := pack(load)
				exact := c.R <= 3 && !varies
				if load.Finish() == nil && (exact || !bytes.Equal(dirtyRun(c, dt, op, in, 0), dirtyRun(c, dt, op, in, 0xFF))) {
					t.Errorf("choice %d, piece %d, byte %d: accepted", choice, piece, at)
				}
				last[piece][at] = 0
			}
		}
	}
}

// alwaysZero lists the bytes of a piece that are zero in all recordings, and reports whether its size varies: what is
// packed in pairs has zeros at its end where few groups are split.
func alwaysZero(records [][][]byte, piece int) (zeros []int, varies bool) {
	size := len(records[0][piece])
	for _, r := range records {
		varies = varies || len(r[piece]) != size
		size = min(size, len(r[piece]))
	}
	for i := range size {
		if !slices.ContainsFunc(records, func(r [][]byte) bool { return r[piece][i] != 0 }) {
			zeros = append(zeros, i)
		}
	}
	return zeros, varies
}
