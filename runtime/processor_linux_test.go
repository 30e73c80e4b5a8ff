package runtime

import (
	"os"
	goruntime "runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A thread that leaves its processor is on another one, and may use all that it could.
func TestLeave(t *testing.T) {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	var before, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Skip("NOT TESTED: leaving a processor:", err)
	}
	left := false
	for range 100 { // it may come back at once
		from := processor()
		leave(from)
		left = left || processor() != from
	}
	if err := unix.SchedGetaffinity(0, &after); err != nil || after != before {
		t.Errorf("%d processors may be used, error %v; before: %d", after.Count(), err, before.Count())
	}
	leave(-1)
	leave(1 << 20)
	if want := before.Count() > 1; left != want {
		if os.Getenv("GNEISS_PROVE") != "" || left {
			t.Fatalf("left a processor: %v, want %v", left, want)
		}
		t.Skip("NOT TESTED: leaving a processor; this system does not move threads")
	}
}

func TestFiltered(t *testing.T) {
	for _, c := range []struct {
		status string
		want   bool
	}{
		{"Name:\tx\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n", false},
		{"Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n", true},
		{"Name:\tx\nSeccomp:\t1\n", true},
		{"Name:\tx\n", false},
	} {
		if got := filtered(c.status); got != c.want {
			t.Errorf("%q: %v, want %v", c.status, got, c.want)
		}
	}
}
