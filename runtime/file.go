package runtime

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/sniff"
)

// Ext is the extension of the names of gneiss's own model files.
const Ext = ".gneiss"

// The layout of a file; docs/FORMAT.md describes it. All numbers are little-endian.
const (
	fileMagic   = "\x89GNEISS\n" // 8 bytes that text conversions destroy
	fileVersion = 1
	headerSize  = 32    // before the section table
	entrySize   = 40    // of the section table
	alignment   = align // of sections, and of the arrays in them, from the start of the file
	maxSections = 64
)

// sectionKind says what a section holds. Never renumber.
type sectionKind uint32

const (
	secGraph     sectionKind = iota + 1 // the structure
	secData                             // arrays that are used as they lie in the file
	secFilters                          // filters of convolutions: needed unless packed ones are there
	secPacked                           // filters packed for a target
	secGolden                           // an input's seed and the outputs it gives
	secSignature                        // the Ed25519 signature of all bytes before it; its checksum is 0
	secTensors                          // types and dimensions of inputs and outputs; before the signature
	secCard                             // what programs know of the model ([Graph.Card]); before the signature
)

// order is where sections of that kind stand in a file: by their numbers, but the signature last.
func (k sectionKind) order() int {
	if k == secSignature {
		return maxSections
	}
	return int(k)
}

// section is an entry of the table with its bytes.
type section struct {
	kind   sectionKind
	crc    uint32
	target string // of secPacked
	offset int
	data   []byte
}

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// littleEndian tells whether numbers in memory look as they do in the file.
var littleEndian = *(*byte)(unsafe.Pointer(&[]uint16{1}[0])) == 1

// IsFile reports whether bytes, of which a few are enough, begin as a gneiss model file does.
func IsFile(head []byte) bool { return bytes.HasPrefix(head, []byte(fileMagic)) }

// corrupt is the error of a file that cannot be one of ours as written. Programs would have a copy of its body at each
// of its calls, which are many.
//
//go:noinline
func corrupt(format string, args ...any) error {
	return errorf(format+": %w", append(args, ErrCorrupt)...)
}

// notOurs is the error of bytes that are no model file of ours: what they seem to be, and what to do with them.
func notOurs(data []byte) error {
	what := sniff.What(data)
	if what == "" && sniff.ONNX(data) {
		what = "an ONNX model"
	}
	switch {
	case len(data) == 0:
		return corrupt("not a gneiss model: no bytes")
	case what == "":
		return corrupt("not a gneiss model")
	case strings.Contains(what, "model") || strings.Contains(what, "ncnn"):
		return corrupt("not a gneiss model: this looks like %s; import it by models.Open, or make a %s file of it: "+
			"gneiss compile", what, Ext)
	}
	return corrupt("not a gneiss model: this looks like %s", what)
}

// container is a parsed file: its sections, whose content is not checked yet.
type container struct {
	sections []section
	relief   *relief // of what is read, or nil
}

// find returns the first section of a kind (and target), or nil.
func (c *container) find(kind sectionKind, target string) *section {
	for i := range c.sections {
		if s := &c.sections[i]; s.kind == kind && s.target == target {
			return s
		}
	}
	return nil
}

// parse reads header and section table. There is one way to write a file: sections follow each other at the next
// multiple of 64, in the order of their kinds, padded with zeros, and end with the file.
func parse(data []byte) (*container, error) {
	switch {
	case !IsFile(data):
		return nil, notOurs(data)
	case len(data) < headerSize:
		return nil, corrupt("%d bytes, too few for a header", len(data))
	}
	le := binary.LittleEndian
	if v := le.Uint32(data[8:]); v != fileVersion {
		return nil, corrupt("version %d of the format, this is version %d", v, fileVersion)
	}
	if n := le.Uint64(data[16:]); n != uint64(len(data)) {
		return nil, corrupt("%d bytes of %d", len(data), n)
	}
	n := le.Uint32(data[12:])
	if n > maxSections || headerSize+int(n)*entrySize > len(data) {
		return nil, corrupt("%d sections", n)
	}
	end := headerSize + int(n)*entrySize
	if le.Uint32(data[28:]) != 0 || headerCRC(data[:end]) != le.Uint32(data[24:]) {
		return nil, corrupt("checksum of the header does not match")
	}
	c := &container{sections: make([]section, n)}
	for i := range c.sections {
		e := data[headerSize+i*entrySize:][:entrySize]
		s := &c.sections[i]
		s.kind, s.crc = sectionKind(le.Uint32(e)), le.Uint32(e[4:])
		offset, size := le.Uint64(e[8:]), le.Uint64(e[16:])
		tag := e[24:]
		for len(tag) > 0 && tag[len(tag)-1] == 0 {
			tag = tag[:len(tag)-1]
		}
		s.target = string(tag)
		start := alignUp(end)
		switch {
		case s.kind < secGraph || s.kind > secCard:
			return nil, corrupt("section %d of unknown kind %d", i, s.kind)
		case i > 0 && (s.kind.order() < c.sections[i-1].kind.order() || s.kind == c.sections[i-1].kind &&
			s.target <= c.sections[i-1].target):
			return nil, corrupt("section %d is out of order", i)
		case (s.target != "") != (s.kind == secPacked) || bytes.IndexByte(tag, 0) >= 0:
			return nil, corrupt("section %d has the target %q", i, s.target)
		case start > len(data) || offset != uint64(start) || size > uint64(len(data)-start):
			return nil, corrupt("section %d is outside the file", i)
		}
		for _, b := range data[end:start] {
			if b != 0 {
				return nil, corrupt("padding before section %d is not zero", i)
			}
		}
		end = start + int(size)
		s.offset, s.data = start, data[start:end:end]
	}
	if end != len(data) {
		return nil, corrupt("%d bytes behind the last section", len(data)-end)
	}
	return c, nil
}

// check compares a section's checksum.
func (s *section) check() error { return s.checkIn(nil) }

// checkIn is check of a section that is not read again soon.
func (s *section) checkIn(r *relief) error {
	if s.kind == secSignature {
		return nil
	}
	sum := uint32(0)
	for part := range slices.Chunk(s.data, reliefEach) {
		sum = crc32.Update(sum, crcTable, part)
		if r != nil {
			r.done(len(part))
		}
	}
	if sum != s.crc {
		return corrupt("checksum of section %d does not match", s.kind)
	}
	return nil
}

// headerCRC is the checksum of header and table, without the field that holds it.
func headerCRC(head []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[:24], crcTable), crcTable, head[28:])
}

// assemble is the inverse of parse; it fills in offsets and checksums.
func assemble(sections []section) []byte {
	le := binary.LittleEndian
	end := headerSize + len(sections)*entrySize
	for i := range sections {
		s := &sections[i]
		s.offset = alignUp(end)
		end = s.offset + len(s.data)
	}
	out := make([]byte, end)
	copy(out, fileMagic)
	le.PutUint32(out[8:], fileVersion)
	le.PutUint32(out[12:], uint32(len(sections)))
	le.PutUint64(out[16:], uint64(end))
	for i := range sections {
		s := &sections[i]
		if s.crc = 0; s.kind != secSignature {
			s.crc = crc32.Checksum(s.data, crcTable)
		}
		e := out[headerSize+i*entrySize:][:entrySize]
		le.PutUint32(e, uint32(s.kind))
		le.PutUint32(e[4:], s.crc)
		le.PutUint64(e[8:], uint64(s.offset))
		le.PutUint64(e[16:], uint64(len(s.data)))
		copy(e[24:], s.target)
		copy(out[s.offset:], s.data)
	}
	le.PutUint32(out[24:], headerCRC(out[:headerSize+len(sections)*entrySize]))
	return out
}
