package kernels

import (
	"math"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// byChannel are the operands of a test: one of n images of 5 pixels, the other of as many images or one.
func byChannel[T float32 | uint8](t *testing.T, dt DType, n, gates, c, gap int, values func(n int) []T) (in [2]*tensor,
	out *tensor) {
	in[0] = set(newTensor(t, guard.Sides[0], dt, n, 1, 5, c, c+gap), values(n*5*c))
	in[1] = set(newTensor(t, guard.Sides[1], dt, gates, 1, 1, c, c+gap), values(gates*c))
	return in, newTensor(t, guard.Sides[0], dt, n, 1, 5, c, c+gap)
}

// bitsOf fails unless an operation gives the bits of the portable [NewBinary]; of a NaN that it is one.
func bitsOf[T float32 | uint8](t *testing.T, dt DType, b Binary, k *Kernel, in []*tensor, out *tensor) {
	t.Helper()
	op, err := NewScale(dt, b, k.ISA)
	if err != nil || op.Kernel() != k.Name {
		t.Fatal(op, err)
	}
	runTask(t, op, in, []*tensor{out})
	got := get[T](out)
	reference, err := NewBinary(dt, b, arch.Generic)
	if err != nil {
		t.Fatal(err)
	}
	v := out.View
	plain := newTensor(t, guard.Sides[1], dt, v.N, v.H, v.W, v.C, v.Stride)
	runTask(t, reference, in, []*tensor{plain})
	for i, want := range get[T](plain) {
		if g, w := float32(got[i]), float32(want); math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
			t.Fatalf("%d channels: element %d is %v, want %v", v.C, i, g, w)
		}
	}
}

// TestScale: what is done by channel has the bits of arithmetic between tensors.
func TestScale(t *testing.T) {
	none := Clamp{negInf, posInf}
	forKernels(t, OpScale, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range append(around(32), 8200) {
			in, out := byChannel(t, F32, 2, 1+i%2, c, i%3, func(n int) []float32 { return awkward(r, n) })
			bitsOf[float32](t, F32, Binary{How: Times, Act: none}, k, in[:], out)
			bitsOf[float32](t, F32, Binary{How: Times, Act: none}, k, []*tensor{in[1], in[0]}, out)
		}
	})
	forKernels(t, OpSlope, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range append(around(32), 8200) {
			in, out := byChannel(t, F32, 2, 1, c, i%3, func(n int) []float32 { return awkward(r, n) })
			slopes := awkward(r, c)
			of := &View{Data: unsafe.Pointer(&slopes[0]), DType: F32, N: 1, H: 1, W: 1, C: c, Stride: c}
			bitsOf[float32](t, F32, Binary{How: Sloped, Act: none, Constant: of}, k, in[:1], out)
		}
	})
	forKernels(t, OpScale, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range append(around(16), 8200) {
			in, out := byChannel(t, U8, 2, 1+i%2, c, i%3, func(n int) []uint8 { return integers[uint8](r, n, 0, 255) })
			b := Binary{How: Times, Act: none, Scale: []float32{0.04, 0.0037}, Zero: []uint8{131, 7}, OutScale: 0.0125,
				Out: OutU8{Zero: uint8(33 * (i % 4))}}
			if i%5 == 4 {
				b.Scale = []float32{1e30, 1e25} // infinities, and 0·∞
			}
			bitsOf[uint8](t, U8, b, k, in[:], out)
			bitsOf[uint8](t, U8, b, k, []*tensor{in[1], in[0]}, out)
			numbers := awkward(r, c)
			b.Constant = &View{Data: unsafe.Pointer(&numbers[0]), DType: F32, N: 1, H: 1, W: 1, C: c, Stride: c}
			b.Scale, b.Zero = b.Scale[:1], b.Zero[:1]
			bitsOf[uint8](t, U8, b, k, in[:1], out)
		}
	})
	for _, b := range []Binary{{How: Plus, Act: none}, {How: Times, Act: Clamp{0, 6}}, {How: Sloped, Act: none}} {
		if _, err := NewScale(F32, b, 0); err == nil {
			t.Errorf("%+v: no error", b)
		}
	}
}
