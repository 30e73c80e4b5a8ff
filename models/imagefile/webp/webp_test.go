package webp

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"math/bits"
	"runtime"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/imagefile"
	gneiss "github.com/gneiss-go/gneiss/runtime"
)

// bitWriter writes numbers from the lowest bit up.
type bitWriter struct {
	out []byte
	n   int
}

func (w *bitWriter) put(v uint32, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// lossless writes a picture by the WebP Lossless Bitstream Specification: no transforms, and codes of eight bits for
// each of green, red, blue and alpha.
func lossless(m *image.NRGBA) []byte {
	w := &bitWriter{}
	w.put(0x2f, 8)
	w.put(uint32(m.Rect.Dx()-1), 14)
	w.put(uint32(m.Rect.Dy()-1), 14)
	w.put(1, 1) // alpha is used
	w.put(0, 3)
	w.put(0, 3) // no transform, no colour cache, one group of codes
	for _, symbols := range []int{256 + 24, 256, 256, 256} {
		w.put(0, 1)    // lengths are coded
		w.put(12-4, 4) // lengths of the code for lengths: 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8
		for i := range 12 {
			if i == 2 || i == 11 { // lengths 0 and 8 have a bit each
				w.put(1, 3)
			} else {
				w.put(0, 3)
			}
		}
		w.put(0, 1) // all lengths follow
		for s := range symbols {
			if s < 256 {
				w.put(1, 1)
			} else {
				w.put(0, 1)
			}
		}
	}
	w.put(1, 1) // distances: a single symbol, 0
	w.put(0, 3)
	for i := 0; i < len(m.Pix); i += 4 {
		for _, c := range []int{1, 0, 2, 3} {
			w.put(uint32(bits.Reverse8(m.Pix[i+c])), 8)
		}
	}
	return w.out
}

// chunk makes a chunk of a RIFF file.
func chunk(kind string, content ...byte) []byte {
	out := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(content))), content...)
	return append(out, make([]byte, len(content)%2)...)
}

func file(chunks ...[]byte) []byte {
	return chunk("RIFF", append([]byte("WEBP"), slices.Concat(chunks...)...)...)
}

func extended(flags byte, w, h int) []byte {
	return chunk("VP8X", flags, 0, 0, 0, byte(w-1), byte((w-1)>>8), 0, byte(h-1), byte((h-1)>>8), 0)
}

func picture(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 37)
	}
	return m
}

// lossy is a frame of 18×10 pixels, (200, 40, 90) at the left and (20, 160, 230) at the right, as libwebp codes it.
func lossy(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString("9003009d012a12000a003eb5489e49a72422a1300800e016" +
		"89401766508e000522019fa00000fe9d72ec08dfecefd71d498c5dd" +
		"ffe4a7dfb363e3ed2de561d70df1f5576611a620a8000")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decodes(t *testing.T, name string, data []byte) *image.NRGBA {
	t.Helper()
	m, err := imagefile.DecodeBytes(t.Context(), data, imagefile.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m.(*image.NRGBA)
}

// TestLossless: every pixel, those under transparency too.
func TestLossless(t *testing.T) {
	m := picture(13, 7)
	if got := decodes(t, "lossless", file(chunk("VP8L", lossless(m)...))); !slices.Equal(got.Pix, m.Pix) {
		t.Errorf("%v\n%v", got.Pix, m.Pix)
	}
}

// TestLossy: colours are those of the limited range. The numbers are what libwebp decodes without smoothing chroma.
func TestLossy(t *testing.T) {
	plain := decodes(t, "lossy", file(chunk("VP8 ", lossy(t)...)))
	if plain.Rect != image.Rect(0, 0, 18, 10) {
		t.Fatal(plain.Rect)
	}
	left, right := color.NRGBA{201, 40, 92, 255}, color.NRGBA{17, 160, 233, 255}
	if a, b := plain.NRGBAAt(0, 0), plain.NRGBAAt(17, 9); a != left || b != right {
		t.Errorf("%v and %v, want %v and %v", a, b, left, right)
	}
	alpha := append([]byte{0}, bytes.Repeat([]byte{100}, 180)...) // as it is, without a filter
	clear := decodes(t, "transparent", file(extended(1<<4, 18, 10), chunk("ALPH", alpha...), chunk("VP8 ",
		lossy(t)...)))
	left.A = 100
	if got := clear.NRGBAAt(0, 0); got != left {
		t.Errorf("%v, want %v", got, left)
	}
}

// TestOrientation: the tag of the EXIF chunk, with or without the prefix that some programs write.
func TestOrientation(t *testing.T) {
	m := picture(5, 3)
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	for _, prefix := range []string{"", "Exif\x00\x00"} {
		exif := chunk("EXIF", append([]byte(prefix), tiff...)...)
		got := decodes(t, "turned", file(extended(1<<3, 5, 3), chunk("VP8L", lossless(m)...), exif))
		if got.Rect != image.Rect(0, 0, 3, 5) {
			t.Fatal(got.Rect)
		}
		for y := range 3 {
			for x := range 5 {
				if got.NRGBAAt(2-y, x) != m.NRGBAAt(x, y) {
					t.Errorf("pixel %d, %d", x, y)
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	good := file(chunk("VP8L", lossless(picture(13, 7))...))
	claims := file(chunk("VP8 ", lossy(t)...))
	binary.LittleEndian.PutUint32(claims[4:], 1<<31-1)
	binary.LittleEndian.PutUint32(claims[16:], 1<<31-100)
	for name, c := range map[string]struct {
		data []byte
		l    imagefile.Limits
		err  error
	}{
		"cut":        {good[:len(good)-20], imagefile.Limits{}, imagefile.ErrCorrupt},
		"claims":     {claims, imagefile.Limits{}, imagefile.ErrCorrupt},
		"no picture": {file(), imagefile.Limits{}, imagefile.ErrCorrupt},
		"animated": {file(extended(1<<1, 13, 7), chunk("ANIM", make([]byte, 6)...)), imagefile.Limits{},
			imagefile.ErrFormat},
		"another": {file(extended(0, 900, 700), chunk("VP8L", lossless(picture(13, 7))...)), imagefile.Limits{},
			imagefile.ErrCorrupt},
		"many pixels": {good, imagefile.Limits{MaxPixels: 90}, gneiss.ErrLimit},
		"much memory": {good, imagefile.Limits{MaxMemory: 91 * 4}, gneiss.ErrLimit},
		"wide": {file(extended(0, 16384, 16384), chunk("VP8L", 0x2f, 0xff, 0xff, 0xff, 0x0f)),
			imagefile.Limits{MaxPixels: 1 << 24}, gneiss.ErrLimit},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := imagefile.DecodeBytes(t.Context(), c.data, c.l)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, c.err) || took > 1<<20 {
			t.Errorf("%s: %v, %d bytes; want %v", name, err, took, c.err)
		}
	}
	for n := range good {
		if _, err := imagefile.DecodeBytes(t.Context(), good[:n], imagefile.Limits{}); err == nil {
			t.Errorf("%d of %d bytes are decoded", n, len(good))
		}
	}
}

// FuzzDecode: no bytes make it panic, or give a picture beyond the limits.
func FuzzDecode(f *testing.F) {
	f.Add(file(chunk("VP8L", lossless(picture(3, 2))...)))
	f.Add(file(chunk("VP8 ", lossy(f)...)))
	f.Add(file(extended(1<<4, 18, 10), chunk("ALPH", append([]byte{0}, make([]byte, 180)...)...), chunk("VP8 ",
		lossy(f)...)))
	l := imagefile.Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 16, MaxMemory: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := imagefile.DecodeBytes(t.Context(), data, l)
		if err == nil && img.Bounds().Dx()*img.Bounds().Dy() > l.MaxPixels {
			t.Errorf("%v", img.Bounds())
		}
	})
}
