//go:build linux || darwin

package guard

import (
	"syscall"
	"testing"
)

// Protected reports whether the guard pages are real on this platform.
const Protected = true

func alloc(t testing.TB, side Side, n int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	body := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, body+2*page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("guard: mmap of %d bytes: %v", body+2*page, err)
	}
	for _, p := range [][]byte{mem[:page], mem[page+body:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatalf("guard: mprotect: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Errorf("guard: munmap: %v", err)
		}
	})
	at := page
	if side == End {
		at += body - n
	}
	return mem[at : at+n : at+n]
}
