// Package wholefile writes files that appear whole or not at all, also when the power fails.
//
// A file is written under another name in the same folder, brought to the disk, renamed, and the folder brought to the
// disk. A link stays a link: the file that it leads to is replaced. What was there leaves its mode and, where the
// system allows it, its owner. Devices, pipes and sockets are written into: nothing is put in their place.
package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"syscall"

	"github.com/gneiss-go/gneiss/runtime"
)

// Write writes a file, or replaces one. A new one has mode 0644 less the umask. Its errors are [*runtime.FileError].
func Write(path string, data []byte) error { return failed(path, write(path, data)) }

// WriteNew writes a file that must not be there yet, with a mode. Its errors are [*runtime.FileError]; that of a file
// that is there wraps [fs.ErrExist].
func WriteNew(path string, data []byte, mode fs.FileMode) error {
	t, err := begin(path, mode)
	if err != nil {
		return failed(path, err)
	}
	defer t.abandon()
	if err = t.fill(data); err == nil {
		err = t.named(path, claim)
	}
	return failed(path, err)
}

// Place gives a complete file another name in its folder: it is brought to the disk before, the folder after. The file
// is closed, whatever happens. Its errors are [*runtime.FileError].
func Place(f *os.File, path string) error {
	err := toDisk(f)
	if goruntime.GOOS == "windows" { // an open file cannot be renamed there; elsewhere its lock holds until it is
		err = errors.Join(err, f.Close())
	} else {
		defer f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = folderToDisk(path)
	}
	return failed(path, err)
}

// Abandon removes what has not got its name yet, for a program that ends in the midst of writing. Nothing can be
// written after it.
func Abandon() {
	pending.Lock() // for good: a name that is given now would be given to half a file
	for name := range pending.names {
		os.Remove(name)
	}
}

var pending = struct {
	sync.Mutex
	names map[string]bool
}{names: map[string]bool{}}

func write(path string, data []byte) error {
	old, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	case old.IsDir():
		return syscall.EISDIR
	case !old.Mode().IsRegular():
		return into(path, os.O_WRONLY, data)
	}
	target, err := follow(path)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if old != nil {
		mode = 0o600 // until it is known whose it is
		if now, err := os.Stat(target); err != nil || !os.SameFile(old, now) {
			return into(path, os.O_WRONLY|os.O_TRUNC, data) // a file without a name, such as /dev/stdout may lead to
		}
	}
	t, err := begin(target, mode)
	if err != nil {
		return err
	}
	defer t.abandon()
	if old != nil {
		own(t.file, old)
		if err := t.file.Chmod(old.Mode().Perm()); err != nil && goruntime.GOOS != "windows" {
			return err
		}
	}
	if err := t.fill(data); err != nil {
		return err
	}
	return t.named(target, os.Rename)
}

// into writes into what is there.
func into(path string, flag int, data []byte) error {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// follow is where a path leads over symbolic links; the last of them need not exist.
func follow(path string) (string, error) {
	for range 40 {
		st, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && st.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path)
			to = dir + to // not cleaned: dir/.. is not where dir is if that is a link
		}
		path = to
	}
	return "", errors.New("too many symbolic links")
}

// temporary is a file that does not have its name yet.
type temporary struct{ file *os.File }

// begin makes a temporary file beside path.
func begin(path string, mode fs.FileMode) (*temporary, error) {
	dir, _ := filepath.Split(path)
	pending.Lock()
	defer pending.Unlock()
	for {
		name := fmt.Sprintf("%s.gneiss-%016x", dir, rand.Uint64())
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err == nil {
			pending.names[name] = true
			return &temporary{f}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
}

// fill writes all of the file, to the disk.
func (t *temporary) fill(data []byte) error {
	_, err := t.file.Write(data)
	if err == nil {
		err = toDisk(t.file)
	}
	return errors.Join(err, t.file.Close())
}

// named gives the file its name in some way.
func (t *temporary) named(path string, how func(from, to string) error) error {
	pending.Lock()
	defer pending.Unlock()
	if err := how(t.file.Name(), path); err != nil {
		return err
	}
	return folderToDisk(path)
}

// abandon removes the file if it has kept its first name.
func (t *temporary) abandon() {
	pending.Lock()
	defer pending.Unlock()
	t.file.Close()
	os.Remove(t.file.Name())
	delete(pending.names, t.file.Name())
}

// claim renames a file to a name that must be free.
func claim(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // where there are no links
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Rename(from, to)); err != nil {
		os.Remove(to)
		return err
	}
	return nil
}

// toDisk waits until a file, or a folder's names, are on the disk; where the system cannot tell, it does not wait.
// Tests look on.
var toDisk = func(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// folderToDisk brings the names in a file's folder to the disk.
func folderToDisk(path string) error {
	if goruntime.GOOS == "windows" { // which has no such call
		return nil
	}
	dir, _ := filepath.Split(path)
	d, err := os.Open(dir + ".")
	if errors.Is(err, fs.ErrPermission) { // one may write names there, but not read them
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(toDisk(d), d.Close())
}

// failed says which file an error is about.
func failed(path string, err error) error {
	var pe *os.PathError
	var le *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	return runtime.InFile(path, err)
}
