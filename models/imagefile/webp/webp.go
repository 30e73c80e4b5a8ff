// Package webp adds WebP to what package imagefile decodes. It is imported for that effect:
//
//	import _ "github.com/gneiss-go/gneiss/models/imagefile/webp"
//
// Lossy, lossless and transparent pictures are read, not animated ones. A program that needs no WebP leaves the package
// out, and golang.org/x/image with it.
package webp

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/webp"

	"github.com/gneiss-go/gneiss/models/imagefile"
)

func init() {
	imagefile.Register(imagefile.Format{Name: "WebP", Match: match, Inspect: inspect, Decode: decode})
}

const header = 12 // "RIFF", a length, "WEBP"

func match(data []byte) bool {
	return len(data) >= header && string(data[:4]) == "RIFF" && string(data[8:header]) == "WEBP"
}

// Bytes of a pixel while it is decoded. A lossy picture has its planes, and then its colours; a lossless one four
// bytes, as many again while a palette is applied, and its transforms. Huffman tables are not counted: the decoder
// bounds them.
const (
	lossyBytes    = 2 + 4
	losslessBytes = 9
)

// inspect walks the chunks: those whose length is beyond the file's end would have the decoder take memory for it.
func inspect(data []byte) (imagefile.Head, error) {
	var head imagefile.Head
	perPixel := int64(0)
	for rest := data[header:]; len(rest) >= 8; {
		kind, n := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		if n > int64(len(rest)-8) {
			if kind == "EXIF" || kind == "XMP " { // after the picture
				break
			}
			return head, io.ErrUnexpectedEOF
		}
		content := rest[8 : 8+n]
		rest = rest[min(8+n+n&1, int64(len(rest))):]
		switch kind {
		case "VP8X":
			const animated = 1 << 1
			if n > 0 && content[0]&animated != 0 {
				return head, &imagefile.FormatError{Seen: "an animated WebP image"}
			}
		case "VP8 ":
			perPixel += lossyBytes
		case "VP8L", "ALPH":
			perPixel += losslessBytes
		case "EXIF":
			head.Orientation = imagefile.OrientationOf(content)
		}
	}
	cfg, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return head, err
	}
	head.Width, head.Height = cfg.Width, cfg.Height
	head.PixelBytes = 4
	head.Memory = (int64(cfg.Width) + 15) * (int64(cfg.Height) + 15) * perPixel
	return head, nil
}

// decode decodes a picture. The decoder gives the planes of a lossy one as if their range were that of JPEG, but it is
// that of BT.601, Y from 16 to 235 and chroma from 16 to 240: so colours are made here.
func decode(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	switch m := img.(type) {
	case *image.YCbCr:
		return colours(m, nil, 0), err
	case *image.NYCbCrA:
		return colours(&m.YCbCr, m.A, m.AStride), err
	}
	return img, err
}

// colours makes R'G'B' of Y'CbCr of limited range: 255/219·(Y−16) plus, with 255/224 times the factors of BT.601, the
// chroma's share. Numbers have 14 bits after the point, of which 8 go at once and 6 at the end, as libwebp has it.
func colours(m *image.YCbCr, alpha []byte, alphaStride int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	for y := range m.Rect.Dy() {
		line := out.Pix[y*out.Stride:]
		for x := range m.Rect.Dx() {
			at := m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)
			luma := int(m.Y[m.YOffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)]) * 19077 >> 8
			u, v := int(m.Cb[at]), int(m.Cr[at])
			px := line[4*x : 4*x+4 : 4*x+4]
			px[0] = clip(luma + v*26149>>8 - 14234)
			px[1] = clip(luma - u*6419>>8 - v*13320>>8 + 8708)
			px[2] = clip(luma + u*33050>>8 - 17685)
			px[3] = 255
			if alpha != nil {
				px[3] = alpha[y*alphaStride+x]
			}
		}
	}
	return out
}

func clip(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
