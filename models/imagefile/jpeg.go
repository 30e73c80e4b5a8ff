package imagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"sync"
)

// Markers of Rec. ITU-T T.81, table B.1.
const (
	markerSOF0  = 0xc0 // start of frame, baseline
	markerSOF2  = 0xc2 // progressive
	markerSOF3  = 0xc3 // lossless
	markerSOF9  = 0xc9 // the same three with arithmetic coding, up to 0xcb
	markerSOF11 = 0xcb
	markerDHT   = 0xc4 // Huffman tables
	markerRST0  = 0xd0 // restart, up to 0xd7
	markerRST7  = 0xd7
	markerEOI   = 0xd9 // end of image
	markerSOS   = 0xda // start of scan
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
)

// jpegFile is what the markers of a JPEG say.
type jpegFile struct {
	sof         []byte // what the first start of frame says
	progressive bool
	strange     string // what kind of JPEG it is that image/jpeg does not decode
	jfif        bool
	adobe       int    // the transform that Adobe's segment names, or −1 without one
	exif        []byte // of the first scan or before
	tables      []byte // the segments of Huffman tables before the first scan
	scan        int    // where that begins; 0 if there is none
	scans       int
	ended       bool // there is an end of image
}

// walkJPEG walks the markers, those between scans too, as image/jpeg does: it sees every scan that the decoder sees.
func walkJPEG(data []byte) jpegFile {
	j := jpegFile{adobe: -1}
	for i := 2; ; {
		next := bytes.IndexByte(data[i:], 0xff)
		if next < 0 {
			return j
		}
		for i += next; i < len(data) && data[i] == 0xff; {
			i++ // fill bytes
		}
		if i == len(data) {
			return j
		}
		marker, at := data[i], i-1
		i++
		switch {
		case marker == 0 || markerRST0 <= marker && marker <= markerRST7:
			continue // of a scan's data
		case marker == markerEOI:
			j.ended = true
			return j
		case i+2 > len(data):
			return j
		}
		end := i + int(binary.BigEndian.Uint16(data[i:]))
		if end < i+2 || end > len(data) {
			return j
		}
		j.segment(marker, data[i+2:end], data[at:end], at)
		i = end
	}
}

// segment notes a segment: its content, the whole of it, and where it begins.
func (j *jpegFile) segment(marker byte, content, whole []byte, at int) {
	switch {
	case marker == markerSOS:
		if j.scans++; j.scans == 1 {
			j.scan = at
		}
	case markerSOF0 <= marker && marker <= markerSOF2 && j.sof == nil:
		j.sof, j.progressive = content, marker == markerSOF2
		if len(content) > 0 && content[0] != 8 {
			j.strange = fmt.Sprintf("a JPEG image of %d bits", content[0])
		}
	case marker == markerSOF3 || marker == markerSOF11:
		j.strange = "a lossless JPEG image"
	case marker >= markerSOF9 && marker < markerSOF11:
		j.strange = "an arithmetic-coded JPEG image"
	case j.scans > 0:
	case marker == markerDHT:
		j.tables = append(j.tables, whole...)
	case marker == markerAPP0 && len(content) >= 5:
		j.jfif = bytes.HasPrefix(content, []byte("JFIF\x00"))
	case marker == markerAPP1 && j.exif == nil:
		if bytes.HasPrefix(content, []byte(exifMagic)) {
			j.exif = content
		}
	case marker == markerAPP14 && len(content) >= 12 && bytes.HasPrefix(content, []byte("Adobe")):
		j.adobe = int(content[11])
	}
}

// memory is what image/jpeg takes: planes of whole blocks, coefficients of four bytes if the file is progressive, and
// another picture where the planes are not the result. blocks is how many the first component has.
func (j *jpegFile) memory(w, h int) (memory, blocks int64, pixelBytes int) {
	comps := int(j.sof[5])
	if len(j.sof) < 6+3*comps || comps < 1 {
		return 0, 0, 0
	}
	at := func(i int) (h, v int64) {
		if comps == 1 {
			return 1, 1
		}
		hv := j.sof[6+3*i+1]
		return int64(hv >> 4), int64(hv & 15)
	}
	h0, v0 := at(0)
	if h0 == 0 || v0 == 0 {
		return 0, 0, 0
	}
	mx, my := (int64(w)+8*h0-1)/(8*h0), (int64(h)+8*v0-1)/(8*v0)
	for i := range comps {
		hi, vi := at(i)
		memory += mx * hi * my * vi * 64
	}
	if j.progressive {
		memory *= 1 + 4
	}
	ids := func() string { return string([]byte{j.sof[6], j.sof[9], j.sof[12]}) }
	switch {
	case comps == 1:
		pixelBytes = 1
	case comps == 3 && (j.jfif || j.adobe != 0 && (j.adobe > 0 || ids() != "RGB")):
		pixelBytes = 3
	default:
		pixelBytes = 4
		memory += int64(w) * int64(h) * 4
	}
	return memory, mx * h0 * my * v0, pixelBytes
}

// inspectJPEG reads the head of a JPEG and mends what every decoder mends: a missing end of image, the Huffman tables
// that cameras leave out of MJPEG, and four components that do not say that they are Adobe's CMYK.
func inspectJPEG(data []byte) (Head, error) {
	j := walkJPEG(data)
	if j.strange != "" {
		return Head{}, &FormatError{Seen: j.strange}
	}
	if len(j.sof) < 6 || j.scan == 0 {
		if _, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil {
			return Head{}, err
		}
		return Head{}, io.ErrUnexpectedEOF
	}
	head := Head{
		Width: int(binary.BigEndian.Uint16(j.sof[3:])), Height: int(binary.BigEndian.Uint16(j.sof[1:])),
		Scans: j.scans, Orientation: OrientationOf(j.exif),
	}
	var blocks int64
	head.Memory, blocks, head.PixelBytes = j.memory(head.Width, head.Height)
	head.Cut = blocks > 8*int64(len(data)) // a block takes a bit at the least
	parts := []io.Reader{bytes.NewReader(data[:j.scan])}
	if j.tables == nil && !j.progressive {
		parts = append(parts, bytes.NewReader(usualTables()))
	}
	if j.sof[5] == 4 && j.adobe < 0 {
		parts = append(parts, bytes.NewReader(adobeCMYK))
	}
	parts = append(parts, bytes.NewReader(data[j.scan:]))
	if head.endless = !j.ended; head.endless {
		parts = append(parts, bytes.NewReader([]byte{0xff, markerEOI}))
	}
	if len(parts) > 2 {
		head.Reader = io.MultiReader(parts...)
	}
	return head, nil
}

// adobeCMYK is Adobe's segment for components that are not transformed: version 100, no flags. Adobe's CMYK is
// inverted, and files that do not say what they are have that from it.
var adobeCMYK = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

// usualTables are the Huffman tables of Annex K of Rec. ITU-T T.81, which many cameras leave out of their JPEGs, for
// they are always these. The encoder of the standard library writes the same ones: that is where they are taken from.
var usualTables = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), nil); err != nil {
		return nil
	}
	return walkJPEG(b.Bytes()).tables
})
