// Package npy reads and writes NumPy's .npy files, fills a session's inputs from them, and compares outputs with them:
// what a framework computed stands in such files.
//
//	a, err := npy.Open("photo.npy")
//	err = a.Fill(session.Input(0)) // in the model's own order and type
//
// An [Array] has its dimensions as the file has them and its elements in C order, the last dimension the fastest,
// whatever the file's order. Format versions 1 to 3 are read; elements may be bool, whole numbers of 8 to 64 bits and
// floats of 16 to 64, of either byte order. What is written is version 1, in C order, little-endian.
//
// Files may be hostile: nothing is allocated for elements that are not there, and pickled objects are refused.
package npy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"

	"github.com/gneiss-go/gneiss/runtime"
)

// ErrFormat is wrapped when bytes are no .npy file, or one of a kind that is not read.
var ErrFormat = errors.New("not a .npy file that can be read")

// Array is what a file holds.
type Array struct {
	Dims []int // none for a single number
	// a slice of bool, uint8 … uint64, int8 … int64, Float16, float32 or float64, in C order
	Data any
}

// Float16 is a number of IEEE binary16.
type Float16 uint16

// MaxRank bounds the dimensions of an array.
const MaxRank = 32

// MaxBytes bounds the elements of a file, in bytes.
const MaxBytes = math.MaxInt32

// Float32 returns the number.
func (h Float16) Float32() float32 {
	sign, e, m := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case e == 31:
		return math.Float32frombits(sign | 255<<23 | m<<13)
	case e > 0:
		return math.Float32frombits(sign | (e+112)<<23 | m<<13)
	}
	f := float32(m) / (1 << 24)
	return math.Float32frombits(sign | math.Float32bits(f))
}

// kind is a type of elements.
type kind struct {
	name string // as NumPy says it
	code string // in a header, without the byte order
	size int
	new  func(n int) any
}

var kinds = []kind{
	{"bool", "b1", 1, slice[bool]},
	{"int8", "i1", 1, slice[int8]}, {"int16", "i2", 2, slice[int16]},
	{"int32", "i4", 4, slice[int32]}, {"int64", "i8", 8, slice[int64]},
	{"uint8", "u1", 1, slice[uint8]}, {"uint16", "u2", 2, slice[uint16]},
	{"uint32", "u4", 4, slice[uint32]}, {"uint64", "u8", 8, slice[uint64]},
	{"float16", "f2", 2, slice[Float16]}, {"float32", "f4", 4, slice[float32]}, {"float64", "f8", 8, slice[float64]},
}

func slice[T any](n int) any { return make([]T, n) }

// kindOf finds the kind of a slice, or nil.
func kindOf(data any) *kind {
	for i := range kinds {
		if reflect.TypeOf(data) == reflect.TypeOf(kinds[i].new(0)) {
			return &kinds[i]
		}
	}
	return nil
}

// Type returns the type of the elements as NumPy says it, "float32" for example, or "" if Data is none of its slices.
func (a *Array) Type() string {
	if k := kindOf(a.Data); k != nil {
		return k.name
	}
	return ""
}

// String returns type and dimensions, "float32 [1 3 224 224]" for example.
func (a *Array) String() string { return fmt.Sprintf("%s %v", a.Type(), a.Dims) }

// Len returns the number of elements.
func (a *Array) Len() int { return reflect.ValueOf(a.Data).Len() }

// Open reads a file. Its errors are [*runtime.FileError].
func Open(path string) (*Array, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	defer file.Close()
	a, err := Read(file)
	return a, runtime.InFile(path, err)
}

// Decode reads one array of a file's bytes.
func Decode(file []byte) (*Array, error) { return Read(bytes.NewReader(file)) }

// Read reads one array, after which nothing may follow.
func Read(r io.Reader) (*Array, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	n, err := h.count()
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, int64(n*h.kind.size)+1))
	if err != nil {
		return nil, err
	}
	if more := len(body) - n*h.kind.size; more > 0 {
		return nil, fmt.Errorf("there is more after %s %v: %w", h.kind.name, h.dims, ErrFormat)
	}
	if len(body) != n*h.kind.size {
		return nil, fmt.Errorf("it ends after %d bytes of elements, %s %v takes %d: %w", len(body), h.kind.name, h.dims, n*h.kind.size,
			ErrFormat)
	}
	a := &Array{Dims: h.dims, Data: h.kind.new(n)}
	if h.kind.name == "bool" {
		for i, b := range body {
			if b > 1 {
				return nil, fmt.Errorf("element %d of bool is %d: %w", i, b, ErrFormat)
			}
		}
	}
	h.elements(a.Data, body)
	return a, nil
}
