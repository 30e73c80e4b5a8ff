// Package wholefile writes files that appear whole or not at all.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/runtime"
)

// Write writes a file under another name in the same folder and renames it. Its errors are [*runtime.FileError].
func Write(path string, data []byte) error {
	fail := func(err error) error {
		var pe *os.PathError
		var le *os.LinkError
		switch {
		case errors.As(err, &pe):
			err = pe.Err
		case errors.As(err, &le):
			err = le.Err
		}
		return &runtime.FileError{File: path, Err: err}
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".gneiss-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(tmp.Name()) // fails once it is renamed
	_, err = tmp.Write(data)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}
