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
	macro := regexp.MustCompile(`(?m)^#define (\w+)\(([^)]*)\)\s+NEON(3|2|1|LANEH?)\((0x\w+), [^)]*\)\s*// (\w+) ([^:\n]*)`)
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
			code := uint32(base) | d
			if m[3] != "1" {
				code |= n << 5
			}
			switch m[3] {
			case "3":
				code |= mm << 16
			case "LANE":
				code |= mm<<16 | i&1<<21 | i>>1<<11
			case "LANEH":
				mm, i = mm%16, r.Uint32N(8)
				code |= mm<<16 | i&3<<20 | i>>2<<11
			}
			line := m[5] + " " + strings.NewReplacer("d.", fmt.Sprintf("v%d.", d), "n.", fmt.Sprintf("v%d.", n), "m.",
				fmt.Sprintf("v%d.", mm), "[i]", fmt.Sprintf("[%d]", i)).Replace(m[6])
			fmt.Fprintln(&asm, line)
			want, lines = append(want, code), append(lines, line)
		}
	}
	if len(want) < 19*20 {
		t.Fatalf("only %d macros found", len(want)/20)
	}
	for i, got := range assembled(t, as, asm.String(), len(want), "-march=armv8.6-a+dotprod+i8mm+fp16") {
		if got != want[i] {
			t.Errorf("%s is %08x, the macro gives %08x", lines[i], got, want[i])
		}
	}
}

// So must those of neon_arm.h, as Go's assembler assembles them.
func TestNeonMacrosARM(t *testing.T) {
	as, err := exec.LookPath("arm-linux-gnueabihf-as")
	if err != nil {
		t.Skip("SKIPPED: arm-linux-gnueabihf-as is not installed (Debian: binutils-arm-linux-gnueabihf); the NEON macros of ARMv7 stay unproven")
	}
	src, err := os.ReadFile("neon_arm.h")
	if err != nil {
		t.Fatal(err)
	}
	var gnu, gosrc strings.Builder
	gnu.WriteString(".syntax unified\n.arch armv7-a\n.fpu neon-vfpv4\n")
	gosrc.WriteString("#include \"neon_arm.h\"\nTEXT ·f(SB), 4, $0\n")
	var lines []string
	r := rand.New(rand.NewPCG(1, 1))
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+)\(([^)]*)\)\s+WORD .* // (\S+ [^\n]*)$`).FindAllStringSubmatch(string(src), -1) {
		for range 20 {
			args, text := []string{}, m[3]
			for arg := range strings.SplitSeq(m[2], ", ") {
				v := r.IntN(16)
				switch {
				case arg == "x":
					v = r.IntN(2)
				case arg == "r": // not r15
					v = r.IntN(15)
				case strings.Contains(text, "{qd[]}"): // its doubles
					text = strings.ReplaceAll(text, "{qd[]}", fmt.Sprintf("{d%d[], d%d[]}", 2*v, 2*v+1))
				case strings.Contains(text, "{qd-"): // two quads
					v = r.IntN(15)
					text = strings.ReplaceAll(text, "qd+1", fmt.Sprintf("q%d", v+1))
				case strings.Contains(text, ".s8") && arg != "d", strings.Contains(text, " sd"): // all doubles, or singles
					v = r.IntN(32)
				}
				args = append(args, strconv.Itoa(v))
				text = regexp.MustCompile(`\b([qdrs])`+arg+`\b`).ReplaceAllString(text, fmt.Sprintf("${1}%d", v))
				text = strings.ReplaceAll(text, "["+arg+"]", fmt.Sprintf("[%d]", v))
			}
			fmt.Fprintln(&gnu, text)
			fmt.Fprintf(&gosrc, "\t%s(%s)\n", m[1], strings.Join(args, ", "))
			lines = append(lines, text)
		}
	}
	if len(lines) < 31*20 {
		t.Fatalf("only %d macros found", len(lines)/20)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "macros.s")
	if err := os.WriteFile(name, []byte(gosrc.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "asm", "-p", "macros", "-I", ".", "-o", filepath.Join(dir, "go.o"), name)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dump := exec.Command("go", "tool", "objdump", filepath.Join(dir, "go.o"))
	out, err := dump.Output()
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`(?m)^\s+macros\.s:\d+\s+0x[0-9a-f]+\s+([0-9a-f]{8})\s`).FindAllSubmatch(out, -1)
	if len(words) < len(lines) {
		t.Fatalf("%d words of %d\n%s", len(words), len(lines), out)
	}
	for i, want := range assembled(t, as, gnu.String(), len(lines)) {
		got, err := strconv.ParseUint(string(words[i][1]), 16, 32)
		if err != nil || uint32(got) != want {
			t.Errorf("%s is %08x, the macro gives %s", lines[i], want, words[i][1])
		}
	}
}

// assembled returns n words that GNU as makes of some source.
func assembled(t *testing.T, as, source string, n int, options ...string) []uint32 {
	t.Helper()
	obj := filepath.Join(t.TempDir(), "neon.o")
	cmd := exec.Command(as, append(options, "-o", obj, "-")...)
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(obj)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.Section(".text").Data()
	if err != nil || len(text) < 4*n {
		t.Fatalf("%d bytes of %d words, %v", len(text), n, err)
	}
	words := make([]uint32, n)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(text[4*i:])
	}
	return words
}
