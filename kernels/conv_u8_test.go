package kernels

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// TestConvU8Raised: sums and scales on both sides of where sums may be raised.
func TestConvU8Raised(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	const least = 1. / (1 << 13)
	below := math.Nextafter32(least, 0)
	scales := []float32{least, 3 * least, 1, math.MaxFloat32}
	biases := []int32{0, 40, 1 << 20, 1<<22 - 1, 1 << 22, 1<<23 + 1, 1 << 24, 3 << 24, 1<<28 - 1}
	c := square(1, 5, 16, 8*len(biases), 1, 1, 0)
	depth := c.C
	for _, s := range []struct {
		scale float32 // of one channel
		bias  int32
		want  int32
	}{{scale: least, want: sumUnit}, {scale: below}, {scale: 1, bias: 1<<28 - 1, want: sumUnit}, {scale: 1, bias: 1 << 28},
		{scale: 1, bias: -1 << 28, want: sumUnit}, {scale: 1, bias: -1<<28 - 1}} {
		if got := raise([]int32{3, s.bias}, []float32{1, s.scale}); got != s.want {
			t.Errorf("%+v: raised by %#x", s, got)
		}
	}
	for _, odd := range []float32{0, below, least / 1000} { // a channel of it in some panels
		in, q := randomU8(rnd, c, false)
		for k := range q.Scale {
			q.Scale[k] = scales[rnd.IntN(len(scales))]
			q.Bias[k] = biases[k/8] * int32(1-k%2*2)
			if k%3 == 0 {
				clear(q.Weights[k*depth:][:depth])
			}
			if odd > 0 && k%16 == 5 {
				q.Scale[k] = odd
			}
		}
		want := make([]uint8, c.N*c.OutH()*c.OutW()*c.K)
		RefConvU8(&c.ConvShape, in, &q, want)
		for _, isa := range arch.Supported() {
			op, err := NewConvU8(c.ConvShape, nil, q, isa)
			if err != nil {
				t.Fatal(err)
			}
			if got := runConv(t, c, U8, op, in, 0, 0, 0xA5); !bytes.Equal(got, want) {
				t.Error(fmt.Sprint(isa, ", a scale of ", odd, ": other bytes"))
			}
		}
	}
}
