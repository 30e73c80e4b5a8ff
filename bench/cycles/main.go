package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

func main() {
	if err := command(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "cycles:", err)
		os.Exit(1)
	}
}

func command(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cycles", flag.ContinueOnError)
	models := flags.String("model", "googlenet", "networks, apart by commas: names of the family, family for all of them, files, folders of files")
	dtypes := flags.String("dtype", "f32,int8", "types of float networks, apart by commas: f32, half, int8")
	only := flags.String("core", "", "cores, apart by commas, such as cortex-a53; all by default")
	form := flags.String("as", "text", "print text, markdown or json")
	name := flags.String("mca", "", "the llvm-mca to use; the newest by default")
	layers := flags.Bool("layers", false, "print each step of each network too")
	keep := flags.String("keep", "", "a folder for what was emulated: it is not emulated again")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m, err := findMCA(*name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "cycles")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t, err := newTracer(dir, *keep)
	if err != nil {
		return err
	}
	list, err := networks(split(*models), split(*dtypes))
	if err != nil {
		return err
	}
	r, err := newReport(t.bin, m)
	if err != nil {
		return err
	}
	for _, n := range list {
		fmt.Fprintf(stderr, "emulating %s, %s\n", n.name, n.dtype)
		if err := r.add(t, m, n, split(*only)); err != nil {
			return fmt.Errorf("%s, %s: %w", n.name, n.dtype, err)
		}
	}
	switch *form {
	case "json":
		return r.printJSON(stdout)
	case "markdown":
		return r.printMarkdown(stdout)
	case "text":
		return r.print(stdout, *layers)
	}
	return fmt.Errorf("--as %s: want text, markdown or json", *form)
}

func split(list string) (words []string) {
	for _, w := range strings.Split(list, ",") {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// hotLoops are the loops of all tiles on all cores that run them.
func hotLoops(bin *disasm.Binary, m *mca) (rows []kernelRow, err error) {
	for _, t := range hotTiles {
		t := *t
		if _, _, err := t.cutHot(bin); err != nil {
			return nil, err
		}
		for i := range cores {
			c := &cores[i]
			if !c.runs(t.Name) {
				continue
			}
			each, err := m.cyclesOf(c, [][]disasm.Insn{t.hot, registerOnly(t.hot)})
			if err != nil {
				return nil, err
			}
			n := float64(macs(t.hot))
			rows = append(rows, kernelRow{Kernel: t.Name, Core: c.Name, Instructions: len(t.hot), Cycles: each[0],
				PerCycle: n / each[0], Peak: n / each[1], Percent: 100 * each[1] / each[0]})
		}
	}
	return rows, nil
}
