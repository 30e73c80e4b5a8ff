package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/runtime"
)

// emulator runs arm64 programs of linux here; it says nothing about speed, but knows each instruction it runs.
const emulator = "qemu-aarch64-static"

const (
	oncePath = "github.com/gneiss-go/gneiss/bench/cycles/once"
	markName = "main.mark"
)

// trace is what one run of a network executed, by its steps.
type trace struct {
	plan   *runtime.Report
	steps  []map[uint64]int64 // how often each block was entered, by its address
	blocks map[uint64]block
}

// block is a straight piece of code, from where it is entered to its branch.
type block struct {
	function string
	size     int64 // in instructions
}

// tracer runs networks under the emulator.
type tracer struct {
	dir, program string
	keep         string // a folder for runs; "" is none
	id           string // of the program
	bin          *disasm.Binary
}

// newTracer builds the program that runs them.
func newTracer(dir, keep string) (*tracer, error) {
	t := &tracer{dir: dir, keep: keep, program: filepath.Join(dir, "once")}
	if _, err := exec.LookPath(emulator); err != nil {
		return nil, fmt.Errorf("%s: %w (Debian: qemu-user-static)", emulator, disasm.ErrNoTool)
	}
	build := gotool.Command("build", "-o", t.program, oncePath)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("building once: %v\n%s", err, out)
	}
	if t.bin, err = disasm.Open(t.program, "arm64"); err != nil {
		return nil, err
	}
	code, err := os.ReadFile(t.program)
	if err != nil {
		return nil, err
	}
	t.id = hash(code)
	return t, nil
}

func hash(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b))[:16] }

// run emulates a network on a CPU, or reads what was kept of that.
func (t *tracer) run(g *runtime.Graph, cpu string) (*run, error) {
	var file bytes.Buffer
	if err := runtime.Write(&file, g); err != nil {
		return nil, err
	}
	kept := filepath.Join(t.keep, strings.Join([]string{hash(file.Bytes()), t.id, cpu, "json"}, "."))
	if t.keep != "" {
		if b, err := os.ReadFile(kept); err == nil {
			r := new(run)
			return r, json.Unmarshal(b, r)
		}
	}
	tr, err := t.trace(file.Bytes(), cpu)
	if err != nil {
		return nil, err
	}
	r, err := tr.code(t.bin)
	if err != nil || t.keep == "" {
		return r, err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return r, os.WriteFile(kept, b, 0o644)
}

// trace runs a graph's file on an emulated CPU.
func (t *tracer) trace(graph []byte, cpu string) (*trace, error) {
	in, packed := filepath.Join(t.dir, "in.gneiss"), filepath.Join(t.dir, "packed.gneiss")
	if err := os.WriteFile(in, graph, 0o644); err != nil {
		return nil, err
	}
	defer os.Remove(in)
	defer os.Remove(packed)
	report, err := t.command(cpu, nil, "pack", in, packed).Output()
	if err != nil {
		return nil, failed("packing", err)
	}
	tr := &trace{plan: new(runtime.Report)}
	if err := json.Unmarshal(report, tr.plan); err != nil {
		return nil, fmt.Errorf("the plan: %w", err)
	}
	log, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	filter, err := t.bin.Ranges(kernelsPath+".", markName)
	if err != nil {
		return nil, err
	}
	cmd := t.command(cpu, []string{"-d", "in_asm,exec,nochain", "-dfilter", filter, "-D", "/dev/fd/3"}, "run", packed)
	cmd.ExtraFiles = []*os.File{w}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	if err = tr.read(log); err != nil {
		_ = cmd.Process.Kill()
	}
	if werr := cmd.Wait(); werr != nil && err == nil {
		err = fmt.Errorf("%s: %v\n%s", emulator, werr, stderr.String())
	}
	if err == nil && len(tr.steps) != len(tr.plan.Steps) {
		err = fmt.Errorf("%d steps were run of a plan of %d", len(tr.steps), len(tr.plan.Steps))
	}
	return tr, err
}

func (t *tracer) command(cpu string, options []string, args ...string) *exec.Cmd {
	cmd := exec.Command(emulator, append(append(options, t.program), args...)...)
	cmd.Env = append(os.Environ(), "QEMU_CPU="+cpu, "GOGC=off", "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	return cmd
}

func failed(what string, err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %w\n%s", what, err, exit.Stderr)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// read takes a log of qemu's in_asm and exec. A block of code is listed, instruction by instruction, before it is first
// entered, and named by its address and its function each time. The first thread's are counted, from the first mark to
// the last.
func (t *trace) read(r io.Reader) error {
	t.blocks = map[uint64]block{}
	var counts map[uint64]int64
	at, listing := uint64(0), false
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		l, err := lines.ReadSlice('\n')
		if err == io.EOF && len(l) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the emulator's log: %w", err)
		}
		switch {
		case bytes.HasPrefix(l, []byte("IN:")):
			listing = true
		case bytes.HasPrefix(l, []byte("0x")):
			if at, err = list(t.blocks, l, at, listing); err != nil {
				return err
			}
			listing = false
		case bytes.HasPrefix(l, []byte("Trace 0:")):
			addr, name, err := entered(l)
			if err != nil {
				return err
			}
			b, ok := t.blocks[addr]
			if !ok {
				return fmt.Errorf("the emulator's log: block %#x was not listed", addr)
			}
			if b.function == "" {
				b.function = string(name)
				t.blocks[addr] = b
			}
			if b.function == markName {
				if counts != nil {
					t.steps = append(t.steps, counts)
				}
				counts = map[uint64]int64{}
			} else if counts != nil {
				counts[addr]++
			}
		}
	}
}

// list takes a line "0x00001000:  f94007e0  ldr x0, [sp, #8]": an instruction of the block at an address, or the first
// of another. It returns the block's address.
func list(blocks map[uint64]block, l []byte, at uint64, first bool) (uint64, error) {
	digits, _, _ := bytes.Cut(l[2:], []byte(":"))
	addr, err := strconv.ParseUint(string(digits), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("the emulator's log: %q", l)
	}
	if first {
		at = addr
		blocks[at] = block{}
	}
	b := blocks[at]
	b.size++
	blocks[at] = b
	return at, nil
}

// entered takes a line "Trace 0: host [cs_base/pc/flags/cflags] function".
func entered(l []byte) (addr uint64, name []byte, err error) {
	_, rest, ok := bytes.Cut(l, []byte("/"))
	digits, rest, ok2 := bytes.Cut(rest, []byte("/"))
	_, name, ok3 := bytes.Cut(rest, []byte("] "))
	if !ok || !ok2 || !ok3 || len(digits) != 16 {
		return 0, nil, fmt.Errorf("the emulator's log: %q", l)
	}
	for _, d := range digits {
		v := strings.IndexByte("0123456789abcdef", d)
		if v < 0 {
			return 0, nil, fmt.Errorf("the emulator's log: %q", l)
		}
		addr = addr<<4 | uint64(v)
	}
	return addr, bytes.TrimSpace(name), nil
}
