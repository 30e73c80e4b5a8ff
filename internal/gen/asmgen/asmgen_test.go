package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	src := "\tWORD $0 // arm64: sdot v16.4s, v2.16b, v0.4b[1]\n" +
		"\tVADD V0.S4, V1.S4, V2.S4\n" +
		"\tWORD $0; /* arm64: fadd v1.4s, v2.4s, v3.4s */ \\\n" +
		"\tWORD $0xdead // arm: vmla.f32 q8, q0, d4[0]\n"
	want := "\tWORD $0x4fa0e050 // arm64: sdot v16.4s, v2.16b, v0.4b[1]\n" +
		"\tVADD V0.S4, V1.S4, V2.S4\n" +
		"\tWORD $0x4e23d441; /* arm64: fadd v1.4s, v2.4s, v3.4s */ \\\n" +
		"\tWORD $0xf3e00144 // arm: vmla.f32 q8, q0, d4[0]\n"
	got, err := Fill([]byte(src))
	if errors.Is(err, errNoAssembler) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if _, err := Fill([]byte("\tWORD $0 // arm64: fadd v1.4s, v2.4s\n")); err == nil {
		t.Error("an instruction with too few operands was taken")
	}
	if _, err := Fill([]byte("\tWORD $0 // arm64: b elsewhere\n")); err == nil {
		t.Error("a branch to a symbol was taken")
	}
}

// Every WORD of the kernels must be what GNU as makes of the comment behind it.
func TestKernelsFresh(t *testing.T) {
	files, err := filepath.Glob("../../../kernels/*_arm*.[sh]")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kernels found: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Fill(src)
		if errors.Is(err, errNoAssembler) {
			t.Skip("SKIPPED: ", err)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !bytes.Equal(got, src) {
			t.Errorf("%s is stale: go run ./internal/gen/asmgen kernels/%s", file, filepath.Base(file))
		}
		// A raw number that says nothing of itself is a number nobody checks.
		for i, line := range strings.Split(string(src), "\n") {
			if strings.Contains(line, "WORD $0x") && !wanted.MatchString(line) {
				t.Errorf("%s:%d: a WORD without its instruction", file, i+1)
			}
		}
	}
}
