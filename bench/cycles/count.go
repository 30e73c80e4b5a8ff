package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// emulator runs arm64 programs of linux here; it says nothing about speed, but knows each instruction it runs.
const emulator = "qemu-aarch64-static"

// executed runs GoogLeNet once under the emulator, as the core does it, and returns how many instructions of those
// assembly functions were executed, by their symbol in the program: the emulator's log names every straight piece of
// code that it enters.
func executed(dir, dtype, cpu string, symbols []string) (map[string]int64, error) {
	qemu, err := exec.LookPath(emulator)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (Debian: qemu-user-static)", emulator, disasm.ErrNoTool)
	}
	program := filepath.Join(dir, "once")
	build := gotool.Command("build", "-o", program, "github.com/gneiss-go/gneiss/bench/cycles/once")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building once: %v\n%s", err, out)
	}
	bin, err := disasm.Open(program, "arm64")
	if err != nil {
		return nil, err
	}
	var ranges []string
	for _, name := range symbols {
		code, err := bin.Func(kernelsPath, name)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, fmt.Sprintf("%#x..%#x", code[0].Addr, code[len(code)-1].Addr+3))
	}
	log, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(qemu, "-d", "in_asm,exec,nochain", "-dfilter", strings.Join(ranges, ","), "-D", "/dev/fd/3",
		program, dtype)
	cmd.Env = append(os.Environ(), "QEMU_CPU="+cpu, "GOGC=off", "GOMAXPROCS=1")
	cmd.ExtraFiles = []*os.File{w}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	counts, err := readLog(log)
	if err != nil {
		cmd.Process.Kill()
	}
	if werr := cmd.Wait(); werr != nil && err == nil {
		err = fmt.Errorf("%s: %v\n%s", emulator, werr, stderr.String())
	}
	return counts, err
}

// execute counts what each row of r.Counts really executes, on a core that takes that kernel.
func (r *report) execute(dir string) error {
	for i := range r.Counts {
		c := &r.Counts[i]
		dtype, cpu := "int8", "cortex-a53"
		switch {
		case strings.HasPrefix(c.Kernel, "f32"):
			dtype = "f32"
		case strings.HasSuffix(c.Kernel, "__dotprod"):
			cpu = "neoverse-n1"
		}
		counts, err := executed(dir, dtype, cpu, c.symbols)
		if err != nil {
			return err
		}
		c.Executed = 0
		for _, symbol := range c.symbols {
			c.Executed += counts[kernelsPath+"."+symbol+".abi0"]
		}
	}
	return nil
}

// readLog adds up a log of qemu's in_asm and exec. A block of code is listed, instruction by instruction, before it is
// first entered, and named by its address and its function each time.
func readLog(r io.Reader) (map[string]int64, error) {
	counts := map[string]int64{}
	size := map[uint64]int64{}
	block := uint64(0)
	fresh := false
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		b, err := lines.ReadSlice('\n')
		if err == io.EOF && len(b) == 0 {
			return counts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the emulator's log: %w", err)
		}
		l := strings.TrimSuffix(string(b), "\n")
		switch {
		case strings.HasPrefix(l, "IN:"):
			fresh = true
		case strings.HasPrefix(l, "0x"):
			at, _, _ := strings.Cut(l[2:], ":")
			addr, err := strconv.ParseUint(at, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("the emulator's log: %q", l)
			}
			if fresh {
				block, fresh = addr, false
				size[block] = 0
			}
			size[block]++
		case strings.HasPrefix(l, "Trace "):
			f := strings.SplitN(l, "/", 4) // Trace 0: host [cs_base/pc/flags/cflags] function
			if len(f) < 3 {
				return nil, fmt.Errorf("the emulator's log: %q", l)
			}
			addr, err := strconv.ParseUint(f[1], 16, 64)
			if err != nil || size[addr] == 0 {
				return nil, fmt.Errorf("the emulator's log: block %q was not listed", f[1])
			}
			_, name, _ := strings.Cut(l, "] ")
			counts[name] += size[addr]
		}
	}
}
