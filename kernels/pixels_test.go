package kernels

import (
	"errors"
	"math"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

func TestBlendRows(t *testing.T) {
	forKernels(t, OpBlendRows, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		b := NewBlender(k.ISA)
		if b.Kernel() != k.Name {
			t.Fatal(b.Kernel())
		}
		for _, c := range append(around(64), 1, 7, 8, 9, 31, 33, 127, 1021) {
			for _, rows := range []int{1, 2, 3, 5, 47} {
				for i, side := range guard.Sides {
					stride := c + 5*i
					src := guard.Bytes(t, side, (rows-1)*stride+c)
					for j := range src {
						src[j] = uint8(r.Uint32())
					}
					weights, dst := floatsAt(t, side, rows), floatsAt(t, side, c)
					copy(weights, normals(r, rows))
					b.Blend(dst, src, stride, weights)
					for j, got := range dst {
						want := weights[0] * float32(src[j])
						for y := 1; y < rows; y++ {
							want += float32(weights[y] * float32(src[y*stride+j]))
						}
						if math.Float32bits(got) != math.Float32bits(want) {
							t.Fatalf("%d rows of %d: element %d is %v, want %v", rows, c, j, got, want)
						}
					}
				}
			}
		}
		// Several calls for one row.
		src, weights, dst := make([]byte, 3000*300), make([]float32, 300), make([]float32, 3000)
		for j := range src {
			src[j] = uint8(j / 3000)
		}
		weights[299] = 2
		b.Blend(dst, src, 3000, weights)
		for j, got := range dst {
			if got != 2*(299-256) {
				t.Fatalf("element %d is %v", j, got)
			}
		}
		if n := testing.AllocsPerRun(3, func() { b.Blend(dst, src, 3000, weights) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestLaneDots(t *testing.T) {
	forKernels(t, OpLaneDots, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for _, width := range []int{8, 16, 24, 40, 168} {
			for _, count := range []int{1, 2, 3, 7, 32} {
				for _, side := range guard.Sides {
					starts := unsafe.Slice((*int32)(unsafe.Pointer(&guard.Bytes(t, side, 4*count)[0])), count)
					weights, src, dst := floatsAt(t, side, count*width), floatsAt(t, side, width+100), floatsAt(t, side, 4*count)
					copy(weights, normals(r, len(weights)))
					copy(src, normals(r, len(src)))
					for x := range starts {
						starts[x] = int32(r.IntN(101))
					}
					starts[0], starts[count-1] = 0, 100
					d, err := NewDotter(starts, weights, width, k.ISA)
					if err != nil || d.Kernel() != k.Name || d.Reach() != len(src) {
						t.Fatal(d, err)
					}
					d.Dots(dst, src)
					for i, got := range dst {
						x, l := i/4, i%4
						var even, odd float32
						for j := l; j < width; j += 8 {
							even += float32(weights[x*width+j] * src[int(starts[x])+j])
							odd += float32(weights[x*width+j+4] * src[int(starts[x])+j+4])
						}
						if want := even + odd; math.Float32bits(got) != math.Float32bits(want) {
							t.Fatalf("width %d: sum %d of window %d is %v, want %v", width, l, x, got, want)
						}
					}
					if n := testing.AllocsPerRun(3, func() { d.Dots(dst, src) }); n != 0 {
						t.Errorf("%v allocations", n)
					}
				}
			}
		}
	})
}

func TestDotterErrors(t *testing.T) {
	for what, c := range map[string]struct {
		starts  []int32
		weights int
		width   int
	}{
		"width":      {[]int32{0}, 12, 12},
		"no width":   {[]int32{0}, 0, 0},
		"no windows": {nil, 0, 8},
		"weights":    {[]int32{0, 1}, 8, 8},
		"odd weight": {[]int32{0}, 9, 8},
		"start":      {[]int32{-1}, 8, 8},
	} {
		if _, err := NewDotter(c.starts, make([]float32, c.weights), c.width, 0); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func floatsAt(t *testing.T, side guard.Side, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(&guard.Bytes(t, side, 4*n)[0])), n)
}
