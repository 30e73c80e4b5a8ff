package trap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// Run starts the command, whose Stdin, Stdout and Stderr are files or nil, emulates what it cannot do, and returns its exit code, 128 + n
// after signal n, when it has ended.
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
	code, err := t.run()
	if err != nil {
		_ = cmd.Process.Kill()
	}
	return t.counts, code, errors.Join(err, cmd.Process.Release())
}

type tracer struct {
	pid     int
	mem     *os.File
	threads map[int]*amx
	decoded map[uint64]insn // by address
	counts  Counts
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
	if t.mem, err = os.OpenFile(fmt.Sprintf("/proc/%d/mem", t.pid), os.O_RDWR, 0); err != nil {
		return 0, err
	}
	defer t.mem.Close()
	t.threads[t.pid] = &amx{}
	if err := syscall.PtraceSetOptions(t.pid, syscall.PTRACE_O_TRACECLONE|syscall.PTRACE_O_TRACEEXEC|exitKill); err != nil {
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
	case s == syscall.SIGTRAP && status>>16 != 0: // it cloned, or became another program
		return 0, nil
	case s == syscall.SIGILL:
		done, err := t.emulate(tid, state)
		if err != nil || done {
			return 0, err
		}
		return int(s), nil
	default:
		return int(s), nil
	}
}

// emulate does the instruction that stopped the thread, and those after it that would. It reports false if that is no emulated one, or
// faults.
func (t *tracer) emulate(tid int, state *amx) (done bool, err error) {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &r); err != nil {
		return false, fmt.Errorf("registers of thread %d: %w", tid, err)
	}
	for {
		i, ok := t.decoded[r.Rip]
		if !ok {
			var code [longest]byte
			if n, _ := t.mem.ReadAt(code[:], int64(r.Rip)); n < len(code) {
				clear(code[n:])
			}
			if i, ok = decode(code[:]); !ok {
				break
			}
			t.decoded[r.Rip] = i
		}
		r.Rip += uint64(i.len)
		if ok, err = t.do(tid, state, &i, &r); err != nil {
			return false, err
		}
		if !ok {
			r.Rip -= uint64(i.len)
			break
		}
		t.counts[i.op]++
		done = true
	}
	if !done {
		return false, nil
	}
	if err := syscall.PtraceSetRegs(tid, &r); err != nil {
		return false, fmt.Errorf("registers of thread %d: %w", tid, err)
	}
	return true, nil
}

// do does one instruction; r.Rip is behind it.
func (t *tracer) do(tid int, a *amx, i *insn, r *syscall.PtraceRegs) (ok bool, err error) {
	base, index := register(r, i.base)+uint64(i.disp), register(r, i.index)<<i.scale
	switch i.op {
	case LdTileCfg:
		var c [64]byte
		return t.read(base+index, c[:]) && a.config(&c), nil
	case TileRelease:
		*a = amx{}
		return true, nil
	case TileZero:
		return a.zero(i.reg), nil
	case TileLoad:
		return a.load(t, i.reg, base, index), nil
	case TileStore:
		return a.store(t, i.reg, base, index), nil
	case TileDot:
		return a.dot(i.reg, i.rm, i.vvvv, i.prefix&2 != 0, i.prefix&1 != 0), nil
	default:
		return t.vecDot(tid, i, base+index)
	}
}

func (t *tracer) vecDot(tid int, i *insn, addr uint64) (bool, error) {
	var x xstate
	if err := x.get(tid); err != nil {
		return false, fmt.Errorf("vector registers of thread %d: %w", tid, err)
	}
	size := 16
	if i.wide {
		size = 32
	}
	y := make([]byte, 32)
	if !i.memory {
		y = x.vector(i.rm)
	} else if !t.read(addr, y[:size]) {
		return false, nil
	}
	dst := x.vector(i.reg)
	vecDot(dst[:size], x.vector(i.vvvv), y)
	clear(dst[size:])
	x.set(i.reg, dst)
	if err := x.put(tid); err != nil {
		return false, fmt.Errorf("vector registers of thread %d: %w", tid, err)
	}
	return true, nil
}

func (t *tracer) read(addr uint64, b []byte) bool {
	_, err := t.mem.ReadAt(b, int64(addr))
	return err == nil
}

func (t *tracer) write(addr uint64, b []byte) bool {
	_, err := t.mem.WriteAt(b, int64(addr))
	return err == nil
}

func register(r *syscall.PtraceRegs, n int) uint64 {
	switch n {
	case none:
		return 0
	case rip:
		return r.Rip
	}
	return [16]uint64{r.Rax, r.Rcx, r.Rdx, r.Rbx, r.Rsp, r.Rbp, r.Rsi, r.Rdi, r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15}[n]
}

// xstate is a thread's XSAVE area in the standard format (Intel SDM volume 1, 13.4): the low halves of the vector registers lie in the legacy
// region, the high ones in component 2, which follows the header. Bits above 256 are left alone.
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
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(tid), xstateNote, uintptr(unsafe.Pointer(&v)), 0, 0)
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
