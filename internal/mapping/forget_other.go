//go:build !linux

package mapping

// Forget leaves it to the system when pages of what Map returned go.
func Forget([]byte) {}
