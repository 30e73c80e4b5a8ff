package kernels

import "testing"

// guarded returns n elements that end at a guard page.
func guarded[T any](t *testing.T, n int) []T { return make([]T, n) }
