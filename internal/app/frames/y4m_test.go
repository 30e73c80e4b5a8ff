package frames

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

func stream(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

func TestY4M(t *testing.T) {
	one, two := strings.Repeat("a", 12), "FRAME\nFRAME\n"
	s, err := newY4M(stream("YUV4MPEG2 W4 H2 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=FULL\nFRAME Ip\n" +
		one + "FRAME\n" + two))
	if err != nil {
		t.Fatal(err)
	}
	want := preprocess.FrameFormat{Pixels: preprocess.I420, Width: 4, Height: 2, FullRange: true}
	if s.Format() != (Format{FrameFormat: want}) || s.rate < 29.97 || s.rate > 29.971 {
		t.Fatal(s.Format(), s.rate)
	}
	var buf []byte
	for _, want := range []string{one, two} {
		if buf, err = s.Next(t.Context(), buf); err != nil || string(buf) != want {
			t.Fatalf("%q, %v", buf, err)
		}
	}
	if _, err = s.Next(t.Context(), buf); err != io.EOF {
		t.Fatal(err)
	}
}

// TestY4MOdd: a frame of 3×3 has chroma of 2×2.
func TestY4MOdd(t *testing.T) {
	one, two := "aaaaaaaaabbbbcccc", "dddddddddeeeeffff"
	s, err := newY4M(stream("YUV4MPEG2 W3 H3 C420jpeg\nFRAME\n" + one + "FRAME\n" + two))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{one, two} {
		if got, err := s.Next(t.Context(), nil); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

func TestY4MErrors(t *testing.T) {
	for what, s := range map[string]string{
		"empty":      "",
		"other":      "RIFF W4 H2\n",
		"no end":     "YUV4MPEG2 W4 H2",
		"endless":    "YUV4MPEG2 " + strings.Repeat("x", 1<<17) + "\n",
		"no size":    "YUV4MPEG2 F30:1\n",
		"large":      "YUV4MPEG2 W99999999 H99999999\n",
		"very large": "YUV4MPEG2 W99999999999999999999 H2\n",
		"negative":   "YUV4MPEG2 W-4 H2\n",
		"short odd":  "YUV4MPEG2 W3 H3\nFRAME\n0123456789abcdef",
		"rate":       "YUV4MPEG2 W4 H2 Fx\n",
		"colours":    "YUV4MPEG2 W4 H2 C444\n",
		"deep":       "YUV4MPEG2 W4 H2 C420p10\n",
		"frame":      "YUV4MPEG2 W4 H2\nFRAM\naaaaaaaaaaaa",
		"short":      "YUV4MPEG2 W4 H2\nFRAME\naaa",
	} {
		y, err := newY4M(stream(s))
		if err == nil {
			_, err = y.Next(t.Context(), nil)
		}
		if err == nil || what != "empty" && !errors.Is(err, ErrY4M) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzY4M(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W4 H2 F25:1 Ip C420jpeg\nFRAME\n0123456789abFRAME\n"))
	f.Add([]byte("YUV4MPEG2 W2 H2 Cmono\nFRAME Xa\n0123"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := newY4M(io.NopCloser(bytes.NewReader(b)))
		if err != nil || s.f.Size() > 1<<20 {
			return
		}
		var buf []byte
		for err == nil {
			if buf, err = s.Next(context.Background(), buf); err == nil && len(buf) != s.f.Size() {
				t.Fatal(len(buf))
			}
		}
	})
}
