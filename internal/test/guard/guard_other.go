//go:build !linux && !darwin

package guard

import "testing"

// Protected reports whether the guard pages are real on this platform.
const Protected = false

func alloc(_ testing.TB, _ Side, n int) []byte { return make([]byte, n) }
