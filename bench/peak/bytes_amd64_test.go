package peak

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

// TestBytes decodes the instructions that are written as bytes: by the encoding's rules, and by GNU objdump where there
// is one.
func TestBytes(t *testing.T) {
	source, err := os.ReadFile("peak_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\t(BYTE .*) // (.*)$`)
	hex := regexp.MustCompile(`\$0x([0-9a-f]{2})`)
	var code []byte
	var want []string
	for _, m := range line.FindAllStringSubmatch(string(source), -1) {
		var b []byte
		for _, h := range hex.FindAllStringSubmatch(m[1], -1) {
			var v byte
			fmt.Sscanf(h[1], "%x", &v)
			b = append(b, v)
		}
		if got := decodeVEX(b); got != m[2] {
			t.Errorf("% x is %q, its comment says %q", b, got, m[2])
		}
		code, want = append(code, b...), append(want, m[2])
	}
	if n := strings.Count(string(source), "BYTE "); n != len(code) || len(want) != 18 {
		t.Fatalf("%d bytes on %d lines seen, %d in the file", len(code), len(want), n)
	}
	objdump, err := disasm.Tool("amd64", "objdump")
	if err != nil {
		t.Log("no objdump: decoded by this test's own rules only")
		return
	}
	file := t.TempDir() + "/code"
	if err := os.WriteFile(file, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", file).CombinedOutput()
	if err != nil {
		t.Skipf("objdump: %v\n%s", err, out)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, w := range want {
		if !strings.Contains(text+" ", w+" ") {
			t.Errorf("objdump does not see %q in\n%s", w, out)
		}
	}
}

// decodeVEX knows VEX.256.66.0F38.W0 50 /r, three registers: VPDPBUSD; and of AMX VEX.128.66.0F38.W0 5E /r, three low
// tiles: TDPBUSD, and the two that begin and end its use.
func decodeVEX(b []byte) string {
	switch {
	case len(b) == 5 && string(b) == "\xc4\xe2\x78\x49\x00":
		return "ldtilecfg (%rax)"
	case len(b) == 5 && string(b) == "\xc4\xe2\x78\x49\xc0":
		return "tilerelease"
	case len(b) == 5 && b[0] == 0xc4 && b[1] == 0xe2 && b[2]&0xc7 == 0x41 && b[3] == 0x5e && b[4]>>6 == 3:
		return fmt.Sprintf("tdpbusd %%tmm%d,%%tmm%d,%%tmm%d", ^b[2]>>3&7, b[4]&7, b[4]>>3&7)
	}
	if len(b) != 5 || b[0] != 0xc4 || b[1]&0x1f != 2 || b[2]&0x87 != 0x05 || b[3] != 0x50 || b[4]>>6 != 3 {
		return "another instruction"
	}
	dst := b[4]>>3&7 | (^b[1]>>7&1)<<3
	src := b[4]&7 | (^b[1]>>5&1)<<3
	mul := ^b[2] >> 3 & 15
	return fmt.Sprintf("{vex} vpdpbusd %%ymm%d,%%ymm%d,%%ymm%d", src, mul, dst)
}
