//go:build !unix || solaris || aix

package fetch

import "os"

const noFollow = 0

// lock has no lock to take. Where this is Windows, an open file cannot be renamed: two downloads at once end in an
// error.
func lock(*os.File) (bool, error) { return true, nil }
