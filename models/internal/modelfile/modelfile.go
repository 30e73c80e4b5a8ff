// Package modelfile reads the files of models.
package modelfile

import (
	"fmt"
	"os"

	"github.com/gneiss-go/gneiss/runtime"
)

// Max bounds the files that are read: protocol buffers end there, and so do offsets of FlatBuffers.
const Max = 1<<31 - 1

// Read returns the bytes of a file. Its errors are [runtime.FileError]s.
func Read(path string) ([]byte, error) {
	if st, err := os.Stat(path); err == nil && st.Size() > Max {
		return nil, runtime.InFile(path, fmt.Errorf("%d bytes, at most %d are read: %w", st.Size(), Max, runtime.ErrLimit))
	}
	b, err := os.ReadFile(path)
	return b, runtime.InFile(path, err)
}
