package kernels

import (
	"fmt"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestBlocks compares with one loop over coordinates, there and back, at any number of workers.
func TestBlocks(t *testing.T) {
	forKernels(t, OpReorder, F32, func(t *testing.T, k *Kernel) { testBlocks[float32](t, k, F32) })
	forKernels(t, OpReorder, U8, func(t *testing.T, k *Kernel) { testBlocks[uint8](t, k, U8) })
	forKernels(t, OpReorder, F16, func(t *testing.T, k *Kernel) { testBlocks[Half](t, k, F16) })
}

func testBlocks[T uint8 | float32 | Half](t *testing.T, k *Kernel, dt DType) {
	r := newRand(t)
	for _, c := range []struct{ n, h, w, c, side int }{ // of the wide view but for the side
		{1, 1, 1, 1, 1}, {1, 1, 1, 1, 2}, {2, 2, 3, 1, 2}, {1, 3, 2, 5, 2}, {3, 2, 2, 2, 3}, {1, 1, 2, 3, 7},
		// rows of several units, pixels of several, channels in parts
		{1, 2, 70, 60, 2}, {2, 1, 1, 2000, 4}, {1, 1, 1, maxChannels + 3, 2},
	} {
		s := c.side
		deep := integers[T](r, c.n*c.h*c.w*s*s*c.c, 0, 255)
		for _, major := range []bool{false, true} {
			wide := make([]T, len(deep))
			for i := range wide {
				ch, x, y, n := i%c.c, i/c.c%(c.w*s), i/c.c/(c.w*s)%(c.h*s), i/c.c/(c.w*s)/(c.h*s)
				from := (y%s*s+x%s)*c.c + ch
				if major {
					from = ch*s*s + y%s*s + x%s
				}
				wide[i] = deep[((n*c.h+y/s)*c.w+x/s)*s*s*c.c+from]
			}
			for i, side := range guard.Sides {
				what := fmt.Sprint(c, major, i)
				d := set(newTensor(t, side, dt, c.n, c.h, c.w, s*s*c.c, s*s*c.c+3*i), deep)
				w := newTensor(t, side, dt, c.n, c.h*s, c.w*s, c.c, c.c+2*i)
				op, err := NewDepthToSpace(dt, s, major, k.ISA)
				if err != nil || op.Kernel() != k.Name {
					t.Fatal(op, err)
				}
				runTask(t, op, []*tensor{d}, []*tensor{w})
				equalBits(t, what, get[T](w), wide)
				if major {
					continue
				}
				if op, err = NewSpaceToDepth(dt, s, k.ISA); err != nil {
					t.Fatal(err)
				}
				back := newTensor(t, side, dt, c.n, c.h, c.w, s*s*c.c, s*s*c.c+5*i)
				runTask(t, op, []*tensor{set(w, wide)}, []*tensor{back})
				equalBits(t, what+" back", get[T](back), deep)
			}
		}
	}
	if _, err := NewSpaceToDepth(dt, 0, arch.Generic); err == nil {
		t.Error("blocks of side 0: no error")
	}
}
