//go:build unix

package mapped

import (
	"fmt"
	"os"
	"syscall"
)

// contents maps a file for reading.
func contents(f *os.File, size int) ([]byte, error) {
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("mapping it: %w", err)
	}
	return data, nil
}

// release ends what contents began. It can fail only for memory that contents did not return.
func release(data []byte) {
	if data != nil {
		syscall.Munmap(data)
	}
}
