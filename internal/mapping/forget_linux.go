package mapping

import "syscall"

// Forget gives back the pages of what Map returned. What is touched again is read again.
func Forget(data []byte) {
	if len(data) > 0 {
		_ = syscall.Madvise(data, syscall.MADV_DONTNEED)
	}
}
