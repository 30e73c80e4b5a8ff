package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// TestStatic: without cgo the program is one file that needs no other, as README.md says.
func TestStatic(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	out := filepath.Join(t.TempDir(), "gneiss")
	cmd := gotool.Command("build", "-o", out, ".")
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := gotool.Static(out); err != nil {
		t.Error(err)
	}
}
