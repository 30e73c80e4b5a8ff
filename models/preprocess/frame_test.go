package preprocess

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
	"github.com/gneiss-go/gneiss/runtime"
)

// frameSpecs are the ways of fitting, with means and scales.
func frameSpecs() (all []Spec) {
	for _, mode := range []Mode{Squash, Crop, Letterbox} {
		for _, filter := range []Filter{Bilinear, Antialias} {
			for _, order := range []Order{RGB, BGR, Gray} {
				all = append(all, Spec{Width: 13, Height: 9, Mode: mode, Filter: filter, Order: order, Pad: 114,
					Mean: [3]float32{104, 117, 123}, Scale: [3]float32{1, 0.5, 2}})
			}
		}
	}
	return all
}

// TestFrame: every layout, fit and order gives what the whole frame in RGB gives.
func TestFrame(t *testing.T) {
	for p := range numPixels {
		t.Run(p.String(), func(t *testing.T) {
			for _, f := range []FrameFormat{
				{Pixels: p, Width: 64, Height: 48},
				{Pixels: p, Width: 50, Height: 90, Stride: 172},
				{Pixels: p, Width: 2, Height: 2, BT709: true},
				{Pixels: p, Width: 6, Height: 10, FullRange: true},
				{Pixels: p, Width: 130, Height: 8, FullRange: true, BT709: true},
				{Pixels: p, Width: 63, Height: 47},
				{Pixels: p, Width: 5, Height: 10, Stride: 32},
				{Pixels: p, Width: 6, Height: 5},
				{Pixels: p, Width: 1, Height: 1},
			} {
				frame := frameOf(f, true)
				rgb := toRGB(f, frame)
				for _, s := range frameSpecs() {
					in := input(t, s, runtime.Quant{})
					fr, err := NewFrame(f, s, in)
					if err != nil {
						t.Fatal(err)
					}
					if err := fr.Fill(frame); err != nil {
						t.Fatal(err)
					}
					compare(t, fmt.Sprint(f, s), in.Float32(), s, rgb, 0.02)
					compare(t, fmt.Sprint(f, s), in.Float32(), s, rgb.rounded(), 1.02) // half a step, scaled by up to 2
				}
			}
		})
	}
}

func compare(t *testing.T, what string, got []float32, s Spec, m image.Image, tolerance float64) {
	t.Helper()
	want := make([]float32, s.Elements())
	if err := s.Preparer().Into(want, m); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > tolerance {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestFrameNoise: values that are no colours are clamped; where nothing is mixed, exactly as in the reference.
func TestFrameNoise(t *testing.T) {
	for p := range numPixels {
		f := FrameFormat{Pixels: p, Width: 32, Height: 24}
		frame := frameOf(f, false)
		same := Spec{Width: 32, Height: 24}
		in := input(t, same, runtime.Quant{})
		fr, err := NewFrame(f, same, in)
		if err != nil {
			t.Fatal(err)
		}
		if err := fr.Fill(frame); err != nil {
			t.Fatal(err)
		}
		compare(t, p.String(), in.Float32(), same, toRGB(f, frame), 0.01)
	}
}

// TestFrameBits: the same bits on every tier; a quantised input has what the float input has, rounded.
func TestFrameBits(t *testing.T) {
	q := runtime.Quant{Scale: 1.5, Zero: 90}
	for p := range numPixels {
		f := FrameFormat{Pixels: p, Width: 230, Height: 140, Stride: 704}
		frame := frameOf(f, false)
		for _, s := range frameSpecs() {
			floats, quants := input(t, s, runtime.Quant{}), input(t, s, q)
			var want []float32
			for _, isa := range arch.Supported() {
				for _, in := range []*runtime.Tensor{floats, quants} {
					fr, err := newFrame(f, s, in, isa)
					if err != nil {
						t.Fatal(err)
					}
					if err := fr.Fill(frame); err != nil {
						t.Fatal(err)
					}
				}
				if want == nil {
					want = append(want, floats.Float32()...)
				}
				for i, got := range floats.Float32() {
					if got != want[i] {
						t.Fatalf("%v %v %v: element %d is %v, want %v", isa, f, s, i, got, want[i])
					}
					v := math.Min(math.Max(math.RoundToEven(float64(got/q.Scale))+float64(q.Zero), 0), 255)
					if quants.Uint8()[i] != uint8(v) {
						t.Fatalf("%v %v %v: byte %d is %v, want %v", isa, f, s, i, quants.Uint8()[i], v)
					}
				}
			}
		}
	}
}

// TestFrameGolden: the same bits on every architecture.
func TestFrameGolden(t *testing.T) {
	sum := fnv.New64a()
	for p := range numPixels {
		f := FrameFormat{Pixels: p, Width: 230, Height: 140, BT709: p%2 == 0}
		frame := frameOf(f, false)
		for _, s := range frameSpecs() {
			in := input(t, s, runtime.Quant{})
			fr, err := NewFrame(f, s, in)
			if err != nil {
				t.Fatal(err)
			}
			if err := fr.Fill(frame); err != nil {
				t.Fatal(err)
			}
			for _, v := range in.Float32() {
				if v == 0 {
					v = 0 // of either sign
				}
				binary.Write(sum, binary.LittleEndian, v)
			}
		}
	}
	if got, want := sum.Sum64(), uint64(0x4c7f79bfdf7ab828); got != want {
		t.Errorf("hash %#x, want %#x", got, want)
	}
}

// TestFrameGuarded: not a byte before or after the frame is read, on any tier.
func TestFrameGuarded(t *testing.T) {
	for p := range numPixels {
		for _, f := range []FrameFormat{{Pixels: p, Width: 66, Height: 40}, {Pixels: p, Width: 22, Height: 18, Stride: 98},
			{Pixels: p, Width: 2, Height: 2}, {Pixels: p, Width: 33, Height: 21}, {Pixels: p, Width: 1, Height: 1}} {
			for _, s := range frameSpecs() {
				in := input(t, s, runtime.Quant{})
				for _, isa := range arch.Supported() {
					fr, err := newFrame(f, s, in, isa)
					if err != nil {
						t.Fatal(err)
					}
					for _, side := range guard.Sides {
						if err := fr.Fill(guard.Bytes(t, side, fr.Size())); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}

// FuzzFrame: no format, fit or content makes a panic, or a value that no pixel has.
func FuzzFrame(f *testing.F) {
	f.Add(uint8(0), 64, 48, 0, uint8(0), 0, uint8(1), []byte("abc"))
	f.Add(uint8(2), 16, 90, 32, uint8(1), 20, uint8(0), []byte("\x00\xff"))
	f.Add(uint8(5), 7, 3, 30, uint8(2), 0, uint8(5), []byte{200})
	f.Fuzz(func(t *testing.T, p uint8, w, h, stride int, mode uint8, short int, filter uint8, content []byte) {
		format := FrameFormat{Pixels: Pixels(p), Width: w, Height: h, Stride: stride, BT709: filter&2 != 0,
			FullRange: filter&4 != 0}
		s := Spec{Width: 11, Height: 5, Mode: Mode(mode), Short: short, Filter: Filter(filter & 1), Order: BGR, Pad: 114}
		in := fuzzInput(t, s)
		fr, err := NewFrame(format, s, in)
		if err != nil {
			if !errors.Is(err, runtime.ErrShape) {
				t.Fatal(err)
			}
			return
		}
		if fr.Size() > 1<<20 || len(content) == 0 {
			return
		}
		frame := make([]byte, fr.Size())
		for i := range frame {
			frame[i] = content[i%len(content)]
		}
		if err := fr.Fill(frame); err != nil {
			t.Fatal(err)
		}
		for i, v := range in.Float32() {
			if !(v > -0.01 && v < 255.01) {
				t.Fatalf("%v %v: element %d is %v", format, s, i, v)
			}
		}
	})
}

// fuzzInput is made once, for making it takes longer than filling it.
var fuzzInput = func() func(testing.TB, Spec) *runtime.Tensor {
	var in *runtime.Tensor
	return func(t testing.TB, s Spec) *runtime.Tensor {
		if in == nil {
			in = input(keep{t}, s, runtime.Quant{})
		}
		return in
	}
}()

// keep is a test that cleans nothing up.
type keep struct{ testing.TB }

func (keep) Cleanup(func()) {}

// TestFrameTwice: nothing of a frame stays, and nothing is allocated.
func TestFrameTwice(t *testing.T) {
	for p := range numPixels {
		f := FrameFormat{Pixels: p, Width: 320, Height: 240}
		frame, black := frameOf(f, false), make([]byte, f.Size())
		s := Spec{Width: 32, Height: 32, Mode: Letterbox, Filter: Antialias}
		in := input(t, s, runtime.Quant{})
		fr, err := NewFrame(f, s, in)
		if err != nil {
			t.Fatal(err)
		}
		if fr.Size() != len(frame) || fr.Format() != f {
			t.Fatal(fr.Size(), fr.Format())
		}
		var once []float32
		for i, b := range [][]byte{frame, black, frame} {
			clear(in.Float32())
			if err := fr.Fill(b); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				once = append(once, in.Float32()...)
			}
		}
		for i, v := range in.Float32() {
			if v != once[i] {
				t.Fatalf("%v: element %d is %v, was %v", p, i, v, once[i])
			}
		}
		if n := testing.AllocsPerRun(5, func() { fr.Fill(frame) }); n != 0 {
			t.Errorf("%v: %v allocations", p, n)
		}
	}
}

func TestFrameErrors(t *testing.T) {
	s := Spec{Width: 8, Height: 8}
	in := input(t, s, runtime.Quant{})
	for what, f := range map[string]FrameFormat{
		"layout":       {numPixels, 8, 8, 0, false, false},
		"empty":        {Pixels: RGB24, Height: 8},
		"negative":     {Pixels: RGB24, Width: 8, Height: -8},
		"large":        {Pixels: Grey8, Width: 1 << 30, Height: 1 << 30},
		"half a pair":  {Pixels: YUYV, Width: 7, Height: 8, Stride: 14},
		"no last V":    {Pixels: NV12, Width: 7, Height: 8, Stride: 7},
		"short stride": {Pixels: YUYV, Width: 8, Height: 8, Stride: 15},
		"long stride":  {Pixels: YUYV, Width: 8, Height: 8, Stride: 1 << 30},
		"no stride":    {Pixels: YUYV, Width: 8, Height: 8, Stride: -16},
		"odd stride":   {Pixels: I420, Width: 8, Height: 8, Stride: 9},
	} {
		var e *FrameError
		if _, err := NewFrame(f, s, in); !errors.As(err, &e) || !errors.Is(err, runtime.ErrShape) || e.Format != f {
			t.Errorf("%s: %v", what, err)
		}
		if f.Check() == nil || f.Size() != 0 {
			t.Errorf("%s: size %d", what, f.Size())
		}
	}
	ok := FrameFormat{Pixels: NV12, Width: 16, Height: 10, Stride: 20}
	if _, err := NewFrame(ok, Spec{Width: 8, Height: 7}, in); !errors.Is(err, runtime.ErrShape) {
		t.Error(err)
	}
	if _, err := NewFrame(ok, Spec{}, in); !errors.Is(err, runtime.ErrShape) {
		t.Error(err)
	}
	fr, err := NewFrame(ok, s, in)
	if err != nil {
		t.Fatal(err)
	}
	if want := 20*14 + 16; fr.Size() != want { // the last row has no gap
		t.Fatal(fr.Size(), want)
	}
	var e *FrameError
	for _, n := range []int{0, fr.Size() - 1} {
		if err := fr.Fill(make([]byte, n)); !errors.As(err, &e) {
			t.Error(n, err)
		}
	}
	if err := fr.Fill(make([]byte, fr.Size())); err != nil {
		t.Error(err)
	}
}

// TestFrameOddSizes: chroma of odd sizes is rounded up, as ffmpeg and V4L2 lay it out.
func TestFrameOddSizes(t *testing.T) {
	for p, want := range map[Pixels]int{
		YUYV: 5 * 16, UYVY: 5 * 16, NV12: 5*7 + 3*8, NV21: 5*7 + 3*8, I420: 5*7 + 2*3*4, RGB24: 5 * 21, Grey8: 5 * 7,
	} {
		if got := (FrameFormat{Pixels: p, Width: 7, Height: 5}).Size(); got != want {
			t.Errorf("%v 7×5: %d bytes, want %d", p, got, want)
		}
	}
}

func TestPixels(t *testing.T) {
	for p := range numPixels {
		if got, err := ParsePixels(p.String()); err != nil || got != p {
			t.Error(p, got, err)
		}
	}
	if _, err := ParsePixels("rgb"); err == nil {
		t.Error("no error")
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, p := range []Pixels{YUYV, NV12, RGB24} {
		for _, s := range []Spec{{Width: 32, Height: 32, Filter: Antialias}, {Width: 224, Height: 224},
			{Width: 224, Height: 224, Filter: Antialias}} {
			f := FrameFormat{Pixels: p, Width: 1280, Height: 720}
			frame := frameOf(f, true)
			in := input(b, s, runtime.Quant{})
			for _, isa := range []arch.ISA{arch.Generic, arch.Best()} {
				fr, err := newFrame(f, s, in, isa)
				if err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprintf("format=%v/to=%d/filter=%v/isa=%v", p, s.Width, s.Filter, isa), func(b *testing.B) {
					for b.Loop() {
						fr.Fill(frame)
					}
				})
			}
		}
	}
}
