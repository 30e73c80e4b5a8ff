package imagefile

import (
	"bytes"
	"encoding/binary"
)

// exifMagic is what precedes the TIFF structure of EXIF in a JPEG.
const exifMagic = "Exif\x00\x00"

// Orientation is how a camera was held, as EXIF's tag 0x0112 has it: 1 for upright to 8. What is none of these is
// upright.
type Orientation uint8

// OrientationOf reads the tag of EXIF's first directory. exif is the TIFF structure, with or without "Exif\0\0" before
// it. Whatever is wrong with it, the picture is upright then.
func OrientationOf(exif []byte) Orientation {
	tiff := bytes.TrimPrefix(exif, []byte(exifMagic))
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for n := order.Uint16(tiff[at:]); n > 0 && len(entries) >= 12; n-- {
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag {
			v := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != short || order.Uint32(entries[4:]) != 1 || v < 1 || v > 8 {
				return 1
			}
			return Orientation(v)
		}
		entries = entries[12:]
	}
	return 1
}
