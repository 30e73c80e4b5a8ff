package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

// core is a processor core with a model in llvm-mca.
type core struct {
	Name    string // as in the table
	Model   string // llvm-mca's -mcpu
	InOrder bool
	I8MM    bool
	DotProd bool
	SlowFMA bool    // llvm-mca lets two 128-bit FMLA start in each cycle, the core's guide only one
	L2      float64 // bytes a cycle from L2 to L1
	OtherPI float64 // cycles per instruction of compiled code between the kernels
}

// The cores. Cortex-A76 is modelled by its server twin: what llvm-mca prints for cortex-a76 is an A57.
// Cortex-A55 issues one 128-bit FMLA a cycle, as it does SDOT, by Arm's software optimisation guide.
var cores = []core{
	{Name: "cortex-a53", Model: "cortex-a53", InOrder: true, L2: 8, OtherPI: 1.2},
	{Name: "cortex-a55", Model: "cortex-a55", InOrder: true, DotProd: true, SlowFMA: true, L2: 8, OtherPI: 1.1},
	{Name: "cortex-a72", Model: "cortex-a72", L2: 8, OtherPI: 0.7},
	{Name: "cortex-a76", Model: "neoverse-n1", DotProd: true, L2: 16, OtherPI: 0.5},
}

// runs tells whether the core has the instructions of a kernel.
func (c *core) runs(kernel string) bool {
	switch {
	case strings.HasSuffix(kernel, "__dotprod"):
		return c.DotProd
	case strings.HasSuffix(kernel, "__i8mm"):
		return c.I8MM
	}
	return true
}

// mca runs llvm-mca and remembers what it said.
type mca struct {
	path string
	seen map[string]float64
}

// findMCA returns the newest of the usual names, or the one asked for.
func findMCA(name string) (*mca, error) {
	names := []string{"llvm-mca-19", "llvm-mca-16", "llvm-mca", "llvm-mca-14"}
	if name != "" {
		names = []string{name}
	}
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return &mca{path: path, seen: map[string]float64{}}, nil
		}
	}
	return nil, fmt.Errorf("%s: %w (Debian: llvm-19)", names[0], disasm.ErrNoTool)
}

const mcaPasses = 200

var (
	totalCycles = regexp.MustCompile(`Total Cycles:\s+(\d+)`)
	fmlaLane    = regexp.MustCompile(`^fml[as] (v\d+\.4s), (v\d+)\.4s, (v\d+)\.s(\[\d\])$`)
	fmlaVector  = regexp.MustCompile(`^fml[as] (v\d+\.4s), (v\d+)\.4s, (v\d+)\.4s$`)
)

// cycles returns the cycles of one pass over the code when it is repeated many times.
func (m *mca) cycles(c *core, code []disasm.Insn) (float64, error) {
	var src strings.Builder
	fmt.Fprintln(&src, ".text\nstart:")
	for _, i := range code {
		text := i.Text
		if to, _, ok := target(i); ok {
			text = strings.TrimSuffix(text, fmt.Sprintf("%#x", to)) + "start"
		} else if strings.HasPrefix(text, "adr") {
			text = "add x17, x17, #1" // as cheap
		}
		if c.SlowFMA {
			text = fmlaLane.ReplaceAllString(text, "sdot $1, $2.16b, $3.4b$4")
			text = fmlaVector.ReplaceAllString(text, "sdot $1, $2.16b, $3.16b")
		}
		fmt.Fprintln(&src, text)
	}
	key := c.Model + "\n" + src.String()
	if n, ok := m.seen[key]; ok {
		return n, nil
	}
	cmd := exec.Command(m.path, "-mtriple=aarch64", "-mcpu="+c.Model, "-mattr=+dotprod,+i8mm,+v8.2a",
		fmt.Sprintf("-iterations=%d", mcaPasses), "-")
	cmd.Stdin = strings.NewReader(src.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s -mcpu=%s: %v\n%s", m.path, c.Model, err, stderr.Bytes())
	}
	found := totalCycles.FindSubmatch(out)
	if found == nil {
		return 0, errors.New("llvm-mca printed no cycles")
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0, err
	}
	m.seen[key] = n / mcaPasses
	return n / mcaPasses, nil
}
