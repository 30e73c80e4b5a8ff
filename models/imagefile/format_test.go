package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/preprocess"
	gneiss "github.com/gneiss-go/gneiss/runtime"
)

// TestOtherFormats: a file of another kind is named, and is not called corrupt.
func TestOtherFormats(t *testing.T) {
	const convert = "convert it to JPEG or PNG"
	box := func(brands string) string {
		return "\x00\x00\x00" + string(rune(8+len(brands))) + "ftyp" + brands + "more"
	}
	for _, c := range []struct{ data, says, advice string }{
		{box("heic\x00\x00\x00\x00mif1heic"), "a HEIC image", convert},
		{box("mif1\x00\x00\x00\x00mif1heix"), "a HEIC image", convert},
		{box("msf1\x00\x00\x00\x00"), "a HEIF image", convert},
		{box("avif\x00\x00\x00\x00mif1miaf"), "an AVIF image", convert},
		{box("mif1\x00\x00\x00\x00mif1avif"), "an AVIF image", convert},
		{box("isom\x00\x00\x02\x00isomavc1"), "an MP4 or QuickTime video", ""},
		{"II*\x00\x08\x00\x00\x00", "a TIFF image", convert},
		{"MM\x00*\x00\x00\x00\x08", "a TIFF image", convert},
		{"\xff\x0a\x00", "a JPEG XL image", convert},
		{"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL image", convert},
		{"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 image", convert},
		{"GIF89a", "a GIF image", convert},
		{"BM\x00\x00", "a BMP image", convert},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", "a WebP image", convert},
		{`<svg xmlns="http://www.w3.org/2000/svg">`, "an SVG image", convert},
		{"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- drawn -->\n<SVG>", "an SVG image", convert},
		{"%PDF-1.7", "a PDF document", convert},
		{"\n\t<!DocType HTML><p>", "an HTML page", "download"},
		{"<html>", "an HTML page", "download"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer", "git lfs pull"},
		{"", "empty", ""},
		{"hello", "text", ""},
		{"\x80\x81\x82", "not a JPEG or PNG image", ""},
	} {
		_, err := DecodeBytes(t.Context(), []byte(c.data), Limits{})
		var fe *FormatError
		if !errors.As(err, &fe) || !errors.Is(err, ErrFormat) || errors.Is(err, ErrCorrupt) ||
			!strings.Contains(err.Error(), c.says) ||
			!strings.Contains(err.Error(), c.advice) || strings.Contains(err.Error(), "corrupt") {
			t.Errorf("%.20q: %v, want %s", c.data, err, c.says)
		}
	}
	j := jpegOf(t, coloured(16, 16))
	for marker, says := range map[byte]string{0xc3: "lossless", 0xc9: "arithmetic", 0xca: "arithmetic",
		0xcb: "lossless", 0xc0: "12 bits"} {
		other := slices.Clone(j)
		at := bytes.Index(other, []byte{0xff, markerSOF0})
		if other[at+1] = marker; marker == markerSOF0 {
			other[at+4] = 12
		}
		if _, err := DecodeBytes(t.Context(), other, Limits{}); !errors.Is(err, ErrFormat) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("marker %#x: %v, want %s", marker, err, says)
		}
	}
}

// pngKinds are pictures of which PNG files of every kind are made.
func pngKinds(w, h int) []image.Image {
	r := image.Rect(0, 0, w, h)
	grey16, half := image.NewGray16(r), image.NewNRGBA(r)
	half16, opaque16 := image.NewNRGBA64(r), image.NewRGBA64(r)
	for i := range w * h {
		x, y := i%w, i/w
		grey16.SetGray16(x, y, color.Gray16{uint16(i * 7)})
		half.SetNRGBA(x, y, color.NRGBA{uint8(i), uint8(i >> 3), 9, uint8(i)})
		half16.SetNRGBA64(x, y, color.NRGBA64{uint16(i * 7), uint16(i), 9, uint16(i)})
		opaque16.SetRGBA64(x, y, color.RGBA64{uint16(i * 7), uint16(i), 9, 65535})
	}
	palette := image.NewPaletted(r, color.Palette{color.Black, color.White, color.NRGBA{9, 9, 9, 0}})
	return []image.Image{image.NewGray(r), grey16, coloured(w, h), half, half16, opaque16, palette}
}

// TestMemory: what a head says is what decoding takes, neither less nor twice as much.
func TestMemory(t *testing.T) {
	const w, h = 515, 389
	files := map[string][]byte{}
	for _, m := range pngKinds(w, h) {
		p := pngOf(t, m)
		files[fmt.Sprintf("PNG of %T", m)] = p
		files[fmt.Sprintf("turned PNG of %T", m)] = withChunk(p, "eXIf", exifOf(binary.BigEndian, 6))
	}
	grey := pngOf(t, image.NewGray(image.Rect(0, 0, w, h)))
	files["PNG of grey, one transparent"] = withChunk(grey, "tRNS", []byte{0, 0})
	deep := pngOf(t, image.NewGray16(image.Rect(0, 0, w, h)))
	files["PNG of grey of 16 bits, one transparent"] = withChunk(deep, "tRNS", []byte{0, 0})
	j := jpegOf(t, coloured(w, h))
	files["JPEG"] = j
	files["turned JPEG"] = slices.Concat(j[:2], segment(markerAPP1, append([]byte(exifMagic), exifOf(binary.BigEndian,
		5)...)...), j[2:])
	files["RGB JPEG"] = slices.Concat(j[:2], segment(markerAPP14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...),
		j[2:])
	files["grey JPEG"] = jpegOf(t, image.NewGray(image.Rect(0, 0, w, h)))
	for _, comps := range []int{1, 3, 4} {
		files[fmt.Sprintf("progressive JPEG of %d", comps)] = progressive(w, h, comps, 2)
	}
	const slack = 128 << 10 // tables, buffers
	for name, data := range files {
		head, err := find(data).Inspect(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := head.Memory
		if head.Orientation.turns() {
			want += w * h * int64(head.PixelBytes)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := DecodeBytes(t.Context(), data, Limits{MaxMemory: want}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > want+slack || took < want-want/8 {
			t.Errorf("%s: %d bytes, said %d", name, took, want)
		}
		if _, err := DecodeBytes(t.Context(), data, Limits{MaxMemory: want - 1}); !errors.Is(err, gneiss.ErrLimit) {
			t.Errorf("%s: %v, want a limit", name, err)
		}
	}
}

// TestInterlaced: a file of passes takes twice the memory, for each pass is a picture of its own.
func TestInterlaced(t *testing.T) {
	p := pngOf(t, image.NewGray(image.Rect(0, 0, 64, 64)))
	plain, err := inspectPNG(p)
	if err != nil {
		t.Fatal(err)
	}
	p = interlaced(p)
	if head, err := inspectPNG(p); err != nil || head.Memory != 2*plain.Memory {
		t.Errorf("%+v, %v; want %d bytes", head, err, 2*plain.Memory)
	}
}

// resized changes the size in a PNG's header, interlaced says that it has passes.
func resized(file []byte, w, h int) []byte {
	out := slices.Clone(file)
	binary.BigEndian.PutUint32(out[16:], uint32(w))
	binary.BigEndian.PutUint32(out[20:], uint32(h))
	return summed(out)
}

func interlaced(file []byte) []byte {
	out := slices.Clone(file)
	out[28] = 1
	return summed(out)
}

// summed mends the header's sum.
func summed(file []byte) []byte {
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

// TestClaims: a file too short for the size that it claims takes no memory.
func TestClaims(t *testing.T) {
	p := resized(pngOf(t, coloured(8, 8)), 8000, 6000)
	j := jpegOf(t, coloured(8, 8))
	at := bytes.Index(j, []byte{0xff, markerSOF0})
	binary.BigEndian.PutUint16(j[at+5:], 6000)
	binary.BigEndian.PutUint16(j[at+7:], 8000)
	for name, data := range map[string][]byte{"PNG": p, "JPEG": j} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := DecodeBytes(t.Context(), data, Limits{})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(),
			"cut short") || took > 1<<20 {
			t.Errorf("%s: %v, %d bytes", name, err, took)
		}
	}
	for _, size := range [][2]int{{65536, 1}, {1, 65536}, {1 << 30, 1}} {
		if _, err := DecodeBytes(t.Context(), resized(p, size[0], size[1]), Limits{}); !errors.Is(err,
			gneiss.ErrLimit) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

// TestTransparentPNG: white behind full transparency is white, however a PNG has it.
func TestTransparentPNG(t *testing.T) {
	r := image.Rect(0, 0, 2, 1)
	grey, grey16, rgb, rgba := image.NewGray(r), image.NewGray16(r), coloured(2, 1), image.NewNRGBA(r)
	rgba16 := image.NewNRGBA64(r)
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 255, 255, 0}})
	for i := range 2 {
		alpha := uint8(255 * i)
		grey.SetGray(i, 0, color.Gray{255})
		grey16.SetGray16(i, 0, color.Gray16{65535})
		rgb.SetNRGBA(i, 0, color.NRGBA{255, 255, 255, 255})
		rgba.SetNRGBA(i, 0, color.NRGBA{255, 255, 255, alpha})
		rgba16.SetNRGBA64(i, 0, color.NRGBA64{65535, 65535, 65535, uint16(alpha) * 257})
		palette.SetColorIndex(i, 0, uint8(i))
	}
	for name, data := range map[string][]byte{
		"grey": withChunk(pngOf(t, grey), "tRNS", []byte{0, 255}), "grey of 16 bits": withChunk(pngOf(t, grey16),
			"tRNS", []byte{255, 255}),
		"RGB": withChunk(pngOf(t, rgb), "tRNS", []byte{0, 255, 0, 255, 0, 255}), "RGBA": pngOf(t, rgba),
		"RGBA of 16 bits": pngOf(t, rgba16),
		"palette":         pngOf(t, palette),
	} {
		m, err := DecodeBytes(t.Context(), data, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, _, _, a := m.At(0, 0).RGBA()
		_, _, _, b := m.At(1, 0).RGBA()
		if a != 0 && b != 0 {
			t.Errorf("%s: nothing is transparent", name)
		}
		s := preprocess.Spec{Width: 2, Height: 1}
		dst := make([]float32, s.Elements())
		if err := s.Preparer().Into(dst, m); err != nil {
			t.Error(err)
		}
		if want := slices.Repeat([]float32{255}, 6); !slices.Equal(dst, want) {
			t.Errorf("%s: %v", name, dst)
		}
	}
}

// TestRegister: a format that is added is found, named and replaced.
func TestRegister(t *testing.T) {
	old := registered()
	defer func() { formats = old }()
	for range 2 {
		Register(Format{"Test", prefix("TEST"), func([]byte) (Head, error) { return Head{Width: 1, Height: 1}, nil },
			func(io.Reader) (image.Image, error) { return coloured(1, 1), nil }})
	}
	if len(registered()) != len(old)+1 {
		t.Error(names())
	}
	if m, err := DecodeBytes(t.Context(), []byte("TESTED"), Limits{}); err != nil || m.Bounds().Dx() != 1 {
		t.Error(err)
	}
	if _, err := DecodeBytes(t.Context(), []byte("TES"), Limits{}); err == nil || !strings.Contains(err.Error(),
		"JPEG or PNG or Test") {
		t.Error(err)
	}
}

// FuzzJPEG: the walk sees the size that the decoder sees, and decoding takes no more memory than the head says.
func FuzzJPEG(f *testing.F) {
	whole := jpegOf(f, coloured(40, 24))
	f.Add(whole)
	f.Add(without(whole, markerDHT))
	f.Add(progressive(24, 16, 3, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || len(data) > 1<<14 {
			return
		}
		head, err := inspectJPEG(data)
		if err != nil || head.Width*head.Height > 1<<16 {
			return
		}
		cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err == nil && (cfg.Width != head.Width || cfg.Height != head.Height) {
			t.Errorf("%d×%d, %d×%d", head.Width, head.Height, cfg.Width, cfg.Height)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = jpeg.Decode(head.open(data))
		runtime.ReadMemStats(&after)
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > head.Memory+1<<20 {
			t.Errorf("%d bytes, said %d (%v)", took, head.Memory, err)
		}
	})
}
