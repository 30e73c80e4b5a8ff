package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk: a disk that is full keeps what was there, and has nothing new on it; freed, the same commands succeed.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("SKIPPED: only root can mount a small disk: ", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	old := write(t, filepath.Join(dir, "net.gneiss"), "old")
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
		t.Skip("SKIPPED: the disk has no end")
	}
	for _, args := range []string{"keygen " + filepath.Join(dir, "z"), "compile -o " + old, "inspect --memory " +
		filepath.Join(dir, "m.svg")} {
		if code, _, stderr := try(nil, strings.Fields(args)...); code != exitFailure ||
			!strings.Contains(stderr, "no space left") {
			t.Errorf("gneiss %s: exit %d, %q", args, code, stderr)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("on the disk are %v, %v", entries, err)
	}
	if got, err := os.ReadFile(old); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	must(t, "keygen", filepath.Join(dir, "z"))
}
