package kernels_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/internal/test/trap"
)

// Kernels for instructions that this CPU lacks are tested all the same: a binary of this package's tests that believes
// in them runs under their emulation. One for instructions that the CPU has is tested like any other.
func TestMissingInstructions(t *testing.T) {
	gotool.Prove(t)
	bin := filepath.Join(t.TempDir(), "kernels.test")
	if out, err := gotool.Command("test", "-c", "-tags", "pretend", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		pretend  arch.Feature
		tier     arch.ISA
		run      string
		executed []trap.Op
	}{
		{arch.FeatAMXInt8, arch.AMX, "^TestConvU8$", []trap.Op{trap.TDPBUSD}},
		// Few cases, for here an instruction traps for eight products or four: 1×1, rows of few channels, Winograd. TestEvex
		// does the rest.
		{arch.FeatAVXVNNI, arch.AVXVNNI, "^TestConvU8$/(7x16_k.*_1x1_|x3_k19_3x3_s22_|8x16_k32_3x3_s11)",
			[]trap.Op{trap.VPDPBUSD, trap.VPDPWSSD}},
	} {
		t.Run(c.pretend.String(), func(t *testing.T) {
			if arch.Features().Has(c.pretend) {
				t.Skip("this CPU has it")
			}
			if within := c.tier.Within(); !arch.Supports(within) {
				t.Skipf("SKIPPED: this CPU has no %v, which kernels with %v use too; they stay unproven here", within, c.pretend)
			}
			log, err := os.Create(filepath.Join(t.TempDir(), "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			cmd := exec.Command(bin, "-test.run", c.run)
			cmd.Env = append(os.Environ(), "GNEISS_PRETEND="+c.pretend.String())
			cmd.Stdout, cmd.Stderr = log, log
			counts, code, err := trap.Run(cmd)
			if errors.Is(err, trap.ErrUnsupported) {
				t.Skipf("SKIPPED: %v; the kernels that need %v stay unproven here", err, c.pretend)
			}
			if err != nil {
				t.Fatal(err)
			}
			out, err := os.ReadFile(log.Name())
			if err != nil {
				t.Fatal(err)
			}
			if code != 0 {
				t.Errorf("exit code %d after %v\n%s", code, counts, out)
			}
			for _, op := range c.executed {
				if counts[op] == 0 {
					t.Errorf("no %v was executed", op)
				}
			}
			t.Log(counts)
		})
	}
}
