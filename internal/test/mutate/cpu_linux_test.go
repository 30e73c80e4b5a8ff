package mutate_test

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is the time that this thread has had on a processor: other processes' do not count.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
