package serve

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
	"testing"
)

// bits writes the data of a JPEG's scan.
type bits struct {
	out   []byte
	last  byte
	taken int
}

func (b *bits) put(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		b.last = b.last<<1 | byte(v>>i&1)
		if b.taken++; b.taken == 8 {
			b.out = append(b.out, b.last)
			if b.last == 0xff {
				b.out = append(b.out, 0)
			}
			b.last, b.taken = 0, 0
		}
	}
}

func (b *bits) bytes() []byte {
	for b.taken > 0 {
		b.put(1, 1)
	}
	return b.out
}

func segment(marker byte, content ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// scanBomb is a progressive grey JPEG of many scans of a few bytes, for each of which a decoder visits every block: the
// scans say that all the blocks have nothing to add, in runs of up to 2¹⁵−1 blocks.
func scanBomb(w, h, scans int) []byte { return progressive(w, h, 1, scans) }

// progressive is such a JPEG of a number of components.
func progressive(w, h, components, scans int) []byte {
	const oneCode = 16 // a Huffman table with the code 0 alone
	table := func(class, symbol byte) []byte {
		return segment(0xc4, append(append([]byte{class, 1}, make([]byte, oneCode-1)...), symbol)...)
	}
	out := []byte{0xff, 0xd8}
	out = append(out, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)...)
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, uint16(h)), uint16(w))
	frame, start := append(size, byte(components)), []byte{byte(components)}
	for i := range components {
		frame = append(frame, byte(i+1), 0x11, 0)
		start = append(start, byte(i+1), 0)
	}
	out = append(out, segment(0xc2, frame...)...)
	out = append(out, table(0, 0)...)
	out = append(out, table(0x10, 0xe0)...)
	blocks := (w + 7) / 8 * ((h + 7) / 8)

	var first bits
	for range blocks * components {
		first.put(0, 1)
	}
	out = append(append(out, segment(0xda, append(start, 0, 0, 0)...)...), first.bytes()...)
	var more bits
	for left := blocks; left > 0; left -= 1<<15 - 1 {
		run := max(min(left, 1<<15-1), 1<<14)
		more.put(0, 1)
		more.put(uint32(run-1<<14), 14)
	}
	scan := append(segment(0xda, 1, 1, 0, 1, 63, 0), more.bytes()...)
	return append(append(out, bytes.Repeat(scan, scans)...), 0xff, 0xd9)
}

// TestScanBomb: the bomb is a picture to the decoder, so that what refuses it is the limit on scans, and nothing else.
func TestScanBomb(t *testing.T) {
	img, err := jpeg.Decode(bytes.NewReader(scanBomb(100, 50, 3)))
	if err != nil || img.Bounds().Dx() != 100 {
		t.Fatalf("the bomb is no picture: %v", err)
	}
	s := newServer(t, Options{})
	var got seen
	decode(t, do(s, "POST", "/api/classify", scanBomb(100, 50, 60)), 200, &got)
	if got.Width != 100 || got.Height != 50 {
		t.Errorf("%+v", got)
	}
	refused(t, do(s, "POST", "/api/classify", scanBomb(100, 50, 1000)), 413, "scans")
	refused(t, do(s, "POST", "/api/classify", scanBomb(7064, 7064, 2)), 413, "pixels")
}
