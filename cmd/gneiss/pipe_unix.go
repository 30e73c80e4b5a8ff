//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreClosedPipes makes a write to a pipe that nobody reads any more an error like another: by default it ends the
// process when the pipe is standard output or standard error.
func ignoreClosedPipes() { signal.Ignore(syscall.SIGPIPE) }
