package kernels

import "sync/atomic"

// Stop asks tasks that are running to leave off. Tasks look at it between pieces of their work, each of which takes
// milliseconds at most, whatever the shapes: a unit that may take longer, such as an output row under a huge window, is
// cut further. What a task that left off has written is undefined. A nil Stop never asks.
type Stop struct{ asked atomic.Bool }

// Ask has all tasks that run with s leave off, until Clear.
func (s *Stop) Ask() { s.asked.Store(true) }

// Clear takes back what was asked.
func (s *Stop) Clear() { s.asked.Store(false) }

// Asked reports whether to leave off.
func (s *Stop) Asked() bool { return s != nil && s.asked.Load() }

// heed is how many elements a loop in Go handles between two looks at a Stop: far below a millisecond of work for most.
const heed = 64 << 10

// clear zeroes scratch memory, which may be as large as a tensor.
func (s *Stop) clear(b []byte) {
	for len(b) > 0 && !s.Asked() {
		n := min(len(b), 64*heed)
		clear(b[:n])
		b = b[n:]
	}
}
