package kernels

import (
	"fmt"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

func TestCopy(t *testing.T) {
	forKernels(t, OpCopy, F32, func(t *testing.T, k *Kernel) { testCopy[int32](t, k, F32, S32) })
	forKernels(t, OpCopy, U8, func(t *testing.T, k *Kernel) { testCopy[uint8](t, k, U8, S8) })
	forKernels(t, OpCopy, F16, func(t *testing.T, k *Kernel) { testCopy[Half](t, k, F16, F16) })
}

func testCopy[T uint8 | int32 | Half](t *testing.T, k *Kernel, dtypes ...DType) {
	r := newRand(t)
	for _, dt := range dtypes {
		op, err := NewCopy(dt, k.ISA)
		if err != nil || op.Kernel() != k.Name {
			t.Fatal(op, err)
		}
		for _, shape := range eltwiseShapes {
			for _, c := range append(around(32), 9001) {
				values := integers[T](r, shape[0]*shape[1]*shape[2]*c, 0, 255)
				for i, side := range guard.Sides {
					for _, gap := range []int{0, 3} {
						in := set(newTensor(t, side, dt, shape[0], shape[1], shape[2], c, c+gap*i), values)
						out := newTensor(t, side, dt, shape[0], shape[1], shape[2], c, c+gap)
						runTask(t, op, []*tensor{in}, []*tensor{out})
						equalBits(t, fmt.Sprintf("%v×%d", shape, c), get[T](out), values)
					}
				}
			}
		}
	}
}

func TestFlatten(t *testing.T) {
	forKernels(t, OpFlatten, F32, func(t *testing.T, k *Kernel) { testFlatten[int32](t, k, F32, S32) })
	forKernels(t, OpFlatten, U8, func(t *testing.T, k *Kernel) { testFlatten[uint8](t, k, U8, S8) })
	forKernels(t, OpFlatten, F16, func(t *testing.T, k *Kernel) { testFlatten[Half](t, k, F16, F16) })
}

func testFlatten[T uint8 | int32 | Half](t *testing.T, k *Kernel, dtypes ...DType) {
	r := newRand(t)
	for _, dt := range dtypes {
		op, err := NewFlatten(dt, k.ISA)
		if err != nil || op.Kernel() != k.Name {
			t.Fatal(op, err)
		}
		for _, shape := range append(eltwiseShapes, [3]int{2, 33, 17}) {
			for _, c := range around(16) {
				n, pixels := shape[0], shape[1]*shape[2]
				values := integers[T](r, n*pixels*c, 0, 255)
				want := make([]T, len(values))
				for i, v := range values {
					image, p, ch := i/c/pixels, i/c%pixels, i%c
					want[(image*c+ch)*pixels+p] = v
				}
				for i, side := range guard.Sides {
					in := set(newTensor(t, side, dt, n, shape[1], shape[2], c, c+3*i), values)
					out := newTensor(t, side, dt, n, 1, 1, c*pixels, c*pixels+5*(1-i))
					runTask(t, op, []*tensor{in}, []*tensor{out})
					equalBits(t, fmt.Sprintf("%v×%d", shape, c), get[T](out), want)
				}
			}
		}
	}
}
