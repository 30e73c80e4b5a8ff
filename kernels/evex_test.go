package kernels_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// The tag evex changes the encoding of the kernels for AVX-VNNI and nothing else. So a CPU with AVX-512 proves them: it
// runs the tests of this package on that tier as the tag makes it.
func TestEvex(t *testing.T) {
	gotool.Prove(t)
	const goarch = "amd64"
	plain, err := disasm.Build(goarch, packagePath, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-tags=evex")
	dir := t.TempDir()
	evex, err := disasm.Build(goarch, packagePath, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Encoding", func(t *testing.T) {
		if _, err := disasm.Tool(goarch, "objdump"); errors.Is(err, disasm.ErrNoTool) {
			t.Skipf("SKIPPED: %v; that the tag changes the encoding alone stays unproven", err)
		}
		dots := 0
		for _, r := range assemblyRows(goarch) {
			for fn := range strings.FieldsSeq(r.Text) {
				want, err := plain.Func(packagePath, fn)
				if err != nil {
					t.Fatal(err)
				}
				got, err := evex.Func(packagePath, fn)
				if err != nil {
					t.Fatal(err)
				}
				a, b := unencoded(want), unencoded(got)
				if !slices.Equal(a, b) {
					t.Errorf("%s: the tag changes more than an encoding", fn)
				}
				if r.Requires.Has(arch.FeatAVXVNNI) {
					dots += strings.Count(strings.Join(a, "\n"), "vpdp")
				}
			}
		}
		if dots == 0 {
			t.Error("no dot product seen")
		}
	})
	t.Run("Run", func(t *testing.T) {
		if runtime.GOOS != "linux" || !arch.Features().Has(arch.FeatAVX512VL|arch.FeatAVX512VNNI) {
			t.Skip("needs Linux on a CPU with AVX512-VNNI")
		}
		test := exec.Command(filepath.Join(dir, "disasm_"+goarch), "-test.run", "Conv|Wino|Packing", "-test.short")
		test.Env = append(test.Environ(), "GNEISS_ISA=avxvnni", "GNEISS_REQUIRE=avxvnni")
		if out, err := test.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// unencoded returns the text of instructions without what depends on their lengths: addresses and padding.
func unencoded(code []disasm.Insn) (text []string) {
	for _, i := range code {
		if op := i.Op(); !strings.HasPrefix(op, "nop") && op != "xchg" && op != "data16" && op != "cs" {
			text = append(text, address.ReplaceAllString(strings.TrimPrefix(i.Text, "{vex} "), ""))
		}
	}
	return text
}

var address = regexp.MustCompile(`0x[0-9a-f]{5,}`)
