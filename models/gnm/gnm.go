// Package gnm keeps graphs, float or quantised, in gneiss's own portable file (.gnm).
//
// [Write] writes a graph, [Read] reads it back from bytes, without copying weights where it can, and [Open] from a
// file. The same graph always gives the same bytes. A file is the graph and nothing about a machine; what a machine
// made of it is a plan.
//
// The file, all numbers little-endian:
//
//	 0  magic      "\x89GNM\r\n\x1a\n", which text conversions destroy
//	 8  uint32     version of the format, 1
//	12  uint32     CRC-32 (Castagnoli) of all bytes from 16 on
//	16  uint64     length of the file
//	24  uint64     length of the structure that follows
//	32  structure  name, inputs, nodes and outputs, in varints; see encode.go
//	 …  data       weights, scales and biases, each at a multiple of 64 bytes from the start of the file
//
// To add an operation: give it the next code in ops, and its attributes a case in (*encoder).op and (*decoder).op.
// Codes and attributes of version 1 never change.
package gnm

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/gneiss-go/gneiss/internal/wholefile"
	"github.com/gneiss-go/gneiss/runtime"
)

// Ext is the extension of the files' names.
const Ext = ".gnm"

const (
	magic      = "\x89GNM\r\n\x1a\n"
	version    = 1
	headerSize = 32
	alignment  = 64 // of the data, from the start of the file
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// Option changes how a file is read.
type Option func(*options)

type options struct{ limits runtime.Limits }

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) Option { return func(o *options) { o.limits = l } }

// Is reports whether bytes, of which a few are enough, begin as a .gnm file does.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// Open reads a file. Its errors are [*runtime.FileError].
func Open(path string, opts ...Option) (*runtime.Graph, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &runtime.FileError{File: path, Err: err}
	}
	g, err := Read(data, opts...)
	if err != nil {
		return nil, &runtime.FileError{File: path, Err: err}
	}
	return g, nil
}

// Save writes a graph to a file, which appears whole or not at all. Its errors are [*runtime.FileError].
func Save(path string, g *runtime.Graph) error {
	data, err := encode(g)
	if err != nil {
		return &runtime.FileError{File: path, Err: err}
	}
	return wholefile.Write(path, data)
}

// opCode is an operation's number in the file.
type opCode byte

// The codes. Never renumber.
const (
	opConv opCode = iota + 1
	opPool
	opGlobalPool
	opFC
	opLRN
	opSoftmax
	opActivation
	opAdd
	opConcat
	opAffine
	opIdentity
	opFlatten
	opQuantize
	opDequantize
	opQConv
	opQFC
	opQuantised
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, runtime.ErrCorrupt)...)
}
