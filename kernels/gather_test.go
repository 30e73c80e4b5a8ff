package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestGather compares gathering and scattering with one loop, with indices in and out of the dimensions.
func TestGather(t *testing.T) {
	for _, dt := range []DType{F32, S32, U8} {
		forKernels(t, OpGather, bySize(dt), func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for trial := range 200 {
				gatherOnce(t, r, k, dt, trial)
			}
		})
	}
	for _, bad := range [][]int{nil, {0}, {-1}, {1 << 20, 1 << 20}} {
		if _, err := NewGather(F32, bad, 0, 0); err == nil {
			t.Errorf("places of %v", bad)
		}
	}
}

// gatherOnce is one case of TestGather.
func gatherOnce(t *testing.T, r *rand.Rand, k *Kernel, dt DType, trial int) {
	t.Helper()
	dims := [][]int{{5}, {3, 4}, {2, 3, 2}, {1}}[trial%4]
	places := 1
	for _, d := range dims {
		places *= d
	}
	n, w, c := 1+r.IntN(3), 1+r.IntN(9), 1+r.IntN(5)
	if trial < 2 {
		c = maxChannels + 3
	}
	batch := []int{1, n}[r.IntN(2)]
	zero := uint8(r.IntN(256))
	data, few := raw(r, dt, n*places*c), raw(r, dt, n*w*c)
	at := make([]uint32, batch*w*len(dims))
	for i := range at {
		at[i] = uint32(int32(r.IntN(2*dims[i%len(dims)]+2) - dims[i%len(dims)] - 1))
	}
	place := func(image, i int) int {
		p := 0
		for j, d := range dims {
			v := int(int32(at[((image%batch)*w+i)*len(dims)+j]))
			if v < 0 {
				v += d
			}
			if v < 0 || v >= d {
				return -1
			}
			p = p*d + v
		}
		return p
	}
	side := guard.Sides[trial/2%2]
	from := setRaw(newTensor(t, side, dt, n, 1, places, c, c+r.IntN(2)), data)
	by := setRaw(newTensor(t, side, S32, batch, 1, w, len(dims), len(dims)+r.IntN(2)), at)
	updates := setRaw(newTensor(t, side, dt, n, 1, w, c, c+r.IntN(2)), few)
	gathered := newTensor(t, side, dt, n, 1, w, c, c+r.IntN(2))
	scattered := newTensor(t, side, dt, n, 1, places, c, c+r.IntN(2))
	op, err := NewGather(dt, dims, zero, k.ISA)
	if err != nil {
		t.Fatal(err)
	}
	runTask(t, op, []*tensor{from, by}, []*tensor{gathered})
	if op, err = NewScatter(dt, dims, k.ISA); err != nil {
		t.Fatal(err)
	}
	runTask(t, op, []*tensor{from, by, updates}, []*tensor{scattered})
	want := make([]uint32, n*w*c)
	for image := range n {
		for i := range w {
			p := place(image, i)
			for j := range c {
				v := &want[(image*w+i)*c+j]
				if p >= 0 {
					*v = data[(image*places+p)*c+j]
				} else if dt == U8 {
					*v = uint32(zero)
				}
			}
		}
	}
	for image := range n {
		for i := range w {
			if p := place(image, i); p >= 0 {
				copy(data[(image*places+p)*c:][:c], few[(image*w+i)*c:])
			}
		}
	}
	equalBits(t, fmt.Sprint("gathered of ", dims), getRaw(gathered), want)
	equalBits(t, fmt.Sprint("scattered to ", dims), getRaw(scattered), data)
}
