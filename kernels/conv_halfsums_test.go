package kernels

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Rounding from binary64 is that from binary32 where a binary32 is rounded, and once where it is none.
func TestRoundHalf(t *testing.T) {
	r := newRand(t)
	check := func(x float32) {
		want := float64(ToHalf(x).Float())
		if got := roundHalf(float64(x)); got != want && !(math.IsNaN(got) && math.IsNaN(want)) ||
			math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%g (%#x) is rounded to %g, want %g", x, math.Float32bits(x), got, want)
		}
	}
	for h := range 1 << 16 {
		x := Half(h).Float()
		check(x)
		check(math.Nextafter32(x, posInf))
		check(math.Nextafter32(x, negInf))
		next := Half(h + 1).Float()
		half := (x + next) / 2
		for _, y := range []float32{half, math.Nextafter32(half, posInf), math.Nextafter32(half, negInf)} {
			check(y)
		}
	}
	for range 100_000 {
		check(math.Float32frombits(r.Uint32()))
	}
	// A little more than half of an ulp, which a rounding to binary32 between would lose.
	if got := roundHalf(1 + 0x1p-11 + 0x1p-40); got != 1+0x1p-10 {
		t.Errorf("1 + 2⁻¹¹ + 2⁻⁴⁰ is rounded to %v", got)
	}
	if got := fmaHalf(1, 0x1.004p-6, 0x1p-5); got != 1+0x1p-10 {
		t.Errorf("1 + 2⁻¹¹·(1 + 2⁻¹⁰) is rounded to %v", got)
	}
}

// convHalfTile is the numbers of a call of the tile kernel, of MR × NR.
type convHalfTile struct {
	taps, groups, tiles, rows, cols int
	x                               []Half // [taps][tiles·MR][groups]
	w                               []Half // [taps][groups][16]
	bias                            []float32
	act                             Clamp
	plain                           int
}

const tileNR = 16 // of the widest kernel

// run computes by a kernel, or by the reference for a kernel's tile.
func (c *convHalfTile) run(t *testing.T, k *Kernel, fn func(*convTileArgs), mr, nr int, side guard.Side) []Half {
	pixels := (c.tiles-1)*k.MR + c.rows
	var out []Half
	for at := 0; at < c.cols; at += nr {
		cols := min(nr, c.cols-at)
		w := make([]Half, c.taps*c.groups*nr)
		for i := range c.taps * c.groups {
			copy(w[i*nr:][:nr], c.w[i*tileNR+at:])
		}
		bias := make([]float32, nr)
		copy(bias, c.bias[at:])
		tiles := (pixels + mr - 1) / mr
		var ptrs []unsafe.Pointer
		rows := map[int]unsafe.Pointer{}
		for tile := range tiles {
			for tap := range c.taps {
				for lane := range mr {
					p := tap*pixels + min(tile*mr+lane, pixels-1)
					if rows[p] == nil {
						rows[p] = addr(guardedSlice(t, side, c.x[p*c.groups:][:c.groups]))
					}
					ptrs = append(ptrs, rows[p])
				}
			}
		}
		const gap = 3
		stride := cols + gap
		dst := guardedSlice(t, side, fillHalves(pixels*stride-gap, 0x4248))
		a := convTileArgs{ptrs: addr(ptrs), w: addr(guardedSlice(t, side, w)), bias: addr(guardedSlice(t, side, bias)),
			dst: addr(dst), dstStride: 2 * stride, taps: c.taps, groups: c.groups, tiles: tiles, rows: pixels - (tiles-1)*mr,
			cols: cols, lo: c.act.Lo, hi: c.act.Hi, plain: c.plain}
		fn(&a)
		for i := range dst {
			if i%stride >= cols && dst[i] != 0x4248 {
				t.Fatalf("%s wrote between pixels", k.Name)
			}
		}
		for p := range pixels {
			if at == 0 {
				out = append(out, make([]Half, c.cols)...)
			}
			copy(out[p*c.cols+at:][:cols], dst[p*stride:])
		}
	}
	return out
}

func fillHalves(n int, v Half) []Half {
	h := make([]Half, n)
	for i := range h {
		h[i] = v
	}
	return h
}

// Every kernel gives the bits of the reference: through the ends of blocks and runs, with what is left of eight
// channels, and for numbers that cancel, are subnormal or overflow.
func TestConvHalfTile(t *testing.T) {
	forKernels(t, OpConvHalf, F16, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, s := range []struct{ taps, groups int }{
			{1, 1}, {1, 7}, {1, 8}, {1, 13}, {1, 16}, {1, 31}, {1, 128}, {1, 129}, {1, 255}, {1, 256}, {1, 391},
			{9, 16}, {9, 15},
			{9, 64}, {7, 21}, {25, 24}, {3, 127}, {3, 130},
		} {
			c := convHalfTile{taps: s.taps, groups: s.groups, tiles: 1 + i%3, rows: 1 + i%k.MR, cols: 1 + (5*i+15)%tileNR,
				act: Clamp{-1.0009, 3.3}}
			if i%2 == 0 {
				c.act = Clamp{negInf, posInf}
			}
			if c.plain = i % 3; c.plain == blockPlain {
				c.act = Clamp{negInf, posInf}
			}
			pixels := (c.tiles-1)*k.MR + c.rows
			c.w, c.x = narrowed(normals(r, s.taps*s.groups*tileNR)), narrowed(normals(r, s.taps*pixels*s.groups))
			c.bias = normals(r, tileNR)
			if c.plain == blockPlain {
				clear(c.bias)
			}
			switch i % 4 {
			case 1: // mostly subnormal products
				for j := range c.x {
					c.x[j] = ToHalf(c.x[j].Float() * 0x1p-16)
				}
				clear(c.bias)
			case 2: // some sums are infinite
				for j := range c.x {
					c.x[j] = ToHalf(c.x[j].Float() * 5000)
				}
			}
			want := c.run(t, k, convHalfGeneric, genericMR, genericNR, guard.Start)
			for _, side := range guard.Sides {
				got := c.run(t, k, k.fn.(func(*convTileArgs)), k.MR, k.NR, side)
				equalHalves(t, fmt.Sprintf("%s %+v", k.Name, s), got, want)
			}
		}
	})
}

// equalHalves wants the same bits, of numbers.
func equalHalves(t *testing.T, what string, got, want []Half) {
	t.Helper()
	for i, w := range want {
		nan := func(h Half) bool { return h&0x7fff > 0x7c00 }
		if got[i] != w && !(nan(got[i]) && nan(w)) {
			t.Fatalf("%s: element %d is %v (%#x), want %v (%#x)", what, i, got[i].Float(), got[i], w.Float(), w)
		}
	}
}

// Both transforms of every kernel give the bits of the reference.
func TestWinogradHalfTransforms(t *testing.T) {
	forKernels(t, OpWino23Input, F16, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for _, c := range []int{8, 16, 40} {
			for _, side := range guard.Sides {
				src := narrowed(normals(r, 16*c))
				src[r.IntN(len(src))] = 0x7bff // a sum overflows
				var ptrs [16]unsafe.Pointer
				for i := range ptrs {
					ptrs[i] = addr(guardedSlice(t, side, src[i*c:][:c]))
				}
				const gap = 4
				run := func(fn func(*winoInputArgs)) []Half {
					dst := guardedSlice(t, side, fillHalves(16*(c+gap)-gap, 0x4248))
					fn(&winoInputArgs{ptrs: addr(ptrs[:]), dst: addr(dst), posStride: 2 * (c + gap), c: c})
					return dst
				}
				equalHalves(t, k.Name, run(k.fn.(func(*winoInputArgs))), run(wino23InputHalfGeneric))
			}
		}
	})
	forKernels(t, OpWino23Output, F16, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for cols := 1; cols <= 24; cols++ {
			for rc := range 4 {
				side := guard.Sides[cols%2]
				step := roundUp(cols, 8)
				src, bias := guardedSlice(t, side, narrowed(normals(r, 16*step))), guardedSlice(t, side, normals(r, step))
				run := func(fn func(*winoOutputArgs)) []Half {
					rows, columns := 1+rc/2, 1+rc%2
					pixel, row := cols+1, 2*cols+5
					dst := guardedSlice(t, side, fillHalves((rows-1)*row+(columns-1)*pixel+cols, 0x4248))
					fn(&winoOutputArgs{src: addr(src), posStride: 2 * step, bias: addr(bias), dst: addr(dst), rowStride: 2 * row,
						pixStride: 2 * pixel, rows: rows, columns: columns, cols: cols, lo: -2.0003, hi: 3})
					return dst
				}
				equalHalves(t, fmt.Sprint(k.Name, cols, rc), run(k.fn.(func(*winoOutputArgs))), run(wino23OutputHalfGeneric))
			}
		}
	})
}
