package modelfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestUse: a file's bytes are there, also after they were given up; one that is cut short meanwhile is an error, as one
// that is not there is.
func TestUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	whole := bytes.Repeat([]byte("gneiss"), 1<<16)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	for range 2 {
		err := Use(path, func(b []byte, p *Pages) error {
			for range 2 {
				if !bytes.Equal(b, whole) {
					t.Error("other bytes")
				}
				p.Forget()
			}
			return mine
		})
		if err != mine {
			t.Errorf("%v, want what the function returned", err)
		}
	}
	if err := Use(path+".none", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	sum := 0
	err := Use(path, func(b []byte, p *Pages) error {
		p.Forget()
		if err := os.Truncate(path, 1); err != nil {
			t.Fatal(err)
		}
		for _, v := range b {
			sum += int(v)
		}
		return nil
	})
	var fe *runtime.FileError
	if goruntime.GOOS == "linux" && (!errors.As(err, &fe) || !errors.Is(err, runtime.ErrCorrupt)) {
		t.Errorf("%v of a file that was cut short, and the sum %d", err, sum)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := Use(path, func(b []byte, p *Pages) error { p.Forget(); return nil }); err != nil {
		t.Errorf("an empty file: %v", err)
	}
	defer func() {
		if recover() != "others' panics" {
			t.Error("a panic is not passed on")
		}
	}()
	os.WriteFile(path, whole, 0o600)
	Use(path, func([]byte, *Pages) error { panic("others' panics") })
}

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
