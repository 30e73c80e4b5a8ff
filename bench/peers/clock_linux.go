package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// processor returns the time that the threads of this process have run.
func processor() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano()), err
}
