package imagefile

import (
	"bytes"
	"encoding/binary"
	"image/png"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// expansion is how much longer a deflated stream can become: 258 bytes for two bits.
const expansion = 1032

// inspectPNG reads the head of a PNG.
func inspectPNG(data []byte) (Head, error) {
	cfg, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Head{}, err
	}
	head := Head{Width: cfg.Width, Height: cfg.Height}
	var exif []byte
	var coded int64
	keyed := false // a colour stands for transparency
	for rest := data[len(pngMagic):]; len(rest) >= 8; {
		n := int64(binary.BigEndian.Uint32(rest))
		kind, content := string(rest[4:8]), rest[8:min(8+n, int64(len(rest)))]
		switch kind {
		case "IDAT":
			coded += int64(len(content))
		case "tRNS":
			keyed = true
		case "eXIf":
			if exif == nil {
				exif = content
			}
		}
		rest = rest[min(8+n+4, int64(len(rest))):]
	}
	head.Orientation = OrientationOf(exif)
	depth, kind, interlaced := int64(data[24]), data[25], data[28] != 0
	channels := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	row := (int64(head.Width)*channels*depth + 7) / 8
	head.Cut = row*int64(head.Height) > expansion*(coded+1)
	head.PixelBytes = 4
	switch {
	case kind == 3, kind == 0 && !keyed && depth <= 8:
		head.PixelBytes = 1
	case kind == 0 && !keyed:
		head.PixelBytes = 2
	case depth == 16:
		head.PixelBytes = 8
	}
	head.Memory = int64(head.Width)*int64(head.Height)*int64(head.PixelBytes) + 2*(row+1)
	if interlaced {
		head.Memory *= 2 // each pass is a picture of its own
	}
	return head, nil
}
