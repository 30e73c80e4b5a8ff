package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func encoded(t testing.TB) (p, j []byte) {
	t.Helper()
	var b, c bytes.Buffer
	m := image.NewRGBA(image.Rect(0, 0, 6, 4))
	if err := errors.Join(png.Encode(&b, m), jpeg.Encode(&c, m, nil)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), c.Bytes()
}

func TestDecode(t *testing.T) {
	p, j := encoded(t)
	huge := bytes.Clone(p) // a header that claims 2¹³ × 2¹⁴ pixels: as many as a 32-bit decoder takes
	binary.BigEndian.PutUint32(huge[16:], 1<<13)
	binary.BigEndian.PutUint32(huge[20:], 1<<14)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for _, c := range []struct {
		name string
		data []byte
		l    Limits
		err  error
		says string
	}{
		{"png", p, DefaultLimits, nil, ""},
		{"jpeg", j, DefaultLimits, nil, ""},
		{"empty", nil, DefaultLimits, ErrFormat, "empty"},
		{"text", []byte("hello"), DefaultLimits, ErrFormat, "not a JPEG or PNG"},
		{"gif", []byte("GIF89a..."), DefaultLimits, ErrFormat, "a GIF image"},
		{"cut png", p[:len(p)-20], DefaultLimits, ErrCorrupt, "cut short"},
		{"cut jpeg", j[:len(j)/2], DefaultLimits, ErrCorrupt, ""},
		{"signature", p[:8], DefaultLimits, ErrCorrupt, ""},
		{"huge", huge, DefaultLimits, runtime.ErrLimit, "pixels"},
		{"many pixels", p, Limits{MaxBytes: 1 << 20, MaxPixels: 23}, runtime.ErrLimit, "6×4 pixels, more than 23"},
		{"many bytes", p, Limits{MaxBytes: 10, MaxPixels: 100}, runtime.ErrLimit, "more than 10 bytes"},
	} {
		img, err := Decode(bytes.NewReader(c.data), c.l)
		if !errors.Is(err, c.err) || (err != nil) != (c.err != nil) || (err != nil && !strings.Contains(err.Error(),
			c.says)) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if err == nil && img.Bounds().Dx() != 6 {
			t.Errorf("%s: bounds %v", c.name, img.Bounds())
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	p, _ := encoded(t)
	good, bad := filepath.Join(dir, "good.png"), filepath.Join(dir, "bad.png")
	if err := errors.Join(os.WriteFile(good, p, 0o600), os.WriteFile(bad, []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(good); err != nil {
		t.Error(err)
	}
	for _, path := range []string{bad, dir, filepath.Join(dir, "none.png")} {
		var fe *runtime.FileError
		if _, err := Open(path); !errors.As(err, &fe) || fe.File != path || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// FuzzDecode: no bytes make it panic, or give an image beyond the limits.
func FuzzDecode(f *testing.F) {
	p, j := encoded(f)
	f.Add(p)
	f.Add(j)
	f.Add(j[:len(j)-2])
	f.Add(without(j, markerDHT))
	f.Add(progressive(24, 16, 4, 4))
	f.Add(withChunk(p, "eXIf", exifOf(binary.BigEndian, 7)))
	f.Add(withChunk(pngOf(f, coloured(3, 2)), "tRNS", make([]byte, 6)))
	l := Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 16}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(bytes.NewReader(data), l)
		if err == nil && img.Bounds().Dx()*img.Bounds().Dy() > l.MaxPixels {
			t.Errorf("%v", img.Bounds())
		}
	})
}
