package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The assembly that c2goasm made is what csrc/generate.sh makes of the C source today.
func TestGeneratedIsFresh(t *testing.T) {
	for _, tool := range []string{"bash", "clang", "as", "perl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: %s is not installed; dequantize_u8_avx2_amd64.s is not compared with csrc/", tool)
		}
	}
	if v, err := exec.Command("clang", "--version").Output(); err != nil || !strings.Contains(string(v), "version 14.") ||
		!strings.Contains(string(v), "x86_64") {
		t.Skip("SKIPPED: clang is not version 14 for x86-64, which dequantize_u8_avx2_amd64.s was made with")
	}
	if _, err := os.Stat("csrc/generate.sh"); err != nil {
		t.Skip("SKIPPED: csrc is a module of its own, and not in a download of this one")
	}
	out := filepath.Join(t.TempDir(), "out.s")
	if msg, err := exec.Command("csrc/generate.sh", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("dequantize_u8_avx2_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("dequantize_u8_avx2_amd64.s is stale; run kernels/csrc/generate.sh")
	}
}
