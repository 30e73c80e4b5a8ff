// Package modelfile reads the files of models.
package modelfile

import (
	"errors"
	"fmt"
	"os"

	"github.com/gneiss-go/gneiss/internal/mapping"
	"github.com/gneiss-go/gneiss/runtime"
)

// Max bounds the files that are read: protocol buffers end there, and so do offsets of FlatBuffers.
const Max = 1<<31 - 1

// Read returns the bytes of a file. Its errors are [runtime.FileError]s.
func Read(path string) ([]byte, error) {
	if st, err := os.Stat(path); err == nil {
		if err := bounded(path, st); err != nil {
			return nil, err
		}
	}
	b, err := os.ReadFile(path)
	return b, runtime.InFile(path, err)
}

func bounded(path string, st os.FileInfo) error {
	if st.Size() <= Max {
		return nil
	}
	return runtime.InFile(path, fmt.Errorf("%d bytes, at most %d are read: %w", st.Size(), Max, runtime.ErrLimit))
}

// Pages are a file's bytes while [Use] has them. nil is a file that is not mapped.
type Pages struct{ data []byte }

// Forget says that what was read so far is not needed any more, so that it need not stay in memory. It can still be
// read.
func (p *Pages) Forget() {
	if p != nil {
		mapping.Forget(p.data)
	}
}

// Use gives fn the bytes of a file, which is mapped where the system can: neither they nor parts of them may be used
// afterwards, nor by another goroutine. A file that is none of the file system's regular ones is read as a whole. Its
// errors are [runtime.FileError]s, or fn's.
func Use(path string, fn func(data []byte, p *Pages) error) error {
	f, err := os.Open(path)
	if err != nil {
		return runtime.InFile(path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err == nil {
		err = bounded(path, st)
	}
	if err != nil {
		return runtime.InFile(path, err)
	}
	if !st.Mode().IsRegular() || st.Size() == 0 {
		data, err := Read(path)
		if err != nil {
			return err
		}
		return fn(data, nil)
	}
	data, err := mapping.Map(f, int(st.Size()))
	if err != nil {
		return runtime.InFile(path, err)
	}
	defer mapping.Unmap(data)
	err = mapping.Guard(func() error { return fn(data, &Pages{data}) })
	if errors.Is(err, mapping.ErrCut) {
		return runtime.InFile(path, fmt.Errorf("%w: %w", err, runtime.ErrCorrupt))
	}
	return err
}
