package modelfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestRead: a file is read, one that is not there or too large is named, once.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(path); err != nil || string(b) != "abc" {
		t.Errorf("%q, %v", b, err)
	}
	refused := func(path string, want error) {
		t.Helper()
		_, err := Read(path)
		var fe *runtime.FileError
		if !errors.As(err, &fe) || fe.File != path || !errors.Is(err, want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%v, want a FileError of %v", err, want)
		}
	}
	refused(path+".none", fs.ErrNotExist)
	if err := os.Truncate(path, Max+1); err != nil {
		t.Skip("NOT TESTED: a file of 2 GiB; this file system has no sparse files")
	}
	refused(path, runtime.ErrLimit)
}
