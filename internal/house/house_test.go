package house_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

const module = "github.com/gneiss-go/gneiss/"

// order is the one direction of imports: a package may import those before its own folder, and internal ones.
var order = []string{"arch", "kernels", "runtime", "quant", "models", "bench", "cmd", "examples"}

// imports lists the packages of the module with what they import, tests left out.
func imports(t *testing.T, deps bool, patterns ...string) map[string][]string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("NOT TESTED: there is no go command here")
	}
	field := "{{.Imports}}"
	if deps {
		field = "{{.Deps}}"
	}
	cmd := exec.Command(goTool, append([]string{"list", "-e", "-f", "{{.ImportPath}} " + field}, patterns...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("NOT TESTED: go list: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		pkg, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[pkg] = strings.Fields(strings.Trim(rest, "[]"))
	}
	return all
}

// floor is a package's place in the order, or −1.
func floor(pkg string) int {
	rest, ok := strings.CutPrefix(pkg, module)
	if !ok {
		return -1
	}
	top, _, _ := strings.Cut(rest, "/")
	return slices.Index(order, top)
}

func TestImportDirection(t *testing.T) {
	for pkg, list := range imports(t, false, "./...") {
		for _, dep := range list {
			if floor(pkg) >= 0 && floor(dep) > floor(pkg) {
				t.Errorf("%s imports %s: against the direction %s", pkg, dep, strings.Join(order, " ← "))
			}
		}
	}
}

// TestFirmware: what a device links to run a network stays free of heavy packages.
func TestFirmware(t *testing.T) {
	for pkg, deps := range imports(t, true, module+"runtime", module+"models/preprocess") {
		for _, dep := range deps {
			if dep == "net" || dep == "net/http" || dep == "encoding/json" || dep == "encoding/gob" || dep == "text/template" ||
				strings.Contains(dep, "protobuf") || strings.Contains(dep, "cobra") {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
}

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// TestReadmeExample: the Go code of README.md is that of example_test.go, which compiles and runs.
func TestReadmeExample(t *testing.T) {
	_, rest, _ := strings.Cut(readme(t), "```go\n")
	got, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no Go example")
	}
	b, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, src, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\t// README:\n")
	src, _, _ = strings.Cut(src, "\t// :README")
	want := ""
	for line := range strings.Lines(src) {
		want += strings.TrimPrefix(line, "\t")
	}
	if got != want {
		t.Errorf("README.md's example differs from that of example_test.go:\n%s", got)
	}
}

// TestReadmeKernels: README.md claims no kernel that the table of this architecture does not have.
func TestReadmeKernels(t *testing.T) {
	have := map[string]bool{}
	known := map[arch.ISA]bool{}
	for _, k := range kernels.Table() {
		have[string(k.Op)+" "+k.DType.String()+" "+k.ISA.String()] = true
		known[k.ISA] = true
	}
	_, table, _ := strings.Cut(readme(t), "<!-- kernels -->\n")
	table, _, ok := strings.Cut(table, "<!-- /kernels -->")
	if !ok {
		t.Fatal("README.md has no table of kernels")
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	cells := func(row string) []string {
		c := strings.Split(strings.Trim(row, "|"), "|")
		for i := range c {
			c[i] = strings.TrimSpace(c[i])
		}
		return c
	}
	header := cells(rows[0])
	word := regexp.MustCompile("`([a-z0-9]+) (f32|u8)`")
	for _, row := range rows[2:] {
		c := cells(row)
		m := word.FindStringSubmatch(c[0])
		if m == nil || len(c) != len(header) {
			t.Errorf("row %q is not understood", row)
			continue
		}
		for i := 1; i < len(c); i++ {
			isa, err := arch.ParseISA(header[i])
			if err != nil {
				t.Fatal(err)
			}
			if c[i] == "●" && known[isa] && !have[m[1]+" "+m[2]+" "+isa.String()] {
				t.Errorf("README.md claims %s %s on %s", m[1], m[2], isa)
			}
		}
	}
}
