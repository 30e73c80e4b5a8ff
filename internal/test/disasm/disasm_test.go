package disasm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const kernels = "github.com/gneiss-go/gneiss/kernels"

func TestFunc(t *testing.T) {
	for _, c := range []struct{ goarch, name, has string }{
		{"amd64", "convTileF32AVX2", "vfmadd231ps"},
		{"arm64", "convTileU8DotProd", "sdot"},
	} {
		if _, err := Tool(c.goarch, "objdump"); errors.Is(err, ErrNoTool) {
			t.Skip("SKIPPED: ", err)
		}
		b, err := Build(c.goarch, kernels, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(b.Assembly(kernels), c.name) {
			t.Errorf("%s: %s is not among %v", c.goarch, c.name, b.Assembly(kernels))
		}
		code, err := b.Func(kernels, c.name)
		if err != nil {
			t.Fatal(err)
		}
		n, rets := 0, 0
		for k, i := range code {
			if i.Op() == c.has {
				n++
			}
			if strings.HasPrefix(i.Op(), "ret") {
				rets++
			}
			if k > 0 && i.Addr != code[k-1].Addr+uint64(len(code[k-1].Code)) {
				t.Errorf("%s: a gap before %#x", c.name, i.Addr)
			}
			if strings.Contains(i.Text, "(bad)") || strings.Contains(i.Text, "undefined") {
				t.Errorf("%s: %#x %s", c.name, i.Addr, i.Text)
			}
		}
		if n < 12 || rets < 1 {
			t.Errorf("%s: %d %s and %d returns", c.name, n, c.has, rets)
		}
		if _, err := b.Func(kernels, "nothing"); err == nil {
			t.Error("a function that is not there was disassembled")
		}
	}
}

func TestParseConstants(t *testing.T) {
	code, err := parse([]byte("   10000:\t5c000040 \tldr\td0, 0x10008\n   10004:\td65f03c0 \tret\n" +
		"   10008:\t3e800000 \t.inst\t0x3e800000\n   1000c:\t00000000 \tudf\t#0\n"))
	if err != nil || len(code) != 2 || code[1].Text != "ret" {
		t.Errorf("got %v, %v", code, err)
	}
	code, err = parse([]byte("   10000:\te59f0000 \tldr\tr0, [pc]\t; 0x10008\n   10004:\te1a0f00e \tmov\tpc, lr\n" +
		"   10008:\t3e800000 \tcdpcc\t0, 8, cr0, cr0, cr0, {0}\n"))
	if err != nil || len(code) != 2 || code[0].Text != "ldr r0, [pc]" {
		t.Errorf("got %v, %v", code, err)
	}
	if _, err := parse([]byte("nothing")); err == nil {
		t.Error("no error for no instructions")
	}
}

// TestTool: where only this machine's own binutils are installed, they serve the architecture they know and no other.
func TestTool(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("stands in for binutils with shell scripts")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	for _, native := range []struct{ goarch, assembles, reads string }{
		{"amd64", "x86_64-linux-gnu", "elf64-x86-64\n (header little endian)\n  i386\nelf32-i386"},
		{"arm64", "aarch64-linux-gnu", "elf64-littleaarch64\n (header little endian)\n  aarch64\nelf32-littlearm_"},
		{"arm", "arm-linux-gnueabihf", "elf32-littlearm\n (header little endian)\n  arm"},
		{"", "riscv64-linux-gnu", "elf64-littleriscv\n  riscv"},
	} {
		for name, says := range map[string]string{
			"as":      fmt.Sprintf("GNU assembler 2.40\nThis assembler was configured for a target of `%s'.", native.assembles),
			"objdump": "BFD header file version 2.40\n" + native.reads,
		} {
			script := "#!/bin/sh\nwhile IFS= read -r l; do echo \"$l\"; done <<'END'\n" + says + "\nEND\n"
			if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			for goarch := range tools {
				path, err := Tool(goarch, name)
				if goarch == native.goarch && (err != nil || path != filepath.Join(dir, name)) {
					t.Errorf("%s of %s for %s: %q, %v", name, native.assembles, goarch, path, err)
				}
				if goarch != native.goarch && !errors.Is(err, ErrNoTool) {
					t.Errorf("%s of %s is taken for %s: %q, %v", name, native.assembles, goarch, path, err)
				}
			}
		}
	}
}
