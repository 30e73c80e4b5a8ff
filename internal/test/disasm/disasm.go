// Package disasm takes assembly functions out of a program built by Go for any architecture and reads their machine
// code through GNU binutils: what the tests of the kernels' features and bench/cycles look at is what the processor
// would run.
package disasm

import (
	"bytes"
	"cmp"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// ErrNoTool is wrapped by errors about a missing GNU binary.
var ErrNoTool = errors.New("not installed")

// tools says how GNU binutils know an architecture of Go's.
var tools = map[string]struct {
	prefixes []string // of the binaries
	machine  string   // objdump -m
	format   string   // of objdump -i
	assembly string   // of as --version: a target begins so
	debian   string   // the package
}{
	"amd64": {[]string{"x86_64-linux-gnu-", ""}, "i386:x86-64", "elf64-x86-64", "x86_64-", "binutils-x86-64-linux-gnu"},
	"arm64": {[]string{"aarch64-linux-gnu-", ""}, "aarch64", "elf64-littleaarch64", "aarch64-",
		"binutils-aarch64-linux-gnu"},
	"arm": {[]string{"arm-linux-gnueabihf-", "arm-linux-gnueabi-", ""}, "arm", "elf32-littlearm", "arm",
		"binutils-arm-linux-gnueabihf"},
}

// Tool returns the path of GNU "objdump" or "as" for a GOARCH. This machine's own serve where they know that
// architecture.
func Tool(goarch, name string) (string, error) {
	t, ok := tools[goarch]
	if !ok {
		return "", fmt.Errorf("disasm: no GNU tools known for %s", goarch)
	}
	for _, prefix := range t.prefixes {
		if path, err := exec.LookPath(prefix + name); err == nil && (prefix != "" || knows(path, name, goarch)) {
			return path, nil
		}
	}
	return "", fmt.Errorf("disasm: %s%s: %w (Debian: %s)", t.prefixes[0], name, ErrNoTool, t.debian)
}

// knows asks a binary without a prefix, which is GNU's or another's and for any architecture, for that one.
func knows(path, name, goarch string) bool {
	t, ask, want := tools[goarch], "--version", ""
	switch name {
	case "objdump":
		ask, want = "-i", "\n"+t.format+"\n"
	case "as":
		want = "configured for a target of `" + t.assembly
	default:
		return false
	}
	cmd := exec.Command(path, ask)
	cmd.Env = append(os.Environ(), "LC_ALL=C") // the words are translated
	out, err := cmd.Output()
	return err == nil && strings.Contains(string(out), want)
}

// Insn is one instruction as objdump prints it, in GNU syntax; direct branches have absolute hexadecimal targets.
type Insn struct {
	Addr uint64
	Code []byte // in the order of objdump: bytes on amd64, one word, highest byte first, on ARM
	Text string
}

// Op returns the mnemonic, with its prefixes on amd64.
func (i Insn) Op() string {
	op, _, _ := strings.Cut(i.Text, " ")
	return op
}

// Binary is a program in ELF.
type Binary struct {
	goarch  string
	dir     string
	text    *elf.Section
	code    []byte
	symbols map[string]elf.Symbol
	lines   *gosym.Table
}

// Build compiles the test program of a package, which links everything in it, for linux and a GOARCH, and opens it.
// The file goes to dir, which must exist; the assembly in it is that of a normal build.
func Build(goarch, pkg, dir string) (*Binary, error) {
	path := filepath.Join(dir, "disasm_"+goarch)
	cmd := gotool.Command("test", "-c", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, "GOARM=7", "GOAMD64=v1", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("disasm: building %s for %s: %v\n%s", pkg, goarch, err, out)
	}
	return Open(path, goarch)
}

// Open reads a program.
func Open(path, goarch string) (*Binary, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", path, err)
	}
	defer f.Close()
	text, pcln := f.Section(".text"), f.Section(".gopclntab")
	if text == nil || pcln == nil {
		return nil, fmt.Errorf("disasm: %s is no Go program", path)
	}
	code, err := text.Data()
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", path, err)
	}
	all, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", path, err)
	}
	table, err := pcln.Data()
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", path, err)
	}
	lines, err := gosym.NewTable(nil, gosym.NewLineTable(table, text.Addr))
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", path, err)
	}
	b := &Binary{goarch: goarch, dir: filepath.Dir(path), text: text, code: code, symbols: map[string]elf.Symbol{}, lines: lines}
	for _, s := range all {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			b.symbols[s.Name] = s
		}
	}
	return b, nil
}

// Assembly returns the names of the package's assembly functions that are in the program, without the package's path:
// those whose source is a .s file, or a .h that one includes.
func (b *Binary) Assembly(pkg string) (names []string) {
	for symbol, s := range b.symbols {
		if name, ok := strings.CutPrefix(symbol, pkg+"."); ok {
			if file, _, _ := b.lines.PCToLine(s.Value); filepath.Ext(file) == ".s" || filepath.Ext(file) == ".h" {
				names = append(names, strings.TrimSuffix(name, abi0))
			}
		}
	}
	return names
}

// Ranges returns where the functions lie whose symbols begin so, neighbours joined, as qemu's -dfilter takes them.
func (b *Binary) Ranges(prefixes ...string) (string, error) {
	var all []elf.Symbol
	for name, s := range b.symbols {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	const gap = 64 // between functions: padding
	var out []string
	for i := 0; i < len(all); {
		lo, hi := all[i].Value, all[i].Value
		for ; i < len(all) && all[i].Value <= hi+gap; i++ {
			hi = max(hi, all[i].Value+all[i].Size)
		}
		out = append(out, fmt.Sprintf("%#x..%#x", lo, hi-1))
	}
	if len(out) == 0 {
		return "", fmt.Errorf("disasm: no function begins with %q", prefixes)
	}
	return strings.Join(out, ","), nil
}

// abi0 ends the symbols of assembly where compiled functions call by another convention; not on arm.
const abi0 = ".abi0"

// symbol finds a function of a package.
func (b *Binary) symbol(pkg, name string) (elf.Symbol, bool) {
	s, ok := b.symbols[pkg+"."+name+abi0]
	if !ok {
		s, ok = b.symbols[pkg+"."+name]
	}
	return s, ok
}

var (
	line    = regexp.MustCompile(`^\s*([0-9a-f]+):\t((?:[0-9a-f]+ )+)\s*(?:\t(.*))?$`)
	literal = regexp.MustCompile(`^(?:v?ldr|vldm)\S*\s.*(?:\[pc|[wxsdq]\d+, 0x)`)
	target  = regexp.MustCompile(`[;@#/]+ ?0x([0-9a-f]+)|, 0x([0-9a-f]+)$`)
	comment = regexp.MustCompile(`\s*(?://|\t;|\t@| # 0x).*$`)
)

// Func disassembles an assembly function of a package, without its constants among the code and its padding.
func (b *Binary) Func(pkg, name string) ([]Insn, error) {
	s, ok := b.symbol(pkg, name)
	if !ok {
		return nil, fmt.Errorf("disasm: no assembly function %s in %s for %s", name, pkg, b.goarch)
	}
	from := s.Value - b.text.Addr
	if s.Value < b.text.Addr || from > uint64(len(b.code)) || s.Size > uint64(len(b.code))-from {
		return nil, fmt.Errorf("disasm: %s lies outside the code", name)
	}
	objdump, err := Tool(b.goarch, "objdump")
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(b.dir, "code")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b.code[from : from+s.Size])
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	out, err := exec.Command(objdump, "-D", "-w", "-z", "-b", "binary", "-m", tools[b.goarch].machine,
		fmt.Sprintf("--adjust-vma=%#x", s.Value), f.Name()).Output()
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", objdump, err)
	}
	code, err := parse(out)
	if err != nil {
		return nil, fmt.Errorf("disasm: %s: %w", name, err)
	}
	return code, nil
}

// parse reads objdump's lines; words that pc-relative loads read are constants and left out.
func parse(out []byte) ([]Insn, error) {
	var all []Insn
	constants := map[uint64]bool{}
	for l := range bytes.Lines(out) {
		m := line.FindSubmatch(bytes.TrimRight(l, "\n"))
		if m == nil {
			continue
		}
		addr, err := strconv.ParseUint(string(m[1]), 16, 64)
		if err != nil {
			return nil, err
		}
		var code []byte
		for h := range strings.FieldsSeq(string(m[2])) {
			for ; len(h) >= 2; h = h[2:] {
				v, err := strconv.ParseUint(h[:2], 16, 8)
				if err != nil {
					return nil, err
				}
				code = append(code, byte(v))
			}
		}
		text := string(m[3])
		if literal.MatchString(text) {
			if t := target.FindStringSubmatch(text); t != nil {
				if a, err := strconv.ParseUint(t[1]+t[2], 16, 64); err == nil {
					constants[a], constants[a+4] = true, constants[a+4] || strings.HasPrefix(text, "vldr\td")
				}
			}
		}
		text = comment.ReplaceAllString(text, "")
		all = append(all, Insn{Addr: addr, Code: code, Text: strings.Join(strings.Fields(text), " ")})
	}
	if len(all) == 0 {
		return nil, errors.New("objdump printed no instruction")
	}
	kept := all[:0]
	for _, i := range all {
		if !constants[i.Addr] {
			kept = append(kept, i)
		}
	}
	for len(kept) > 0 && padding(kept[len(kept)-1]) {
		kept = kept[:len(kept)-1]
	}
	return kept, nil
}

// padding tells whether an instruction only fills up the end of a function.
func padding(i Insn) bool {
	switch i.Op() {
	case "int3", "udf", "nop":
		return true
	}
	return bytes.Count(i.Code, []byte{0}) == len(i.Code)
}
