// Package mapped loads plans from model files that stay in files: what a plan does not touch takes no memory, and what
// it does, packed filters above all, is shared by processes and can be dropped and read again by the system.
//
// The package is apart from runtime so that programs which embed their model do not link it.
package mapped

import (
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"slices"

	"github.com/gneiss-go/gneiss/internal/mapping"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Load is [runtime.Load] of a .gneiss file. Where the system can, the file is mapped, until the plan and its sessions
// are gone: they use it in place. It must not be written to or cut short meanwhile. Replace it by renaming another one,
// as updates should anyway:
// `cp new.gneiss net.gneiss` is such a write. Who writes to it changes what is computed, whatever was signed, but has
// nothing read outside the plan's memory; who cuts it short ends the program. Elsewhere it is read, as by [LoadCopy].
//
// Errors are [*runtime.FileError] with the reason of the file system or of runtime.Load. What a [runtime.WithSignature]
// is given must not be kept.
func Load(path string, opts ...runtime.Option) (*runtime.Plan, error) {
	data, err := open(path, mapping.Map)
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	forget := runtime.WithRelief(func() { mapping.Forget(data) })
	p, err := runtime.Load(data, append(slices.Clone(opts), forget)...)
	if err != nil {
		mapping.Unmap(data)
		return nil, runtime.InFile(path, err)
	}
	goruntime.AddCleanup(p, mapping.Unmap, data)
	return p, nil
}

// LoadCopy is Load of a copy in memory: what was checked is what is used, whatever becomes of the file.
func LoadCopy(path string, opts ...runtime.Option) (*runtime.Plan, error) {
	data, err := open(path, copied)
	if err == nil {
		var p *runtime.Plan
		if p, err = runtime.Load(data, opts...); err == nil {
			return p, nil
		}
	}
	return nil, runtime.InFile(path, err)
}

// open returns the bytes of a file.
func open(path string, contents func(f *os.File, size int) ([]byte, error)) ([]byte, error) {
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

// copied reads a file to where packed filters can be used in place.
func copied(f *os.File, size int) ([]byte, error) { return mapping.Copy(f, size, kernels.PackAlign) }

// maxFile bounds a file, as [math.MaxInt32] does on small systems.
const maxFile = 1<<31 - 1
