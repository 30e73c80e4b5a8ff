//go:build unix && !linux

package wholefile

import "errors"

func mknod(string, uint32, int) error { return errors.ErrUnsupported }
