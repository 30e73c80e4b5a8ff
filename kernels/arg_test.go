package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// value reads raw bits as a number.
func value(dt DType, bits uint32) float64 {
	switch dt {
	case F32:
		return float64(math.Float32frombits(bits))
	case S32:
		return float64(int32(bits))
	}
	return float64(bits)
}

// best orders the indices of a row: the best first, equal ones by their place, NaNs last.
func best(dt DType, row []uint32, least bool) []int {
	at := make([]int, len(row))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int {
		x, y := value(dt, row[i]), value(dt, row[j])
		switch {
		case x != x && y != y || x == y:
			return 0
		case x != x:
			return 1
		case y != y, (x > y) != least:
			return -1
		}
		return 1
	})
	return at
}

func TestArg(t *testing.T) {
	for _, dt := range []DType{F32, S32, U8} {
		forKernels(t, OpArg, dt, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for trial := range 200 {
				least, last := trial&1 != 0, trial&2 != 0
				op, err := NewArg(dt, least, last, k.ISA)
				if err != nil {
					t.Fatal(err)
				}
				h, w, c := 1+r.IntN(4), 1+r.IntN(9), 1+r.IntN(20)
				if trial > 195 {
					c = 2*heed + 3
				}
				bits := raw(r, dt, h*w*c)
				if trial == 7 && dt == F32 {
					for i := range bits {
						bits[i] = math.Float32bits(float32(math.NaN()))
					}
				}
				in := setRaw(newTensor(t, guard.Sides[trial/4%2], dt, 1, h, w, c, c+r.IntN(2)), bits)
				out := newTensor(t, guard.Sides[trial/4%2], S32, 1, h, w, 1, 1+r.IntN(3))
				runTask(t, op, []*tensor{in}, []*tensor{out})
				for p, got := range get[int32](out) {
					row := bits[p*c:][:c]
					want := best(dt, row, least)[0]
					for i := want + 1; last && i < c; i++ {
						if value(dt, row[i]) == value(dt, row[want]) {
							want = i
						}
					}
					if int(got) != want {
						t.Fatalf("least %v, last %v of %x: %d, want %d", least, last, row, got, want)
					}
				}
			}
		})
	}
	if _, err := NewArg(S8, false, false, 0); err == nil {
		t.Error("indices of weights")
	}
}

func TestTopK(t *testing.T) {
	for _, dt := range []DType{F32, S32, U8} {
		forKernels(t, OpTopK, dt, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for trial := range 120 {
				c := 1 + r.IntN(40)
				if trial == 0 {
					c = heed + 5
				}
				n, least := 1+r.IntN(min(c, 50)), trial&1 != 0
				pixels := 1 + r.IntN(5)
				bits := raw(r, dt, pixels*c)
				for _, indices := range []bool{false, true} {
					op, err := NewTopK(dt, n, least, indices, k.ISA)
					if err != nil {
						t.Fatal(err)
					}
					to := dt
					if indices {
						to = S32
					}
					in := setRaw(newTensor(t, guard.Sides[trial%2], dt, 1, 1, pixels, c, c+r.IntN(2)), bits)
					out := newTensor(t, guard.Sides[trial%2], to, 1, 1, pixels, n, n+r.IntN(3))
					runTask(t, op, []*tensor{in}, []*tensor{out})
					got := getRaw(out)
					for p := range pixels {
						row := bits[p*c:][:c]
						for i, at := range best(dt, row, least)[:n] {
							want := uint32(at)
							if !indices {
								want = row[at]
							}
							if g := got[p*n+i]; g != want {
								t.Fatalf("%s: number %d is %x, want %x", fmt.Sprint(n, " of ", c, least, indices), i, g, want)
							}
						}
					}
				}
			}
		})
	}
	for _, bad := range []int{0, -1} {
		if _, err := NewTopK(F32, bad, false, false, 0); err == nil {
			t.Errorf("the best %d", bad)
		}
	}
}
