// Package guard gives tests memory between two inaccessible pages, so that a kernel that reads or writes one byte
// too far faults instead of passing. Where there is no mmap ([Protected] is false) it is ordinary memory.
//
// Tests run every case at [Sides]: overruns are seen at the End, underruns at the Start.
package guard

import "testing"

// Side says which neighbour of the memory is the inaccessible page.
type Side bool

const (
	Start Side = false // the first byte follows an inaccessible page
	End   Side = true  // the last byte precedes one
)

// Sides are both, to range over.
var Sides = [...]Side{Start, End}

func (s Side) String() string {
	if s == End {
		return "end"
	}
	return "start"
}

// Bytes returns n zero bytes at that side of a guarded region. They are released when the test ends.
// For n = 0 it is an empty slice.
func Bytes(t testing.TB, side Side, n int) []byte {
	t.Helper()
	if n == 0 {
		return nil
	}
	return alloc(t, side, n)
}
