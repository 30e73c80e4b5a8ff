//go:build unix

package runtime

import (
	"syscall"
	"testing"
	"time"
)

// Between runs workers sleep: a device's battery pays for those that spin.
func TestIdleSessionBurnsNoCPU(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
	// A spinning worker burns all of the 300 ms; the collector may still be at work after the first look.
	const idleFor, allowed = 300 * time.Millisecond, 20 * time.Millisecond
	var burnt time.Duration
	for range 3 {
		before := cpuTime(t)
		time.Sleep(idleFor)
		if burnt = cpuTime(t) - before; burnt <= allowed {
			return
		}
	}
	t.Errorf("idle sessions burnt %v of processor time in %v", burnt, idleFor)
}

// cpuTime returns the process's user and system time.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
