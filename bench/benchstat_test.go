package bench_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// TestBenchstat: benchstat sets the tiers beside each other, as README.md says it, in a column each.
func TestBenchstat(t *testing.T) {
	gotool.Prove(t)
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	stat := regexp.MustCompile(`golang\.org/x/perf/cmd/benchstat@\S+`).FindString(string(text))
	bench := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=Conv/net=googlenet/layer=inception_3a.1x1", "-test.benchtime=1x",
		"-test.count=2")
	out, err := bench.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := regexp.MustCompile(`^BenchmarkConv/net=googlenet/layer=inception_3a\.1x1/dtype=(f32|u8)/algo=\w+/isa=\w+(-\d+)?$`)
	lines, tiers := 0, map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") {
			lines++
			_, isa, _ := strings.Cut(strings.Fields(line)[0], "/isa=")
			isa, _, _ = strings.Cut(isa, "-")
			tiers[isa] = true
			if fields := strings.Fields(line); !name.MatchString(fields[0]) || !strings.Contains(line, "MMAC/op") ||
				!strings.Contains(line, "GMAC/s") {
				t.Errorf("%s", line)
			}
		}
	}
	if lines < 2 {
		t.Fatalf("%s", out)
	}
	file := filepath.Join(t.TempDir(), "conv.txt")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{".name", ".name,/layer,/dtype,/algo"} {
		c := exec.Command("go", "run", stat, "-row", row, "-col", "/isa", "-format", "csv", file)
		table, err := c.Output()
		if err != nil {
			t.Skipf("NOT PROVEN: %s cannot be had: %v", stat, err)
		}
		head := regexp.MustCompile(`(?m)^,.*\bgeneric\b.*$`).FindString(string(table))
		for isa := range tiers {
			if !strings.Contains(head, isa) {
				t.Errorf("-row %s has no column %s:\n%s", row, isa, table)
			}
		}
		if !strings.Contains(string(table), "\nConv") {
			t.Errorf("-row %s has no row of Conv:\n%s", row, table)
		}
	}
}
