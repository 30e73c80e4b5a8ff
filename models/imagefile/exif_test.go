package imagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"testing"
)

// exifOf is a TIFF structure with the orientation among other tags.
func exifOf(order binary.AppendByteOrder, o uint16) []byte {
	out := []byte("II")
	if order.String() == "BigEndian" {
		out = []byte("MM")
	}
	out = order.AppendUint32(order.AppendUint16(out, 42), 8+4)
	out = order.AppendUint16(append(out, "gap."...), 3)
	for _, tag := range [][4]uint16{{0x0100, 3, 1, 64}, {0x0112, 3, 1, o}, {0x0128, 3, 1, 2}} {
		out = order.AppendUint16(order.AppendUint16(out, tag[0]), tag[1])
		out = order.AppendUint16(order.AppendUint16(order.AppendUint32(out, uint32(tag[2])), tag[3]), 0)
	}
	return order.AppendUint32(out, 0)
}

// upright is the definition of the orientations: what a viewer does to the stored picture.
func upright(m image.Image, o uint16) *image.NRGBA64 {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if o >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA64(size)
	for y := range h {
		for x := range w {
			to := map[uint16]image.Point{1: {x, y}, 2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[o]
			out.Set(to.X, to.Y, m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y))
		}
	}
	return out
}

// withChunk puts a chunk before the pixels of a PNG.
func withChunk(file []byte, kind string, content []byte) []byte {
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(content))), kind...)
	chunk = append(chunk, content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return slices.Insert(slices.Clone(file), bytes.Index(file, []byte("IDAT"))-4, chunk...)
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOrientation: all orientations, in both byte orders, of JPEG and PNG.
func TestOrientation(t *testing.T) {
	picture := coloured(19, 11) // odd, and 4:2:0: chroma does not begin at a pair when it is turned
	j, p := jpegOf(t, picture), pngOf(t, picture)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := uint16(1); o <= 8; o++ {
			exif := exifOf(order, o)
			app1 := segment(markerAPP1, append([]byte(exifMagic), exif...)...)
			name := fmt.Sprintf("%v %d", order, o)
			same(t, name+" JPEG", slices.Concat(j[:2], app1, j[2:]), upright(decoded(t, j), o))
			same(t, name+" PNG", withChunk(p, "eXIf", exif), upright(picture, o))
		}
	}
}

// TestOrientationTypes: every type of picture is turned, and stays of its type.
func TestOrientationTypes(t *testing.T) {
	r := image.Rect(2, 3, 9, 8)
	planes := image.NewNYCbCrA(image.Rect(0, 0, 12, 12), image.YCbCrSubsampleRatio420)
	for i := range planes.Y {
		planes.Y[i], planes.A[i] = uint8(i*7), uint8(200+i%50)
	}
	for i := range planes.Cb {
		planes.Cb[i], planes.Cr[i] = uint8(60+i*5), uint8(200-i*4)
	}
	ink := image.NewCMYK(r)
	for i := range ink.Pix {
		ink.Pix[i] = uint8(i * 11)
	}
	unknown := &image.Alpha{Pix: ink.Pix, Stride: 7, Rect: r}
	all := []image.Image{planes.SubImage(r), planes.YCbCr.SubImage(r), ink, unknown}
	for _, m := range []draw.Image{image.NewGray(r), image.NewGray16(r), image.NewRGBA(r), image.NewNRGBA(r),
		image.NewRGBA64(r), image.NewNRGBA64(r), image.NewPaletted(r, color.Palette{color.Black, color.White,
			color.NRGBA{9, 8, 7, 0}})} {
		draw.Draw(m, r, coloured(7, 5), image.Point{}, draw.Src)
		all = append(all, m)
	}
	for _, m := range all {
		for o := Orientation(1); o <= 8; o++ {
			got := o.apply(m)
			equal(t, fmt.Sprintf("%T %d", m, o), got, upright(m, uint16(o)))
			if m != unknown && fmt.Sprintf("%T", got) != fmt.Sprintf("%T", m) {
				t.Errorf("%T became %T", m, got)
			}
		}
	}
}

// TestOrientationHostile: what is no orientation leaves the picture as it is.
func TestOrientationHostile(t *testing.T) {
	good := exifOf(binary.LittleEndian, 6)
	change := func(at int, b ...byte) []byte {
		out := slices.Clone(good)
		copy(out[at:], b)
		return out
	}
	const entry = 8 + 4 + 2 + 12
	for name, exif := range map[string][]byte{
		"nothing": nil, "magic": change(2, 43), "order": change(0, 'M', 'I'), "offset beyond": change(4, 0xff, 0xff,
			0xff, 0xff),
		"offset at the end": change(4, byte(len(good)-1)), "offset to itself": change(4, 4), "type": change(entry+2, 2),
		"count": change(entry+4, 2), "huge count": change(entry+4, 0xff, 0xff, 0xff, 0xff), "zero": change(entry+8, 0),
		"nine": change(entry+8, 9), "large": change(entry+8, 6, 1), "no entries": change(12, 0),
		"other tag": change(entry, 0x13),
	} {
		if o := OrientationOf(exif); o.turns() {
			t.Errorf("%s: %d", name, o)
		}
	}
	if o := OrientationOf(change(12, 0xff, 0xff)); o != 6 { // more entries than there are: the tag comes before the end
		t.Error(o)
	}
	for n := range good {
		if o := OrientationOf(good[:n]); o.turns() != (n >= entry+12) {
			t.Errorf("%d of %d bytes: %d", n, len(good), o)
		}
	}
	if o := OrientationOf(append([]byte(exifMagic), good...)); o != 6 {
		t.Error(o)
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(exifOf(binary.LittleEndian, 6))
	f.Add(append([]byte(exifMagic), exifOf(binary.BigEndian, 3)...))
	f.Fuzz(func(t *testing.T, exif []byte) {
		if o := OrientationOf(exif); o < 1 || o > 8 {
			t.Error(o)
		}
	})
}
