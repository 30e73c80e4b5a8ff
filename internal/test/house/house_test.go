package house_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/kernels"
)

var update = flag.Bool("update", false, "write what is generated in docs/KERNELS.md anew")

const module = "github.com/gneiss-go/gneiss/"

// order is the one direction of imports: a package may import those before its own folder, and internal ones.
var order = []string{"arch", "kernels", "runtime", "quant", "models", "bench", "cmd", "examples"}

// imports lists the packages of the module with what they import, tests left out.
func imports(t *testing.T, deps bool, patterns ...string) map[string][]string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("NOT TESTED: there is no go command here")
	}
	field := "{{.Imports}}"
	if deps {
		field = "{{.Deps}}"
	}
	cmd := gotool.Command("list", append([]string{"-e", "-f", "{{.ImportPath}} " + field}, patterns...)...)
	cmd.Dir = "../../.."
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
	for pkg, deps := range imports(t, true, module+"runtime", module+"models/preprocess", module+"models/imagefile") {
		for _, dep := range deps {
			if dep == "net" || dep == "net/http" || dep == "encoding/json" || dep == "encoding/gob" || dep == "text/template" ||
				strings.Contains(dep, "protobuf") || strings.Contains(dep, "cobra") || strings.Contains(dep, "cpuid") {
				t.Errorf("%s links %s", pkg, dep)
			}
			if strings.HasPrefix(dep, "golang.org/x/image") {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
}

// TestQuickstartExample: the last Go code of QUICKSTART.md is that of example_test.go, which compiles and runs.
func TestQuickstartExample(t *testing.T) {
	page := text(t, "docs/QUICKSTART.md")
	rest := page[strings.LastIndex(page, "```go\n")+1:]
	_, rest, _ = strings.Cut(rest, "\n")
	got, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("QUICKSTART.md has no Go example")
	}
	b, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, src, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\t// QUICKSTART:\n")
	src, _, _ = strings.Cut(src, "\t// :QUICKSTART")
	want := ""
	for line := range strings.Lines(src) {
		want += strings.TrimPrefix(line, "\t")
	}
	if got != want {
		t.Errorf("QUICKSTART.md's example differs from that of example_test.go:\n%s", got)
	}
}

// words describe a kernel's operation in KERNELS.md.
var words = map[kernels.OpKind]string{
	kernels.OpConvHalf: "convolution, sums in float16",
	kernels.OpConvTile: "convolution", kernels.OpWino43Input: "Winograd F(4,3), input",
	kernels.OpWinoGemm: "Winograd, products", kernels.OpWino43Output: "Winograd F(4,3), output",
	kernels.OpFC: "fully connected", kernels.OpMaxPool: "max-pooling", kernels.OpMaxPool3: "3×3 max-pooling",
	kernels.OpAvgPool: "average pooling",
	kernels.OpAvgRow:  "average pooling of a row",
	kernels.OpLRN:     "LRN", kernels.OpLRN5: "LRN over 5 channels", kernels.OpQuantize: "float to int8",
	kernels.OpDequantize: "int8 to float", kernels.OpSoftmax: "softmax", kernels.OpClamp: "clamp",
	kernels.OpAdd: "addition", kernels.OpAffine: "scale and shift",
	kernels.OpConvWide: "convolution of few channels", kernels.OpWeave: "rows into columns, for few channels",
	kernels.OpFlip:         "inputs to signed bytes, for dot products",
	kernels.OpWords:        "inputs to int16, for products of those",
	kernels.OpDepthRow:     "depthwise convolution of windows 3 or 5 wide",
	kernels.OpDepthWeave:   "four rows into one, for that",
	kernels.OpDepthPair:    "depthwise convolution of rows by two",
	kernels.OpGroupRow:     "convolution in groups of few channels",
	kernels.OpDepthwise:    "depthwise convolution, other",
	kernels.OpWino25Output: "Winograd F(2,5), output", kernels.OpWino34Output: "Winograd F(3,4), output",
	kernels.OpWino23Input: "Winograd F(2,3), input", kernels.OpWino23Output: "Winograd F(2,3), output",
	kernels.OpWino43Filter: "Winograd F(4,3), filters in each run",
	kernels.OpWino23Filter: "Winograd F(2,3), filters in each run",
	kernels.OpCopy:         "copy", kernels.OpFlatten: "flatten", kernels.OpTake: "indices along axes",
	kernels.OpBinary: "arithmetic between tensors", kernels.OpLevels: "sums of levels to levels",
	kernels.OpMix: "interpolation", kernels.OpReorder: "elements to another order",
	kernels.OpTable: "table of a byte", kernels.OpBlendRows: "camera rows", kernels.OpLaneDots: "camera columns",
}

// kernelTable is KERNELS.md's table of kernels: every operation of the catalogue, of all architectures.
func kernelTable() string {
	type key struct {
		op    kernels.OpKind
		dtype kernels.DType
	}
	have := map[key]map[arch.ISA]bool{}
	var rows []key
	var columns []arch.ISA
	for _, k := range kernels.Catalogue() {
		row := key{k.Op, k.DType}
		if have[row] == nil {
			have[row] = map[arch.ISA]bool{}
			rows = append(rows, row)
		}
		have[row][k.ISA] = true
		if !k.Portable() && !slices.Contains(columns, k.ISA) {
			columns = append(columns, k.ISA)
		}
	}
	slices.Sort(columns)
	out := "| kernel | |"
	for _, isa := range columns {
		out += fmt.Sprintf(" %v |", isa)
	}
	out += "\n|---|---|" + strings.Repeat("---|", len(columns)) + "\n"
	for _, k := range rows {
		word := words[k.op]
		if word == "" {
			word = string(k.op)
		}
		out += fmt.Sprintf("| %s | %s |", word, map[kernels.DType]string{kernels.F32: "float", kernels.F16: "half",
			kernels.U8: "int8"}[k.dtype])
		for _, isa := range columns {
			out += map[bool]string{true: " ● |", false: " |"}[have[k][isa]]
		}
		out += "\n"
	}
	return out
}

// operations are the types of the runtime's operations, as KERNELS.md lists them.
func operations(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../../runtime/op_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`register\(\w+, func\(\) Op \{ return new\((\w+)\) \}\)`).FindAllSubmatch(src, -1) {
			all = append(all, "`"+string(m[1])+"`")
		}
	}
	if len(all) < 21 {
		t.Fatalf("%d operations", len(all))
	}
	slices.Sort(all)
	var list strings.Builder
	width := 0
	for _, word := range all {
		if width+len(word) > 118 {
			list.WriteString("\n")
			width = 0
		} else if width > 0 {
			list.WriteString(" ")
		}
		list.WriteString(word)
		width += len(word) + 1
	}
	return list.String() + "\n"
}

// generated holds what stands between KERNELS.md's marks to be fresh, or writes it under -update.
func generated(t *testing.T, mark, want string) {
	t.Helper()
	const page = "docs/KERNELS.md"
	opening, closing := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
	before, rest, ok := strings.Cut(text(t, page), opening)
	got, after, ok2 := strings.Cut(rest, closing)
	if !ok || !ok2 {
		t.Fatalf("%s has no %s", page, mark)
	}
	if *update {
		err := os.WriteFile(filepath.Join(root, page), []byte(before+opening+want+closing+after), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("%s's %s are not fresh (go test ./internal/test/house -run Fresh -update); want:\n%s", page, mark, want)
	}
}

// TestFreshKernels: KERNELS.md's table of kernels is the catalogue's.
func TestFreshKernels(t *testing.T) { generated(t, "kernels", kernelTable()) }

// TestFreshOperations: KERNELS.md lists the operations that package runtime has.
func TestFreshOperations(t *testing.T) { generated(t, "operations", operations(t)) }

// TestReadme: it fits on three screens, and opens with two commands.
func TestReadme(t *testing.T) {
	page := text(t, "README.md")
	if n := strings.Count(page, "\n"); n > 160 {
		t.Errorf("README.md has %d lines, 160 at most", n)
	}
	block := fence.FindStringSubmatch(page)
	if lines := strings.Split(strings.TrimSpace(block[2]), "\n"); len(lines) != 2 || lines[1] != "go test ./..." {
		t.Errorf("README.md opens with %q, want two commands, the second go test ./...", lines)
	}
}
