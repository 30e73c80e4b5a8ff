//go:build !unix

package mapped

import (
	"io"
	"os"
)

// contents reads a file.
func contents(f *os.File, size int) ([]byte, error) {
	data := make([]byte, size)
	_, err := io.ReadFull(f, data)
	return data, err
}
