package wholefile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, text := range []string{"first", "second, longer", ""} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	for _, bad := range []string{filepath.Join(dir, "no", "folder"), dir} {
		var fe *runtime.FileError
		if err := Write(bad, nil); !errors.As(err, &fe) || fe.File != bad {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
