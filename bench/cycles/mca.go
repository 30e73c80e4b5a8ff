package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

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
	fmlaHalves  = regexp.MustCompile(`^fml[as] (v\d+)\.8h, (v\d+)\.8h, (v\d+)\.h\[\d\]$`)
	fmlaVector  = regexp.MustCompile(`^fml[as] (v\d+\.4s), (v\d+)\.4s, (v\d+)\.4s$`)
)

// source is the code as llvm-mca takes it: branches lead to its start.
func (c *core) source(code []disasm.Insn) string {
	var src strings.Builder
	for _, i := range code {
		text := i.Text
		if to, _, ok := target(i); ok {
			text = strings.TrimSuffix(text, fmt.Sprintf("%#x", to)) + "start"
		} else if strings.HasPrefix(text, "adr") {
			text = "add x17, x17, #1" // as cheap
		}
		if c.SlowFMA {
			text = fmlaLane.ReplaceAllString(text, "sdot $1, $2.16b, $3.4b$4")
			text = fmlaHalves.ReplaceAllString(text, "sdot $1.4s, $2.16b, $3.4b[0]")
			text = fmlaVector.ReplaceAllString(text, "sdot $1, $2.16b, $3.16b")
		}
		fmt.Fprintln(&src, text)
	}
	return src.String()
}

// cycles returns the cycles of one pass over the code when it is repeated many times.
func (m *mca) cycles(c *core, code []disasm.Insn) (float64, error) {
	n, err := m.cyclesOf(c, [][]disasm.Insn{code})
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// cyclesOf returns that of each code. All that was not asked before goes through one llvm-mca.
func (m *mca) cyclesOf(c *core, codes [][]disasm.Insn) ([]float64, error) {
	var src strings.Builder
	fmt.Fprintln(&src, ".text\nstart:")
	var asked []string
	keys := make([]string, len(codes))
	for i, code := range codes {
		text := c.source(code)
		keys[i] = c.Model + "\n" + text
		if _, ok := m.seen[keys[i]]; ok || len(code) == 0 {
			continue
		}
		m.seen[keys[i]] = 0
		fmt.Fprintf(&src, "# LLVM-MCA-BEGIN r%d\n%s# LLVM-MCA-END\n", len(asked), text)
		asked = append(asked, keys[i])
	}
	if len(asked) > 0 {
		if err := m.ask(c, src.String(), asked); err != nil {
			return nil, err
		}
	}
	out := make([]float64, len(codes))
	for i, k := range keys {
		out[i] = m.seen[k]
	}
	return out, nil
}

// ask runs llvm-mca on regions r0, r1, …
func (m *mca) ask(c *core, src string, keys []string) error {
	cmd := exec.Command(m.path, "-mtriple=aarch64", "-mcpu="+c.Model, "-mattr=+dotprod,+i8mm,+v8.2a,+fullfp16",
		fmt.Sprintf("-iterations=%d", mcaPasses), "-instruction-info=0", "-resource-pressure=0", "-")
	cmd.Stdin = strings.NewReader(src)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s -mcpu=%s: %v\n%s", m.path, c.Model, err, stderr.Bytes())
	}
	found := totalCycles.FindAllSubmatch(out, -1)
	if len(found) != len(keys) {
		return fmt.Errorf("llvm-mca printed %d regions of %d", len(found), len(keys))
	}
	for i, f := range found {
		n, err := strconv.ParseFloat(string(f[1]), 64)
		if err != nil {
			return err
		}
		m.seen[keys[i]] = n / mcaPasses
	}
	return nil
}
