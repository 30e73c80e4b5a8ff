//go:build !linux

package arch

import "golang.org/x/sys/cpu"

func detect() Feature {
	if cpu.ARM.HasNEON {
		return FeatNEON
	}
	return 0
}
