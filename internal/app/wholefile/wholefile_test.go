package wholefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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
	only(t, dir, "a")
	for _, bad := range []string{filepath.Join(dir, "no", "folder"), dir} {
		var fe *runtime.FileError
		if err := Write(bad, nil); !errors.As(err, &fe) || fe.File != bad {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// only checks which files are in a folder.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if slices.Sort(want); !slices.Equal(names, want) {
		t.Errorf("in the folder are %v, want %v", names, want)
	}
}

func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteNew(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", st, err)
	}
	if err := WriteNew(path, []byte("yours"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, want %v", err, fs.ErrExist)
	}
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Errorf("%q", got)
	}
	only(t, dir, "a")
}

// TestFull: a disk that takes no more leaves what was there, and nothing new.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "fresh")
	if err := Write(old, []byte("old")); err != nil {
		t.Fatal(err)
	}
	defer func(f func(*os.File) error) { toDisk = f }(toDisk)
	toDisk = func(*os.File) error { return syscall.ENOSPC }
	for path, err := range map[string]error{old: Write(old, []byte("new")), fresh: WriteNew(fresh, []byte("new"), 0o600)} {
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, _ := os.ReadFile(old); string(got) != "old" {
		t.Errorf("%q", got)
	}
	only(t, dir, "old")
}

// TestDisk: content is on the disk before it gets its name, and the name afterwards.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("0123456789"), 1000)
	part := filepath.Join(dir, "part")
	for name, write := range map[string]func(path string) error{
		"new":       func(path string) error { return Write(path, content) },
		"exclusive": func(path string) error { return WriteNew(path, content, 0o600) },
		"placed": func(path string) error {
			f, err := os.Create(part)
			if err != nil {
				return err
			}
			f.Write(content)
			return Place(f, path)
		},
	} {
		path := filepath.Join(dir, name)
		var order []string
		real := toDisk
		toDisk = func(f *os.File) error {
			st, err := f.Stat()
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			what := "file"
			if st.IsDir() {
				what = "folder"
			} else if st.Size() != int64(len(content)) {
				t.Errorf("%s: %d bytes are brought to the disk", name, st.Size())
			}
			if err == nil {
				what += " named"
			}
			order = append(order, what)
			return real(f)
		}
		err := write(path)
		toDisk = real
		if got := strings.Join(order, ", "); err != nil || got != "file, folder named" {
			t.Errorf("%s: %v; to the disk went %s", name, err, got)
		}
	}
	only(t, dir, "new", "exclusive", "placed")
}
