package onnx

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/internal/mapping"
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

// fetched are the files that tensors have their elements in.
type fetched struct {
	files map[string]*part
	total int // bytes that tensors take
}

// part is a file beside the model.
type part struct {
	data []byte // mapped
	left int    // bytes that tensors may still take: no file gives more than it has
}

func (f *fetched) close() {
	for _, p := range f.files {
		mapping.Unmap(p.data)
	}
}

// forget gives back the pages that were read.
func (f *fetched) forget() {
	for _, p := range f.files {
		mapping.Forget(p.data)
	}
}

// fetch finds the elements of all initializers that are in other files, which must lie in dir or below it: neither a
// path nor a link leads out. No file gives more bytes than it has, so that memory is bounded by what is on the disk. An
// empty dir means that there is no place to look. The tensors are good until what it returns is closed, also with an
// error.
func (m *model) fetch(dir string) (*fetched, error) {
	all := &fetched{files: map[string]*part{}}
	var root *os.Root
	defer func() {
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
		fail := func(err error) (*fetched, error) { return all, fmt.Errorf("initializer %q: %w", name, err) }
		if dir == "" || e.location == "" {
			return fail(e.missing())
		}
		var err error
		if root == nil {
			if root, err = os.OpenRoot(dir); err != nil {
				return fail(err)
			}
		}
		f := all.files[e.location]
		if f == nil {
			if f, err = openPart(root, e.location); err != nil {
				return fail(err)
			}
			all.files[e.location] = f
		}
		if e.length >= 0 && e.length != int64(e.size) {
			return fail(fmt.Errorf("%v %v needs %d bytes of data, %q is said to have %d: %w", t.typ, t.dims, e.size, e.location,
				e.length, runtime.ErrCorrupt))
		}
		if e.size > f.left || all.total > modelfile.Max-e.size {
			return fail(fmt.Errorf("external data %q is too short for what the model takes from it: %w", e.location,
				runtime.ErrCorrupt))
		}
		f.left -= e.size
		all.total += e.size
		if e.offset > int64(len(f.data)-e.size) {
			return fail(fmt.Errorf("external data %q, %d bytes at %d: %w: %w", e.location, e.size, e.offset,
				io.ErrUnexpectedEOF, runtime.ErrCorrupt))
		}
		t.raw = f.data[e.offset:][:e.size:e.size]
		t.ext = nil
	}
	return all, nil
}

// openPart maps a file below a folder.
func openPart(root *os.Root, location string) (*part, error) {
	if !filepath.IsLocal(filepath.FromSlash(location)) {
		return nil, fmt.Errorf("external data %q is not beside the model: %w", location, runtime.ErrCorrupt)
	}
	st, err := root.Stat(filepath.FromSlash(location))
	if err != nil {
		return nil, fmt.Errorf("external data: %w", err)
	}
	if !st.Mode().IsRegular() { // opening a pipe could wait for ever
		return nil, fmt.Errorf("external data %q is no file: %w", location, runtime.ErrCorrupt)
	}
	f, err := root.Open(filepath.FromSlash(location))
	if err != nil {
		return nil, fmt.Errorf("external data: %w", err)
	}
	defer f.Close()
	if st, err = f.Stat(); err != nil {
		return nil, fmt.Errorf("external data: %w", err)
	}
	p := &part{left: int(min(st.Size(), modelfile.Max))}
	if p.left > 0 {
		if p.data, err = mapping.Map(f, p.left); err != nil {
			return nil, fmt.Errorf("external data: %w", err)
		}
	}
	return p, nil
}
