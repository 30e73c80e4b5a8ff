//go:build !linux || !amd64

package trap

import "os/exec"

// Run says that it cannot.
func Run(*exec.Cmd) (Counts, int, error) { return nil, 0, ErrUnsupported }
