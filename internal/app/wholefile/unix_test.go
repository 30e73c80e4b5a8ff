//go:build unix

package wholefile

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLink: a link stays one, and the file that it leads to is replaced where it is.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"slots", "etc"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	target, other := filepath.Join(dir, "slots", "a"), filepath.Join(dir, "slots", "b")
	current, model := filepath.Join(dir, "slots", "current"), filepath.Join(dir, "etc", "model")
	for link, to := range map[string]string{current: "a", model: "../slots/current"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(mustWrite(t, other, "b"), filepath.Join(dir, "etc", "hard")); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"through a link to nothing", "through a link to a file"} {
		if err := Write(model, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(target); err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	for link, to := range map[string]string{current: "a", model: "../slots/current"} {
		if got, err := os.Readlink(link); err != nil || got != to {
			t.Errorf("%s: %q, %v", link, got, err)
		}
	}
	only(t, filepath.Join(dir, "slots"), "a", "b", "current")
	only(t, filepath.Join(dir, "etc"), "hard", "model")
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if err := Write(loop, nil); err == nil {
		t.Error("a link to itself was written")
	}
}

func mustWrite(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMode: a file that is replaced keeps its mode and its owner; a new one obeys the umask.
func TestMode(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o640 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o600, 0o664, 0o755, 0o400} {
		path := mustWrite(t, filepath.Join(dir, mode.String()), "old")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		owner := os.Geteuid() == 0 && os.Chown(path, 12, 34) == nil
		if err := Write(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path)
		if err != nil || st.Mode() != mode {
			t.Errorf("mode %v, %v; want %v", st.Mode(), err, mode)
		}
		if s := st.Sys().(*syscall.Stat_t); owner && (s.Uid != 12 || s.Gid != 34) {
			t.Errorf("owner %d:%d", s.Uid, s.Gid)
		}
	}
}

// TestDevice: a pipe is written into and stays one, also through a link; so does a device, which only root can make.
func TestDevice(t *testing.T) {
	dir := t.TempDir()
	fifo, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	if err := os.Symlink("fifo", link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link} {
		f, err := os.OpenFile(fifo, os.O_RDONLY|unix.O_NONBLOCK, 0) // a writer need not wait for it then
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(path, []byte("through the pipe")); err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(f); err != nil || string(text) != "through the pipe" {
			t.Errorf("%q, %v", text, err)
		}
		f.Close()
	}
	if st, err := os.Stat(fifo); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe has become %v, %v", st.Mode(), err)
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can make devices")
	}
	null := filepath.Join(dir, "null")
	if err := mknod(null, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	if err := Write(null, []byte("x")); err != nil {
		t.Skip("SKIPPED: the folder takes no devices: ", err)
	}
	if st, err := os.Stat(null); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the device has become %v, %v", st.Mode(), err)
	}
	only(t, dir, "fifo", "link", "null")
}
