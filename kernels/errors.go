package kernels

import "fmt"

// errorf is fmt.Errorf, of whose body programs have a copy wherever it is called by that name.
//
//go:noinline
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
