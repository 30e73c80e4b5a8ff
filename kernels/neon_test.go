package kernels

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each macro of neon_arm64.h says in its comment what it encodes; GNU as must agree.
func TestNeonMacros(t *testing.T) {
	as, err := exec.LookPath("aarch64-linux-gnu-as")
	if err != nil {
		t.Skip("SKIPPED: aarch64-linux-gnu-as is not installed (Debian: binutils-aarch64-linux-gnu); the NEON macros stay unproven")
	}
	src, err := os.ReadFile("neon_arm64.h")
	if err != nil {
		t.Fatal(err)
	}
	macro := regexp.MustCompile(`(?m)^#define (\w+)\(([^)]*)\)\s+NEON(3|2|LANE)\((0x\w+), [^)]*\)\s*// (\w+) ([^:\n]*)`)
	var asm strings.Builder
	var want []uint32
	var lines []string
	r := rand.New(rand.NewPCG(1, 1))
	for _, m := range macro.FindAllStringSubmatch(string(src), -1) {
		base, err := strconv.ParseUint(m[4], 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			mm, i, n, d := r.Uint32N(32), r.Uint32N(4), r.Uint32N(32), r.Uint32N(32)
			code := uint32(base) | n<<5 | d
			switch m[3] {
			case "3":
				code |= mm << 16
			case "LANE":
				code |= mm<<16 | i&1<<21 | i>>1<<11
			}
			line := m[5] + " " + strings.NewReplacer("d.", fmt.Sprintf("v%d.", d), "n.", fmt.Sprintf("v%d.", n), "m.", fmt.Sprintf("v%d.", mm), "[i]", fmt.Sprintf("[%d]", i)).Replace(m[6])
			fmt.Fprintln(&asm, line)
			want, lines = append(want, code), append(lines, line)
		}
	}
	if len(want) < 19*20 {
		t.Fatalf("only %d macros found", len(want)/20)
	}
	obj := filepath.Join(t.TempDir(), "neon.o")
	cmd := exec.Command(as, "-march=armv8.6-a+dotprod+i8mm", "-o", obj, "-")
	cmd.Stdin = strings.NewReader(asm.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(obj)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		if got := binary.LittleEndian.Uint32(text[4*i:]); got != w {
			t.Errorf("%s is %08x, the macro gives %08x", lines[i], got, w)
		}
	}
}
