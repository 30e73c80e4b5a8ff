package tflite

import (
	"bytes"
	"encoding/binary"
	"math"
)

// flexMap reads the numbers of a FlexBuffers map, as custom operations have their options: by key, whole numbers,
// fractions and truth values alike. Other values are left out. An offset that leads out of the bytes is a panic, as
// everywhere in flatbuffers.
func flexMap(b []byte) map[string]float64 {
	f := flex(b)
	// at the end: the root, its packed type, its width
	width := int(b[len(b)-1])
	kind, each := flexType(b[len(b)-2])
	if kind != 9 || width != 1 && width != 2 && width != 4 && width != 8 {
		panic("custom options that are no map")
	}
	at := f.follow(len(b)-2-width, width) // [keys' offset][keys' width][count] values, types
	count := f.uint(at-each, each)
	keys, keyWidth := f.follow(at-3*each, each), f.uint(at-2*each, each)
	if count > len(b) || keyWidth != 1 && keyWidth != 2 && keyWidth != 4 && keyWidth != 8 {
		panic("custom options of a wrong size")
	}
	m := map[string]float64{}
	for i := range count {
		key := f[f.follow(keys+i*keyWidth, keyWidth):]
		name := string(key[:bytes.IndexByte(key, 0)])
		kind, width := flexType(f[at+count*each+i])
		place := at + i*each
		switch kind {
		case 6, 7, 8: // indirect
			kind -= 5
			place = f.follow(place, each)
		default:
			width = each
		}
		switch kind {
		case 1:
			shift := 64 - 8*width
			m[name] = float64(int64(uint64(f.uint(place, width))<<shift) >> shift)
		case 2, 26:
			m[name] = float64(f.uint(place, width))
		case 3:
			if width == 4 {
				m[name] = float64(math.Float32frombits(uint32(f.uint(place, 4))))
			} else if width == 8 {
				m[name] = math.Float64frombits(uint64(f.uint(place, 8)))
			}
		}
	}
	return m
}

// flex are the bytes of a FlexBuffer.
type flex []byte

// flexType unpacks a type: what it is, and the width of its values or elements.
func flexType(b byte) (kind, width int) { return int(b >> 2), 1 << (b & 3) }

// uint reads a number of that many bytes.
func (f flex) uint(at, width int) int {
	switch width {
	case 1:
		return int(f[at])
	case 2:
		return int(binary.LittleEndian.Uint16(f[at:]))
	case 4:
		return int(binary.LittleEndian.Uint32(f[at:]))
	}
	return int(binary.LittleEndian.Uint64(f[at:]))
}

// follow is where an offset backwards leads to.
func (f flex) follow(at, width int) int { return at - f.uint(at, width) }
