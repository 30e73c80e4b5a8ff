package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"sync"
)

// Many cameras leave the Huffman tables out of their JPEGs, for they are always those of Annex K of Rec. ITU-T T.81.
// The encoder of the standard library writes the same ones: that is where they are taken from.
var huffmanTables = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), nil); err != nil {
		return nil
	}
	tables, _, _ := segments(b.Bytes())
	return tables
})

const (
	markerDHT = 0xc4 // Huffman tables
	markerSOS = 0xda // start of scan
)

// segments walks the markers of a JPEG up to the picture itself. It returns the Huffman tables, if there are any, and
// where the scan starts; ok is false if there is none.
func segments(file []byte) (tables []byte, scan int, ok bool) {
	for i := 2; i+4 <= len(file) && file[i] == 0xff; {
		end := i + 2 + int(file[i+2])<<8 + int(file[i+3])
		switch {
		case file[i+1] == markerSOS:
			return tables, i, true
		case end > len(file):
			return nil, 0, false
		case file[i+1] == markerDHT:
			tables = append(tables, file[i:end]...)
		}
		i = end
	}
	return nil, 0, false
}

// withTables returns the file with the usual Huffman tables if it is a JPEG that has none; otherwise the file itself.
func withTables(file []byte) []byte {
	if !bytes.HasPrefix(file, []byte{0xff, 0xd8}) {
		return file
	}
	tables, scan, ok := segments(file)
	if !ok || tables != nil {
		return file
	}
	out := make([]byte, 0, len(file)+len(huffmanTables()))
	out = append(out, file[:scan]...)
	out = append(out, huffmanTables()...)
	return append(out, file[scan:]...)
}
