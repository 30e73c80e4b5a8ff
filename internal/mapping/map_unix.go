//go:build unix

package mapping

import (
	"fmt"
	"os"
	"syscall"
)

// Map maps a file of that size, which is not 0, for reading.
func Map(f *os.File, size int) ([]byte, error) {
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("mapping it: %w", err)
	}
	return data, nil
}

// Unmap ends what Map began. It can fail only for memory that Map did not return.
func Unmap(data []byte) {
	if data != nil {
		_ = syscall.Munmap(data)
	}
}
