// Package mapping has files in memory without reading them: pages come when they are touched, and may go again.
//
// Where a system cannot map files they are read, and [Forget] does nothing.
package mapping

import (
	"errors"
	"io"
	"os"
	"runtime/debug"
	"unsafe"
)

// Copy reads a file of that size to memory that begins at a multiple of align bytes.
func Copy(f *os.File, size, align int) ([]byte, error) {
	data := make([]byte, size+align)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(data))) % uintptr(align))
	data = data[skip:][:size:size]
	_, err := io.ReadFull(f, data)
	return data, err
}

// ErrCut is the error of a file that somebody cut short while it was mapped.
var ErrCut = errors.New("the file was cut short while it was read")

// Guard runs fn, which reads mapped files in this goroutine alone. A page that has gone is ErrCut.
func Guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case interface{ Addr() uintptr }: // what the runtime says of such a page
			err = ErrCut
		default:
			panic(r)
		}
	}()
	return fn()
}
