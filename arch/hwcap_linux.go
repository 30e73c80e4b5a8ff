//go:build arm || arm64

package arch

import "golang.org/x/sys/unix"

// capabilities returns what Linux says of the CPU: AT_HWCAP and AT_HWCAP2 of getauxval(3). Package cpu beside unix asks
// for the same, but opens a file where it is not told, which has a program link all that prints files' times.
func capabilities() (hwcap, hwcap2 uintptr) {
	const atHWCAP, atHWCAP2 = 16, 26
	vector, _ := unix.Auxv()
	for _, v := range vector {
		switch v[0] {
		case atHWCAP:
			hwcap = v[1]
		case atHWCAP2:
			hwcap2 = v[1]
		}
	}
	return hwcap, hwcap2
}
