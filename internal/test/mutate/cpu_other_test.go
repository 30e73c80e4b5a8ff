//go:build !linux

package mutate_test

import "time"

var epoch = time.Now()

// cpuTime is the time of day, where there is no better.
func cpuTime() time.Duration { return time.Since(epoch) }
