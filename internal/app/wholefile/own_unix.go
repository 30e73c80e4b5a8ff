//go:build unix

package wholefile

import (
	"io/fs"
	"os"
	"syscall"
)

// own gives a file the owner of another, if this process may.
func own(f *os.File, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
