package arch

import "syscall"

// amxAllowed asks Linux for leave to use AMX: tiles are 8 KiB of state a thread, so the kernel saves them only for
// processes that asked (arch_prctl(2), ARCH_REQ_XCOMP_PERM). The leave is the process's, for all its threads; to ask
// again is harmless.
func amxAllowed() bool {
	const reqXCompPerm, xTileData = 0x1023, 18
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, reqXCompPerm, xTileData, 0)
	return errno == 0
}
