package runtime

import (
	goruntime "runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tellsProcessor says whether threads may be asked where they are, and moved. Under a filter of system calls they are
// not: it may end the process for calls that it does not know.
func tellsProcessor() bool {
	f, err := syscall.Open("/proc/self/status", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(f)
	status := make([]byte, 8<<10)
	n, err := syscall.Read(f, status)
	return err == nil && 0 < n && n < len(status) && !filtered(string(status[:n]))
}

// filtered says whether a process with that in /proc/self/status has a filter of system calls; see proc_pid_status(5).
// Systems without filters do not speak of them.
func filtered(status string) bool {
	const key = "\nSeccomp:\t"
	at := strings.Index(status, key)
	return at >= 0 && !strings.HasPrefix(status[at+len(key):], "0\n")
}

// processor is the one that the calling thread is on, or nowhere.
func processor() int32 {
	var p uint32
	if _, _, err := syscall.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&p)), 0, 0); err != 0 {
		return nowhere
	}
	return int32(p)
}

// leave moves the calling thread from the processor it is on to another that it may use, if there is one. Which ones it
// may use stays as it was.
func leave(p int32) {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	var may [1024 / 64]uint64 // one bit for each processor
	size, _, err := syscall.RawSyscall(unix.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(may), uintptr(unsafe.Pointer(&may)))
	if err != 0 || p < 0 || int(p) >= len(may)*64 {
		return
	}
	others := may
	others[p/64] &^= 1 << (p % 64)
	if others != [len(may)]uint64{} { // who is not let move stays
		_, _, _ = syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, 0, size, uintptr(unsafe.Pointer(&others)))
		_, _, _ = syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, 0, size, uintptr(unsafe.Pointer(&may)))
	}
}
