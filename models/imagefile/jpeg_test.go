package imagefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// coloured is a picture without symmetry.
func coloured(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x*3 + y*5) % 256), 255})
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment makes a segment of a JPEG.
func segment(marker byte, content ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// without cuts the segments of that marker out of the head.
func without(file []byte, marker byte) []byte {
	out := slices.Clone(file[:2])
	for i := 2; ; {
		end := i + 2 + int(binary.BigEndian.Uint16(file[i+2:]))
		if file[i+1] == markerSOS {
			return append(out, file[i:]...)
		}
		if file[i+1] != marker {
			out = append(out, file[i:end]...)
		}
		i = end
	}
}

// progressive makes a grey JPEG or, of three or four components, one without subsampling, which is black: a scan of the
// first coefficients and, for each of more, one in which every block of a component ends at once, 32767 blocks in
// 15 bits.
func progressive(w, h, comps, more int) []byte {
	out := append([]byte{0xff, 0xd8}, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)...)
	sof := []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(comps)}
	scan := []byte{byte(comps)}
	for c := range comps {
		sof, scan = append(sof, byte(c), 0x11, 0), append(scan, byte(c), 0)
	}
	out = append(out, segment(markerSOF2, sof...)...)
	counts := append([]byte{1}, make([]byte, 15)...) // one code, of one bit
	out = append(out, segment(markerDHT, slices.Concat([]byte{0}, counts, []byte{0})...)...)
	out = append(out, segment(markerDHT, slices.Concat([]byte{0x10}, counts, []byte{0xe0})...)...)
	out = append(out, segment(markerSOS, append(scan, 0, 0, 0)...)...)
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	out = append(out, make([]byte, (blocks*comps+7)/8)...)
	for i := range more {
		out = append(out, segment(markerSOS, 1, byte(i%comps), 0, 1, 63, 0)...)
		var bits uint64
		n := 0
		for left := blocks; left > 0; left -= 1<<15 - 1 {
			bits, n = bits<<15|(1<<14-1), n+15
			for ; n >= 8; n -= 8 {
				out = stuffed(out, byte(bits>>(n-8)))
			}
		}
		out = stuffed(out, byte(bits<<8>>n))
	}
	return append(out, 0xff, markerEOI)
}

func stuffed(out []byte, b byte) []byte {
	if b == 0xff {
		return append(out, b, 0)
	}
	return append(out, b)
}

// TestJPEGMended: what every decoder mends is mended, and gives the picture of the whole file.
func TestJPEGMended(t *testing.T) {
	whole := jpegOf(t, coloured(40, 24))
	bare := without(whole, markerDHT)
	open := whole[:len(whole)-2]
	for name, data := range map[string][]byte{
		"no end": open, "half an end": whole[:len(whole)-1], "zeros for an end": append(slices.Clone(open),
			make([]byte, 500)...),
		"no tables": bare, "neither": bare[:len(bare)-2], "more after the end": append(slices.Clone(whole),
			"\xff\xd8\xff\xc4"...),
	} {
		same(t, name, data, decoded(t, whole))
	}
	slow := progressive(40, 24, 3, 5)
	same(t, "progressive, no end", slow[:len(slow)-2], decoded(t, slow))
	for n := range whole { // only what lacks no more than its end is a picture
		if _, err := DecodeBytes(t.Context(), whole[:n], Limits{}); (err == nil) != (n >= len(open)) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		} else if err != nil && n > 2 && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
		DecodeBytes(t.Context(), bare[:min(n, len(bare))], Limits{})
	}
}

func decoded(t testing.TB, data []byte) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same decodes a file and compares it with a picture.
func same(t *testing.T, name string, data []byte, want image.Image) {
	t.Helper()
	got, err := DecodeBytes(t.Context(), data, Limits{})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	equal(t, name, got, want)
}

func equal(t *testing.T, name string, got, want image.Image) {
	t.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Errorf("%s: %v, want %v", name, got.Bounds(), want.Bounds())
		return
	}
	g, w := got.Bounds().Min, want.Bounds().Min
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			a := color.NRGBA64Model.Convert(got.At(g.X+x, g.Y+y))
			if b := color.NRGBA64Model.Convert(want.At(w.X+x, w.Y+y)); a != b {
				t.Errorf("%s: pixel %d, %d is %v, want %v", name, x, y, a, b)
				return
			}
		}
	}
}

// TestJPEGInks: four components are CMYK as Adobe has it, inverted, whether the file says so or not.
func TestJPEGInks(t *testing.T) {
	file := without(progressive(8, 8, 4, 0), 0) // all components are 128
	said := slices.Concat(file[:2], segment(markerAPP14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...), file[2:])
	for name, data := range map[string][]byte{"said": said, "not said": file} {
		m, err := DecodeBytes(t.Context(), data, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, g, b, _ := m.At(3, 3).RGBA() // 128 of 255, on paper of 128
		if want := uint32(128 * 128 / 255); r>>8 != want || g>>8 != want || b>>8 != want {
			t.Errorf("%s: %d %d %d, want %d", name, r>>8, g>>8, b>>8, want)
		}
	}
	ycck := bytes.Replace(said, []byte("\x64\x00\x00\x00\x00\x00"), []byte("\x64\x00\x00\x00\x00\x02"), 1)
	m, err := DecodeBytes(t.Context(), ycck, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := m.At(3, 3).(color.CMYK); !ok || c != (color.CMYK{128, 128, 128, 127}) {
		t.Errorf("%v", m.At(3, 3))
	}
}

// TestJPEGScans: each scan may cost the time of the whole picture.
func TestJPEGScans(t *testing.T) {
	for more, want := range map[int]error{63: nil, 64: runtime.ErrLimit, 3000: runtime.ErrLimit} {
		if _, err := DecodeBytes(t.Context(), progressive(64, 64, 1, more), Limits{}); !errors.Is(err, want) {
			t.Errorf("%d scans: %v, want %v", more+1, err, want)
		}
	}
	if _, err := DecodeBytes(t.Context(), progressive(64, 64, 1, 100), Limits{MaxScans: 101}); err != nil {
		t.Error(err)
	}
}

// countdown is a context that is done after its error was asked for n times.
type countdown struct {
	context.Context
	n int
}

func (c *countdown) Err() error {
	if c.n--; c.n < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestContext: decoding stops wherever the context ends, and is asked again and again, between scans too.
func TestContext(t *testing.T) {
	slow := progressive(256, 256, 1, 600)
	all := &countdown{t.Context(), 1 << 30}
	if _, err := DecodeBytes(all, slow, Limits{MaxScans: 1000}); err != nil {
		t.Fatal(err)
	}
	asked := 1<<30 - all.n
	if asked < 600/30 {
		t.Errorf("the context was looked at %d times in 600 scans", asked)
	}
	for n := range asked {
		ctx := &countdown{t.Context(), n}
		if _, err := DecodeBytes(ctx, slow, Limits{MaxScans: 1000}); !errors.Is(err, context.DeadlineExceeded) ||
			errors.Is(err, ErrCorrupt) {
			t.Fatalf("after %d of %d: %v", n, asked, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, j := encoded(t)
	for _, data := range [][]byte{p, j} {
		if _, err := DecodeContext(ctx, bytes.NewReader(data), Limits{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := DecodeBytes(ctx, data, Limits{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
