package trap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run starts the command, whose Stdin, Stdout and Stderr are files or nil, emulates what it cannot do, and returns its
// exit code, 128 + n after signal n, when it has ended.
func Run(cmd *exec.Cmd) (Counts, int, error) {
	runtime.LockOSThread() // a program obeys the thread that traces it
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			err = fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		return nil, 0, err
	}
	t := &tracer{pid: cmd.Process.Pid, threads: map[int]*amx{}, decoded: map[uint64]insn{}, counts: Counts{}}
	t.local = make([]unix.Iovec, 1)
	code, err := t.run()
	if err != nil {
		_ = cmd.Process.Kill()
	}
	return t.counts, code, errors.Join(err, cmd.Process.Release())
}

type tracer struct {
	pid     int
	threads map[int]*amx
	decoded map[uint64]insn // by address
	counts  Counts
	local   []unix.Iovec       // of one element
	remote  []unix.RemoteIovec // of a row each
}

func (t *tracer) run() (int, error) {
	const (
		exitKill = 0x100000   // PTRACE_O_EXITKILL
		ours     = 0x20000000 // __WNOTHREAD: not the children of other threads of this process
	)
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &status, syscall.WALL, nil); err != nil {
		return 0, fmt.Errorf("wait for the program's start: %w", err)
	}
	var err error
	t.threads[t.pid] = &amx{}
	if err := syscall.PtraceSetOptions(t.pid,
		syscall.PTRACE_O_TRACECLONE|syscall.PTRACE_O_TRACEEXEC|exitKill); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	tid, signal := t.pid, 0
	for {
		if err := syscall.PtraceCont(tid, signal); err != nil && err != syscall.ESRCH { // killed meanwhile
			return 0, fmt.Errorf("continue thread %d: %w", tid, err)
		}
		for { // until something stops
			tid, err = syscall.Wait4(-1, &status, syscall.WALL|ours, nil)
			if err != nil && err != syscall.EINTR {
				return 0, fmt.Errorf("wait: %w", err)
			}
			if err == nil && status.Stopped() {
				break
			}
			if err == nil {
				delete(t.threads, tid)
			}
			if err == nil && tid == t.pid {
				if status.Signaled() {
					return 128 + int(status.Signal()), nil
				}
				return status.ExitStatus(), nil
			}
		}
		if signal, err = t.stopped(tid, status); err != nil {
			return 0, err
		}
	}
}

// stopped says which signal a thread that stopped is to go on with.
func (t *tracer) stopped(tid int, status syscall.WaitStatus) (int, error) {
	state := t.threads[tid]
	if state == nil {
		state = &amx{}
		t.threads[tid] = state
		if status.StopSignal() == syscall.SIGSTOP {
			return 0, nil // a new thread's first stop
		}
	}
	switch s := status.StopSignal(); {
	// only this thread is left, in new memory
	case s == syscall.SIGTRAP && status.TrapCause() == syscall.PTRACE_EVENT_EXEC:
		clear(t.decoded)
		clear(t.threads)
		t.threads[tid] = &amx{}
		return 0, nil
	case s == syscall.SIGTRAP && status>>16 != 0: // it cloned
		return 0, nil
	case s == syscall.SIGILL:
		f, err := t.emulate(tid, state)
		switch {
		case err != nil || f == fine:
			return 0, err
		case f == invalid:
			return int(syscall.SIGSEGV), segv(tid)
		}
		return int(s), nil
	default:
		return int(s), nil
	}
}

// emulate does the instruction that stopped the thread, and those after it that would. What is none of the emulated
// ones is illegal.
func (t *tracer) emulate(tid int, state *amx) (fault, error) {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &r); err != nil {
		return illegal, fmt.Errorf("registers of thread %d: %w", tid, err)
	}
	for done := false; ; done = true {
		i, ok := t.fetch(r.Rip)
		f := illegal
		if ok {
			var err error
			next := r
			next.Rip += uint64(i.len)
			if f, err = t.do(tid, state, &i, &next); err != nil {
				return illegal, err
			}
			if f == fine {
				r = next
				t.counts[i.op]++
				continue
			}
		}
		if !done {
			return f, nil
		}
		if err := syscall.PtraceSetRegs(tid, &r); err != nil { // one that faults is met again
			return illegal, fmt.Errorf("registers of thread %d: %w", tid, err)
		}
		return fine, nil
	}
}

// fetch decodes the instruction at an address.
func (t *tracer) fetch(addr uint64) (i insn, ok bool) {
	if i, ok = t.decoded[addr]; ok {
		return i, true
	}
	var code [longest]byte
	const page = 4096
	first := min(longest, page-addr%page) // the next page may not be there
	if !t.read(addr, 0, int(first), code[:first]) {
		return i, false
	}
	if first < longest && !t.read(addr+first, 0, int(longest-first), code[first:]) {
		clear(code[first:])
	}
	if i, ok = decode(code[:]); ok {
		t.decoded[addr] = i
	}
	return i, ok
}

// segv makes the signal that stopped a thread one that the kernel sends after a general protection fault.
func segv(tid int) error {
	const siKernel = 0x80
	var info [128]byte // siginfo_t: signo, errno, code
	binary.LittleEndian.PutUint32(info[0:], uint32(syscall.SIGSEGV))
	binary.LittleEndian.PutUint32(info[8:], siKernel)
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, syscall.PTRACE_SETSIGINFO, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("signal of thread %d: %w", tid, errno)
	}
	return nil
}

// do does one instruction; r.Rip is behind it.
func (t *tracer) do(tid int, a *amx, i *insn, r *syscall.PtraceRegs) (fault, error) {
	base, index := register(r, i.base)+uint64(i.disp), register(r, i.index)<<i.scale
	switch i.op {
	case LdTileCfg:
		var c [64]byte
		if !t.read(base+index, 0, len(c), c[:]) {
			return invalid, nil
		}
		return a.config(&c), nil
	case TileRelease:
		*a = amx{}
		return fine, nil
	case TileZero:
		return a.zero(i.reg), nil
	case TileLoad:
		return a.load(t, i.reg, base, index), nil
	case TileStore:
		return a.store(t, i.reg, base, index), nil
	case TDPBUUD, TDPBUSD, TDPBSUD, TDPBSSD:
		return a.dot(i.reg, i.rm, i.vvvv, i.prefix&2 != 0, i.prefix&1 != 0), nil
	default:
		return t.vecDot(tid, i, base+index)
	}
}

func (t *tracer) vecDot(tid int, i *insn, addr uint64) (fault, error) {
	var x xstate
	if err := x.get(tid); err != nil {
		return illegal, fmt.Errorf("vector registers of thread %d: %w", tid, err)
	}
	size := 16
	if i.wide {
		size = 32
	}
	y := make([]byte, 32)
	if !i.memory {
		y = x.vector(i.rm)
	} else if !t.read(addr, 0, size, y[:size]) {
		return invalid, nil
	}
	dst := x.vector(i.reg)
	vecDot(i.op, dst[:size], x.vector(i.vvvv), y)
	clear(dst[size:])
	x.set(i.reg, dst)
	if err := x.put(tid); err != nil {
		return illegal, fmt.Errorf("vector registers of thread %d: %w", tid, err)
	}
	return fine, nil
}

// read and write respect the protection of pages, as /proc/pid/mem would not: a kernel that reaches too far faults.
func (t *tracer) read(addr, stride uint64, n int, b []byte) bool {
	t.vectors(addr, stride, n, b)
	got, err := unix.ProcessVMReadv(t.pid, t.local, t.remote, 0)
	return err == nil && got == len(b)
}

func (t *tracer) write(addr, stride uint64, n int, b []byte) bool {
	t.vectors(addr, stride, n, b)
	got, err := unix.ProcessVMWritev(t.pid, t.local, t.remote, 0)
	return err == nil && got == len(b)
}

func (t *tracer) vectors(addr, stride uint64, n int, b []byte) {
	t.local[0].Base = &b[0]
	t.local[0].SetLen(len(b))
	t.remote = t.remote[:0]
	for done := 0; done < len(b); done += n {
		t.remote = append(t.remote, unix.RemoteIovec{Base: uintptr(addr), Len: n})
		addr += stride
	}
}

func register(r *syscall.PtraceRegs, n int) uint64 {
	switch n {
	case none:
		return 0
	case rip:
		return r.Rip
	}
	return [16]uint64{r.Rax, r.Rcx, r.Rdx, r.Rbx, r.Rsp, r.Rbp, r.Rsi, r.Rdi, r.R8, r.R9, r.R10, r.R11, r.R12, r.R13,
		r.R14, r.R15}[n]
}

// xstate is a thread's XSAVE area in the standard format (Intel SDM volume 1, 13.4): the low halves of the vector
// registers lie in the legacy region, the high ones in component 2, which follows the header. Bits above 256 are left
// alone.
type xstate struct {
	buf [16 << 10]byte
	n   int
}

const (
	xmmAt    = 160
	headerAt = 512
	ymmAt    = 576
	avxBit   = 1 << 2
)

func (x *xstate) get(tid int) error {
	n, err := regset(syscall.PTRACE_GETREGSET, tid, x.buf[:])
	x.n = n
	if err == nil && n < ymmAt+16*16 {
		err = fmt.Errorf("%d bytes of state have no AVX", n)
	}
	return err
}

func (x *xstate) put(tid int) error {
	_, err := regset(syscall.PTRACE_SETREGSET, tid, x.buf[:x.n])
	return err
}

func regset(request, tid int, b []byte) (int, error) {
	const xstateNote = 0x202 // NT_X86_XSTATE
	v := syscall.Iovec{Base: &b[0], Len: uint64(len(b))}
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(tid), xstateNote,
		uintptr(unsafe.Pointer(&v)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(v.Len), nil
}

// vector returns a copy of a YMM register. A component that is marked as initial is zeros, whatever its bytes.
func (x *xstate) vector(n int) []byte {
	v := make([]byte, 32)
	has := binary.LittleEndian.Uint64(x.buf[headerAt:])
	if has&2 != 0 {
		copy(v, x.buf[xmmAt+16*n:][:16])
	}
	if has&avxBit != 0 {
		copy(v[16:], x.buf[ymmAt+16*n:][:16])
	}
	return v
}

func (x *xstate) set(n int, v []byte) {
	has := binary.LittleEndian.Uint64(x.buf[headerAt:])
	if has&2 == 0 {
		clear(x.buf[xmmAt:][:16*16])
	}
	if has&avxBit == 0 {
		clear(x.buf[ymmAt:][:16*16])
	}
	copy(x.buf[xmmAt+16*n:], v[:16])
	copy(x.buf[ymmAt+16*n:], v[16:32])
	binary.LittleEndian.PutUint64(x.buf[headerAt:], has|2|avxBit)
}
