package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestRearrange compares with one loop over coordinates.
func TestRearrange(t *testing.T) {
	for _, kind := range []OpKind{OpRearrange, OpReorder} {
		forKernels(t, kind, F32, func(t *testing.T, k *Kernel) { testRearrange[int32](t, k, F32) })
		forKernels(t, kind, U8, func(t *testing.T, k *Kernel) { testRearrange[uint8](t, k, U8) })
		forKernels(t, kind, F16, func(t *testing.T, k *Kernel) { testRearrange[Half](t, k, F16) })
	}
}

// rearrangement is the operation that a kernel is for; nil if it has no way to do that.
func rearrangement(k *Kernel, dt DType, from [4]int, dims, perm []int, to [4]int) (Op, error) {
	if k.Op == OpReorder {
		return NewMove(dt, from, dims, perm, to, k.ISA)
	}
	return NewRearrange(dt, dims, perm, k.ISA)
}

func testRearrange[T uint8 | int32 | Half](t *testing.T, k *Kernel, dt DType) {
	r := newRand(t)
	for _, c := range []struct {
		in         [4]int // N, H, W, C
		dims, perm []int
		out        [4]int
	}{
		{[4]int{2, 3, 5, 7}, []int{2, 7, 3, 5}, []int{0, 1, 2, 3}, [4]int{2, 3, 5, 7}},
		{[4]int{2, 3, 5, 7}, []int{2, 7, 3, 5}, []int{3, 1, 0, 2}, [4]int{5, 2, 3, 7}},
		{[4]int{1, 4, 6, 8}, []int{1, 2, 4, 4, 6}, []int{0, 2, 1, 3, 4}, [4]int{1, 4, 6, 8}}, // channels shuffled
		{[4]int{2, 3, 4, 5}, []int{120}, []int{0}, [4]int{1, 1, 1, 120}},
		{[4]int{1, 1, 1, 9001}, []int{9001, 1}, []int{1, 0}, [4]int{9001, 1, 1, 1}},
		{[4]int{1, 90, 70, 5}, []int{1, 5, 90, 70}, []int{0, 2, 3, 1}, [4]int{1, 70, 5, 90}}, // more than a tile
		{[4]int{2, 70, 3, 130}, []int{2, 130, 210}, []int{0, 2, 1}, [4]int{2, 130, 1, 210}},
		{[4]int{2, 4, 6, 8}, []int{2, 2, 4, 2, 2, 6}, []int{1, 3, 0, 2, 4, 5}, [4]int{4, 2, 6, 8}},
		{[4]int{1, 1, 1, 70000}, []int{2, 35000}, []int{1, 0}, [4]int{1, 1, 1, 70000}},
		{[4]int{3, 5, 6, 24}, []int{36, 2, 30}, []int{1, 0, 2}, [4]int{6, 5, 6, 12}},       // every second channel
		{[4]int{1, 5, 6, 58}, []int{1, 29, 2, 30}, []int{2, 0, 1, 3}, [4]int{2, 5, 6, 29}}, // the same, with a rest
		{[4]int{1, 5, 7, 18}, []int{9, 2, 35}, []int{1, 0, 2}, [4]int{1, 1, 630, 1}},       // as planes
		{[4]int{1, 5, 6, 58}, []int{2, 29, 30}, []int{1, 0, 2}, [4]int{1, 5, 6, 58}},       // two halves woven
		{[4]int{2, 7, 3, 16}, []int{2, 2, 8, 21}, []int{0, 2, 1, 3}, [4]int{2, 7, 3, 16}},  // in each image
		{[4]int{1, 8, 9, 8}, []int{8, 8, 9}, []int{1, 2, 0}, [4]int{1, 9, 8, 8}},           // squares
		{[4]int{3, 4, 11, 21}, []int{3, 21, 44}, []int{0, 2, 1}, [4]int{3, 1, 21, 44}},     // and their edges
		{[4]int{1, 3, 5, 2}, []int{30}, []int{0}, [4]int{1, 2, 3, 5}},                      // of no common refinement
	} {
		n := c.in[0] * c.in[1] * c.in[2] * c.in[3]
		values := integers[T](r, n, 0, 255)
		channels := func(s [4]int, i int) int { // where element i of the channel-major order is in NHWC
			plane := s[1] * s[2]
			return (i/(s[3]*plane)*plane+i%plane)*s[3] + i/plane%s[3]
		}
		want := make([]T, n)
		for i := range want {
			left, at := i, make([]int, len(c.dims))
			for j := len(c.dims) - 1; j >= 0; j-- {
				at[c.perm[j]] = left % c.dims[c.perm[j]]
				left /= c.dims[c.perm[j]]
			}
			m := 0
			for d, v := range at {
				m = m*c.dims[d] + v
			}
			want[channels(c.out, i)] = values[channels(c.in, m)]
		}
		op, err := rearrangement(k, dt, c.in, c.dims, c.perm, c.out)
		if op == nil && err == nil && c.in == [4]int{1, 3, 5, 2} {
			continue
		}
		if op == nil || err != nil || op.Kernel() != k.Name {
			t.Fatal(c, op, err)
		}
		for i, side := range guard.Sides {
			in := set(newTensor(t, side, dt, c.in[0], c.in[1], c.in[2], c.in[3], c.in[3]+3*i), values)
			out := newTensor(t, side, dt, c.out[0], c.out[1], c.out[2], c.out[3], c.out[3]+2*i)
			runTask(t, op, []*tensor{in}, []*tensor{out})
			equalBits(t, fmt.Sprint(c), get[T](out), want)
		}
	}
	for _, bad := range [][2][]int{{{2, 3}, {0}}, {{2, 3}, {0, 0}}, {{2, 3}, {0, 2}}, {{0}, {0}},
		{{1 << 20, 1 << 20}, {0, 1}}} {
		if _, err := rearrangement(k, dt, [4]int{1, 1, 2, 3}, bad[0], bad[1], [4]int{1, 1, 1, 6}); err == nil {
			t.Errorf("dimensions %v permuted by %v are accepted", bad[0], bad[1])
		}
	}
}

// TestTake compares with one loop over coordinates, at any number of workers.
func TestTake(t *testing.T) {
	forKernels(t, OpTake, F32, func(t *testing.T, k *Kernel) { testTake[float32](t, k, F32) })
	forKernels(t, OpTake, U8, func(t *testing.T, k *Kernel) { testTake[uint8](t, k, U8) })
	forKernels(t, OpTake, F16, func(t *testing.T, k *Kernel) { testTake[Half](t, k, F16) })
	forKernels(t, OpReorder, F32, func(t *testing.T, k *Kernel) { testTake[float32](t, k, F32) }) // lists that go on in steps
	forKernels(t, OpReorder, U8, func(t *testing.T, k *Kernel) { testTake[uint8](t, k, U8) })
	forKernels(t, OpReorder, F16, func(t *testing.T, k *Kernel) { testTake[Half](t, k, F16) })
}

// counted are n indices from at on, so far apart, each repeated.
func counted(at, step, n, repeat int) (list []int32) {
	for i := range n * repeat {
		list = append(list, int32(at+i/repeat*step))
	}
	return list
}

func testTake[T uint8 | float32 | Half](t *testing.T, k *Kernel, dt DType) {
	r, used := newRand(t), map[string]bool{}
	wide := make([]int32, maxChannels+9) // more than one call takes
	for i := range wide {
		wide[i] = int32(min(len(wide)-i, maxChannels+4)) - 1
	}
	for _, c := range []struct {
		dims [4]int
		of   Taking
	}{
		{[4]int{1, 2, 3, 4}, Taking{Rows: []int32{0, 0, 1, 1}, Cols: []int32{0, 0, 1, 1, 2, 2}}},
		{[4]int{2, 5, 4, 3}, Taking{Rows: []int32{4, 0, 2}, Cols: []int32{3}, Channels: []int32{2, 1, 0, 0}}},
		{[4]int{3, 1, 1, 1}, Taking{Images: []int32{2, 0}, Rows: []int32{0, -1}, Cols: []int32{0, 0, -1, 0, 0}}},
		{[4]int{1, 3, 40, 300}, Taking{Rows: []int32{2, 1, 1, 0}, Cols: append(make([]int32, 50), 39, 38, 7)}},
		{[4]int{1, 3, 5, 2}, Taking{Cols: []int32{-1, -1, 0, 1, 2, 3, 4, -1}, Channels: []int32{-1, 0, 1, -1}}},
		{[4]int{2, 2, 6, 9}, Taking{Cols: []int32{1, 2, 3, 5}, Channels: []int32{3, 4, 5, 6, 1, 0, -1, -1, 8}}},
		{[4]int{1, 1, 2, maxChannels + 7}, Taking{Cols: []int32{1, 0, -1}}},
		{[4]int{1, 1, 2, maxChannels + 7}, Taking{Channels: wide}},
		{[4]int{1, 2, 2, 3}, Taking{Images: []int32{-1, 0, -1}}},
		{[4]int{2, 2, 2, 3}, Taking{}},
		{[4]int{1, 2, 40, 3}, Taking{Cols: counted(0, 2, 20, 1)}},
		{[4]int{1, 2, 7, 18}, Taking{Cols: counted(0, 1, 7, 2), Channels: counted(1, 2, 9, 1)}},
		{[4]int{1, 2, 9, 40}, Taking{Cols: counted(8, -1, 9, 3), Channels: append(counted(0, 1, 20, 1), -1, -1, 39)}},
		{[4]int{1, 2, 50, 60}, Taking{Cols: append(counted(40, 1, 10, 2), counted(0, 5, 9, 3)...), Channels: counted(59, -1, 60, 1)}},
		{[4]int{1, 1, 700, 20}, Taking{Cols: counted(0, 1, 700, 3)}}, // of several units
	} {
		d := c.dims
		values := integers[T](r, d[0]*d[1]*d[2]*d[3], 0, 255)
		lists := [4][]int32{c.of.Images, c.of.Rows, c.of.Cols, c.of.Channels}
		for i, l := range lists {
			if l == nil {
				for j := range d[i] {
					lists[i] = append(lists[i], int32(j))
				}
			}
		}
		fill := T(77)
		if c.of.Fill = 77; dt == F32 {
			c.of.Fill = math.Float32bits(77)
		}
		var want []T
		for _, n := range lists[0] {
			for _, y := range lists[1] {
				for _, x := range lists[2] {
					for _, ch := range lists[3] {
						v := fill
						if min(n, y, x, ch) >= 0 {
							v = values[((int(n)*d[1]+int(y))*d[2]+int(x))*d[3]+int(ch)]
						}
						want = append(want, v)
					}
				}
			}
		}
		op, err := NewTake(dt, d[0], d[1], d[2], d[3], c.of, k.ISA)
		if err != nil {
			t.Fatal(err)
		}
		used[op.Kernel()] = true
		to := [4]int{len(lists[0]), len(lists[1]), len(lists[2]), len(lists[3])}
		for i, side := range guard.Sides {
			in := set(newTensor(t, side, dt, d[0], d[1], d[2], d[3], d[3]+3*i), values)
			out := newTensor(t, side, dt, to[0], to[1], to[2], to[3], to[3]+2*i)
			runTask(t, op, []*tensor{in}, []*tensor{out})
			equalBits(t, fmt.Sprint(d, to), get[T](out), want)
		}
	}
	if !used[k.Name] {
		t.Error("not used")
	}
	for _, bad := range []Taking{{Rows: []int32{0, 2}}, {Cols: []int32{3}}, {Images: []int32{-2}}, {Channels: []int32{4}}} {
		if _, err := NewTake(dt, 1, 2, 3, 4, bad, k.ISA); err == nil {
			t.Errorf("%v of 1×2×3×4: no error", bad)
		}
	}
}
