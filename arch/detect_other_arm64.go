//go:build !linux

package arch

import "golang.org/x/sys/cpu"

func detect() Feature {
	var f Feature
	if cpu.ARM64.HasASIMD {
		f |= FeatNEON
	}
	if cpu.ARM64.HasFPHP && cpu.ARM64.HasASIMDHP {
		f |= FeatFP16
	}
	if cpu.ARM64.HasASIMDDP {
		f |= FeatDotProd
	}
	if cpu.ARM64.HasI8MM {
		f |= FeatI8MM
	}
	return f
}
