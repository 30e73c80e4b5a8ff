package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// magic begins every file; two bytes of version follow.
const magic = "\x93NUMPY"

// maxHeader bounds a header, as NumPy does unless it is told to trust the file.
const maxHeader = 1 << 16

// header is what stands before the elements.
type header struct {
	kind    *kind
	order   binary.ByteOrder
	fortran bool // the first dimension is the fastest
	dims    []int
}

// readHeader reads up to the elements.
func readHeader(r io.Reader) (*header, error) {
	start := make([]byte, 12)
	if err := full(r, start[:10]); err != nil {
		return nil, err
	}
	if string(start[:6]) != magic {
		what := "it does not begin as one"
		if string(start[:4]) == "PK\x03\x04" {
			what = "a .npz archive, out of which the .npy files are to be taken"
		}
		return nil, fmt.Errorf("%s: %w", what, ErrFormat)
	}
	n := int64(binary.LittleEndian.Uint16(start[8:]))
	switch major, minor := start[6], start[7]; {
	case major < 1 || major > 3 || minor != 0:
		return nil, fmt.Errorf("version %d.%d, read are 1.0 to 3.0: %w", major, minor, ErrFormat)
	case major > 1:
		if err := full(r, start[10:]); err != nil {
			return nil, err
		}
		n = int64(binary.LittleEndian.Uint32(start[8:]))
	}
	if n > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes, at most %d: %w", n, maxHeader, ErrFormat)
	}
	text := make([]byte, n)
	if err := full(r, text); err != nil {
		return nil, err
	}
	return parseHeader(string(text))
}

// full reads all of b.
func full(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("it ends in the header: %w", ErrFormat)
	}
	return err
}

// count returns the number of elements.
func (h *header) count() (int, error) {
	n, empty := 1, false
	for _, d := range h.dims {
		switch {
		case d == 0:
			empty = true
		case n > MaxBytes/h.kind.size/d:
			return 0, fmt.Errorf("%s %v takes more than %d bytes: %w", h.kind.name, h.dims, MaxBytes, runtime.ErrLimit)
		default:
			n *= d
		}
	}
	if empty {
		return 0, nil
	}
	return n, nil
}

// parser reads the dictionary of a header, which is written in Python.
type parser struct{ rest string }

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

// take reports whether word comes next, and goes past it.
func (p *parser) take(word string) bool {
	p.space()
	var ok bool
	p.rest, ok = strings.CutPrefix(p.rest, word)
	return ok
}

// quoted reads a string without escapes.
func (p *parser) quoted() (string, bool) {
	p.space()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		return "", false
	}
	word, rest, ok := strings.Cut(p.rest[1:], p.rest[:1])
	p.rest = rest
	return word, ok && !strings.ContainsRune(word, '\\')
}

// dims reads a tuple of numbers.
func (p *parser) dims() ([]int, error) {
	dims := []int{}
	if !p.take("(") {
		return nil, fmt.Errorf("its shape is no tuple: %w", ErrFormat)
	}
	for comma := true; !p.take(")"); comma = p.take(",") {
		if !comma {
			return nil, fmt.Errorf("its shape is no tuple of numbers: %w", ErrFormat)
		}
		p.space()
		end := 0
		for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
			end++
		}
		d, err := strconv.ParseInt(p.rest[:end], 10, 32)
		if err != nil || len(dims) == MaxRank {
			return nil, fmt.Errorf("its shape is no tuple of at most %d numbers of 31 bits: %w", MaxRank, ErrFormat)
		}
		p.rest = strings.TrimPrefix(p.rest[end:], "L") // as Python 2 wrote long numbers
		dims = append(dims, int(d))
		if rest := strings.TrimLeft(p.rest, " "); len(dims) == 1 && strings.HasPrefix(rest, ")") {
			return nil, fmt.Errorf("its shape is a number in brackets, no tuple: %w", ErrFormat)
		}
	}
	return dims, nil
}

// parseHeader reads {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}, in any order.
func parseHeader(text string) (*header, error) {
	bad := func(format string, args ...any) (*header, error) {
		return nil, fmt.Errorf(format+": %w", append(args, ErrFormat)...)
	}
	p, h, seen := parser{text}, header{}, map[string]bool{}
	if !p.take("{") {
		return bad("its header is no dictionary")
	}
	for comma := true; !p.take("}"); comma = p.take(",") {
		key, ok := p.quoted()
		if !ok || !comma || seen[key] || !p.take(":") {
			return bad("its header is no dictionary of three different keys")
		}
		seen[key] = true
		switch key {
		case "descr":
			descr, ok := p.quoted()
			if !ok {
				return bad("its elements are records; only numbers are read")
			}
			if err := h.describe(descr); err != nil {
				return nil, err
			}
		case "fortran_order":
			if h.fortran = p.take("True"); !h.fortran && !p.take("False") {
				return bad("its fortran_order is neither True nor False")
			}
		case "shape":
			var err error
			if h.dims, err = p.dims(); err != nil {
				return nil, err
			}
		default:
			return bad("its header has a key %.40q", key)
		}
	}
	if p.space(); p.rest != "" || len(seen) != 3 {
		return bad("its header is not just descr, fortran_order and shape")
	}
	return &h, nil
}

// describe reads the type of elements, "<f4" for example.
func (h *header) describe(descr string) error {
	if descr == "|O" || descr == "O" {
		return fmt.Errorf("its elements are pickled Python objects; only numbers are read: %w", ErrFormat)
	}
	if len(descr) > 1 {
		switch descr[0] {
		case '<', '|', '=':
			h.order = binary.LittleEndian
		case '>':
			h.order = binary.BigEndian
		}
		for i := range kinds {
			if k := &kinds[i]; h.order != nil && k.code == descr[1:] && (descr[0] != '|' || k.size == 1) {
				h.kind = k
				return nil
			}
		}
	}
	return fmt.Errorf("elements of the type %.20q; read are bool, int8 to int64, uint8 to uint64, float16, float32 "+
		"and float64: %w", descr, ErrFormat)
}
