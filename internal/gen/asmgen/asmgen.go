// Command asmgen fills in the machine code of instructions that Go's assembler lacks.
//
// In a Go assembly file a line may end in a comment that names an instruction as GNU as knows it:
//
//	WORD $0 // arm64: sdot v16.4s, v2.16b, v0.4b[0]
//	WORD $0 // arm: vmla.f32 q8, q0, d4[0]
//
// asmgen FILE... puts the right number before each comment; the rest of the file stays as it is. The test beside it
// fails when a number in kernels/ is not what GNU as gives. Instructions with relocations (symbols, labels) are
// refused.
package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: asmgen FILE.s...: fill in the WORDs before // arm64: and // arm: comments")
		os.Exit(2)
	}
	for _, file := range os.Args[1:] {
		if err := update(file); err != nil {
			fmt.Fprintf(os.Stderr, "asmgen: %s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

func update(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	out, err := Fill(src)
	if err != nil || bytes.Equal(src, out) {
		return err
	}
	return os.WriteFile(file, out, 0o644)
}

// target is a GNU assembler with the architecture extensions that kernels may use.
type target struct {
	as, prologue string
}

var targets = map[string]target{
	"arm64": {"aarch64-linux-gnu-as", ".arch armv8.6-a+dotprod+i8mm+fp16\n"},
	"arm":   {"arm-linux-gnueabihf-as", ".syntax unified\n.arch armv7-a\n.fpu neon-vfpv4\n"},
}

// errNoAssembler wraps the name of a missing GNU assembler.
var errNoAssembler = errors.New("assembler not installed (Debian: binutils-aarch64-linux-gnu, binutils-arm-linux-gnueabihf)")

// wanted is a line with an instruction to encode: indent, what stands there now, architecture, instruction. In a
// macro the line goes on after a backslash, so the instruction stands in a block comment: /* arm64: … */ \
var wanted = regexp.MustCompile(`^(\s*)WORD\s+\$\w+(;?\s*)(//|/\*) (arm64|arm): (.*?)(\s*\*/.*)?$`)

// Fill returns the source with the number of each marked WORD set to what GNU as gives.
func Fill(src []byte) ([]byte, error) {
	lines := strings.Split(string(src), "\n")
	at := map[string][]int{}
	for i, l := range lines {
		if m := wanted.FindStringSubmatch(l); m != nil {
			at[m[4]] = append(at[m[4]], i)
		}
	}
	for name, where := range at {
		var text strings.Builder
		text.WriteString(targets[name].prologue)
		for _, i := range where {
			// With a #line of its own each instruction is named in messages by its place in the Go file.
			fmt.Fprintf(&text, "# %d \"line\"\n%s\n", i+1, wanted.FindStringSubmatch(lines[i])[5])
		}
		words, err := assemble(targets[name].as, text.String())
		if err != nil {
			return nil, err
		}
		if len(words) != len(where) {
			return nil, fmt.Errorf("%d instructions gave %d words", len(where), len(words))
		}
		for n, i := range where {
			m := wanted.FindStringSubmatch(lines[i])
			lines[i] = fmt.Sprintf("%sWORD $0x%08x%s%s %s: %s%s", m[1], words[n], m[2], m[3], m[4], m[5], m[6])
		}
	}
	return []byte(strings.Join(lines, "\n")), nil
}

// assemble returns the words of a text in GNU syntax.
func assemble(as, text string) ([]uint32, error) {
	if _, err := exec.LookPath(as); err != nil {
		return nil, fmt.Errorf("%s: %w", as, errNoAssembler)
	}
	dir, err := os.MkdirTemp("", "asmgen")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	obj := filepath.Join(dir, "x.o")
	cmd := exec.Command(as, "-o", obj, "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	f, err := elf.Open(obj)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, s := range f.Sections {
		if (s.Type == elf.SHT_REL || s.Type == elf.SHT_RELA) && s.Size > 0 {
			return nil, errors.New("an instruction refers to a symbol")
		}
	}
	code, err := f.Section(".text").Data()
	if err != nil {
		return nil, err
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	return words, nil
}
