package kernels

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// Every float16 is the number that its bits say, and comes back from it.
func TestHalfIsExact(t *testing.T) {
	for i := range 1 << 16 {
		h := Half(i)
		sign, e, f := 1.0, i>>10&31, float64(i&0x3ff)
		if i >= 0x8000 {
			sign = -1
		}
		want := sign * math.Ldexp(1024+f, e-25)
		switch {
		case e == 31 && f != 0:
			want = math.NaN()
		case e == 31:
			want = math.Inf(int(sign))
		case e == 0:
			want = sign * math.Ldexp(f, -24)
		}
		got := h.Float()
		if float64(got) != want && (got == got || want == want) || math.Signbit(float64(got)) != (i >= 0x8000) {
			t.Fatalf("%#04x is %v, want %v", i, got, want)
		}
		if back := ToHalf(got); back != h && (got == got || back != h|0x200) {
			t.Fatalf("%#04x comes back as %#04x", i, uint16(back))
		}
	}
}

// Between two neighbours the middle goes to the even one, and whatever is nearer to one goes there.
func TestToHalfRounds(t *testing.T) {
	for i := range Half(0x7c00) { // the last one's neighbour counts as 65536: infinity
		lo, hi := float64(i.Float()), float64((i + 1).Float())
		if i == 0x7bff {
			hi = 65536
		}
		middle := float32((lo + hi) / 2)
		want := map[float32]Half{math.Nextafter32(middle, 0): i, middle: i + i&1, math.Nextafter32(middle, 1e9): i + 1}
		for x, h := range want {
			if got := ToHalf(x); got != h {
				t.Fatalf("%v becomes %#04x, want %#04x", x, uint16(got), uint16(h))
			}
			if got := ToHalf(-x); got != h|0x8000 {
				t.Fatalf("%v becomes %#04x, want %#04x", -x, uint16(got), uint16(h|0x8000))
			}
		}
	}
}

// All tiers give the same bits: of all float16, of numbers of all sizes, of the middles between two, of NaNs.
func TestNarrowWiden(t *testing.T) {
	r := newRand(t)
	all := make([]Half, 1<<16)
	wide := make([]float32, 1<<16)
	for i := range all {
		all[i] = Half(i)
		wide[i] = all[i].Float()
	}
	everyTier[Half](t, "all halves", func(l arch.ISA) (Op, error) { return NewWiden(l) },
		[]*tensor{dense(t, F16, 1, 1, 64, 1024, all)}, F16, F32, 1, 64, 1024, wide)
	for _, c := range append(around(16), 1000) {
		values, want := make([]float32, 6*c), make([]Half, 6*c)
		for i := range values {
			switch r.IntN(3) {
			case 0:
				values[i] = math.Float32frombits(r.Uint32())
			case 1:
				values[i] = float32(r.NormFloat64())
			default:
				h := Half(r.IntN(0x7bff))
				values[i] = (h.Float() + (h + 1).Float()) / 2
			}
			want[i] = ToHalf(values[i])
		}
		in := []*tensor{dense(t, F32, 1, 2, 3, c, values)}
		everyTier[float32](t, "narrow", func(l arch.ISA) (Op, error) { return NewNarrow(l) }, in, F32, F16, 2, 3, c, want)
		back := make([]float32, len(want))
		for i, h := range want {
			back[i] = h.Float()
		}
		in = []*tensor{dense(t, F16, 1, 2, 3, c, want)}
		everyTier[Half](t, "widen", func(l arch.ISA) (Op, error) { return NewWiden(l) }, in, F16, F32, 2, 3, c, back)
	}
}

// TestHalfValues: numbers that the format's definition gives, IEEE 754-2019, section 3.4.
func TestHalfValues(t *testing.T) {
	inf := float32(math.Inf(1))
	for h, want := range map[Half]float32{0: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 0x7bff: 65504,
		1:      1. / (1 << 24),
		0x03ff: 1023. / (1 << 24), 0x0400: 1. / (1 << 14), 0x7c00: inf, 0xfc00: -inf} {
		if got := h.Float(); got != want {
			t.Errorf("%#x: %v, want %v", h, got, want)
		}
	}
	if v := Half(0x7e00).Float(); v == v {
		t.Errorf("NaN is %v", v)
	}
	if v := Half(0x8000).Float(); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("−0 is %v", v)
	}
}
