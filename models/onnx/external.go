package onnx

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// external says where in another file the elements of a tensor are.
type external struct {
	location       string
	offset, length int64 // length is −1 if it is not given
	size           int   // bytes that the tensor's dimensions ask for
}

// entry reads one of the pairs that describe the place.
func (e *external) entry(f wire.Field) error {
	raw, err := f.Msg()
	if err != nil {
		return err
	}
	var key, value string
	if err := wire.Each(raw, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			key, err = f.Str()
		case 2:
			value, err = f.Str()
		}
		return err
	}); err != nil {
		return err
	}
	number := func(to *int64) error {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("external data: %s %q: %w", key, value, runtime.ErrCorrupt)
		}
		*to = n
		return nil
	}
	switch key {
	case "location":
		e.location = value
	case "offset":
		return number(&e.offset)
	case "length":
		return number(&e.length)
	}
	return nil
}

// missing is the error of a tensor whose file cannot be looked for.
func (e *external) missing() error {
	return fmt.Errorf("its data is in another file; open the model by its path, or save it with save_as_external_data=False: %w",
		runtime.ErrCorrupt)
}

// fetch reads the elements of all initializers that are in other files, which must lie in dir or below it: neither a
// path nor a link leads out. No file gives more bytes than it has, so that memory is bounded by what is on the disk. It
// returns how many bytes were read. An empty dir means that there is no place to look.
func (m *model) fetch(dir string) (total int, err error) {
	var root *os.Root
	files := map[string]*os.File{}
	left := map[string]int64{}
	defer func() {
		for _, f := range files {
			f.Close()
		}
		if root != nil {
			root.Close()
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(m.graph.inits)) {
		t := m.graph.inits[name]
		e := t.ext
		if e == nil {
			continue
		}
		fail := func(err error) (int, error) { return 0, fmt.Errorf("initializer %q: %w", name, err) }
		if dir == "" || e.location == "" {
			return fail(e.missing())
		}
		if root == nil {
			if root, err = os.OpenRoot(dir); err != nil {
				return fail(err)
			}
		}
		f := files[e.location]
		if f == nil {
			if !filepath.IsLocal(filepath.FromSlash(e.location)) {
				return fail(fmt.Errorf("external data %q is not beside the model: %w", e.location, runtime.ErrCorrupt))
			}
			st, err := root.Stat(filepath.FromSlash(e.location))
			if err != nil {
				return fail(fmt.Errorf("external data: %w", err))
			}
			if !st.Mode().IsRegular() { // opening a pipe could wait for ever
				return fail(fmt.Errorf("external data %q is no file: %w", e.location, runtime.ErrCorrupt))
			}
			if f, err = root.Open(filepath.FromSlash(e.location)); err != nil {
				return fail(fmt.Errorf("external data: %w", err))
			}
			files[e.location], left[e.location] = f, min(st.Size(), modelfile.Max)
		}
		if e.length >= 0 && e.length != int64(e.size) {
			return fail(fmt.Errorf("%v %v needs %d bytes of data, %q is said to have %d: %w", t.typ, t.dims, e.size, e.location,
				e.length, runtime.ErrCorrupt))
		}
		if int64(e.size) > left[e.location] || total > modelfile.Max-e.size {
			return fail(fmt.Errorf("external data %q is too short for what the model takes from it: %w", e.location,
				runtime.ErrCorrupt))
		}
		left[e.location] -= int64(e.size)
		total += e.size
		t.raw = make([]byte, e.size)
		if n, err := f.ReadAt(t.raw, e.offset); n < e.size {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fail(fmt.Errorf("external data %q, %d bytes at %d: %w: %w", e.location, e.size, e.offset, err,
				runtime.ErrCorrupt))
		}
		t.ext = nil
	}
	return total, nil
}
