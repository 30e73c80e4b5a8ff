// Package mapped loads plans from model files that stay in files: what a plan does not touch takes no memory, and what it
// does, packed filters above all, is shared by processes and can be dropped and read again by the system.
//
// The package is apart from runtime so that programs which embed their model do not link it.
package mapped

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gneiss-go/gneiss/runtime"
)

// Load is [runtime.Load] of a .gneiss file. Where the system can, the file is mapped, for as long as the program runs: plans and
// sessions use it in place. It must not be written to or cut short meanwhile; replace it by renaming another one, as updates should
// anyway. Elsewhere it is read.
//
// Errors are [*runtime.FileError] with the reason of the file system or of runtime.Load.
func Load(path string, opts ...runtime.Option) (*runtime.Plan, error) {
	data, err := open(path)
	if err == nil {
		var p *runtime.Plan
		if p, err = runtime.Load(data, opts...); err == nil {
			return p, nil
		}
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return nil, &runtime.FileError{File: path, Err: err}
}

// open returns the bytes of a file. Those of a plan that could not be loaded stay mapped: errors may mean that they are read.
func open(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case st.Size() > maxFile:
		return nil, fmt.Errorf("%d bytes: %w", st.Size(), runtime.ErrLimit)
	case st.Size() == 0: // cannot be mapped
		return nil, nil
	}
	return contents(f, int(st.Size()))
}

// maxFile bounds a file, as [math.MaxInt32] does on small systems.
const maxFile = 1<<31 - 1
