package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cycles:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("cycles", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	asMarkdown := flags.Bool("markdown", false, "print the predictions as in README.md")
	name := flags.String("mca", "", "the llvm-mca to use; the newest by default")
	execute := flags.Bool("execute", false, "count executed instructions under qemu too, which takes two minutes")
	layers := flags.String("layers", "", "print the layers' predictions on a core, such as cortex-a53")
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
	bin, err := disasm.Build("arm64", kernelsPath, dir)
	if err != nil {
		return err
	}
	r, err := makeReport(bin, m)
	if err != nil {
		return err
	}
	if false && *execute {
		if err := error(nil); err != nil {
			return err
		}
	}
	switch {
	case *asJSON:
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case *asMarkdown:
		return r.printMarkdown(stdout)
	case *layers != "":
		return r.printLayers(stdout, *layers)
	}
	return r.print(stdout)
}

// report is all that the command prints.
type report struct {
	Model   string        `json:"model"` // the llvm-mca that was used
	Kernels []kernelRow   `json:"kernels"`
	Counts  []countRow    `json:"instructions"`
	Boards  []boardRow    `json:"predicted"`
	Layers  []layerTiming `json:"layers"`
}

// kernelRow is a hot loop on a core.
type kernelRow struct {
	Kernel       string  `json:"kernel"`
	Core         string  `json:"core"`
	Instructions int     `json:"instructions"` // of one pass
	Cycles       float64 `json:"cycles"`
	PerCycle     float64 `json:"mac_per_cycle"`
	Peak         float64 `json:"peak_mac_per_cycle"` // register-only
	Percent      float64 `json:"percent_of_peak"`
}

// countRow is how many instructions of kernels a GoogLeNet takes.
type countRow struct {
	Kernel       string  `json:"kernel"`
	Instructions int64   `json:"instructions"`
	Executed     int64   `json:"executed,omitempty"` // of the same functions, counted by the emulator
	Products     int64   `json:"products"`           // multiply-accumulates done, padding included
	MACs         int64   `json:"macs"`               // of direct convolution
	PerMAC       float64 `json:"instructions_per_mac"`
	Hot          float64 `json:"percent_in_hot_loop"`

	symbols []string
}

// boardRow is a predicted GoogLeNet.
type boardRow struct {
	Board  string  `json:"board"`
	Core   string  `json:"core"`
	GHz    float64 `json:"ghz"`
	DType  string  `json:"dtype"`
	Kernel string  `json:"kernel"`
	Total  float64 `json:"predicted_ms"`
	timing
	Ncnn float64 `json:"ncnn_measured_ms"`
	Note string  `json:"note,omitempty"`
}

// layerTiming is a layer of a boardRow.
type layerTiming struct {
	Board string `json:"board"`
	Core  string `json:"core"`
	DType string `json:"dtype"`
	Layer string `json:"layer"`
	MACs  int64  `json:"macs"`
	timing
}

func makeReport(bin *disasm.Binary, m *mca) (*report, error) {
	r := &report{Model: m.path}
	forms, err := winoForms(bin)
	if err != nil {
		return nil, err
	}
	for _, t := range tiles {
		if err := t.cut(bin); err != nil {
			return nil, err
		}
		for i := range cores {
			c := &cores[i]
			if !c.runs(t.Name) {
				continue
			}
			row, err := t.row(m, c)
			if err != nil {
				return nil, err
			}
			r.Kernels = append(r.Kernels, row)
		}
		dtype, with := "int8", []winoForm(nil)
		if t.KR == 1 {
			dtype, with = "f32", forms
		}
		layers, err := network(t, with, stepsOf(t.DType))
		if err != nil {
			return nil, err
		}
		r.Counts = append(r.Counts, count(t, layers, with))
		for i := range boards {
			if err := r.predict(m, t, dtype, &boards[i], layers); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (t *tile) row(m *mca, c *core) (kernelRow, error) {
	cycles, err := m.cycles(c, t.hot)
	if err != nil {
		return kernelRow{}, err
	}
	best, err := m.cycles(c, registerOnly(t.hot))
	if err != nil {
		return kernelRow{}, err
	}
	n := float64(macs(t.hot))
	return kernelRow{Kernel: t.Name, Core: c.Name, Instructions: len(t.hot), Cycles: cycles, PerCycle: n / cycles,
		Peak:    n / best,
		Percent: 100 * best / cycles}, nil
}

// count adds up the instructions of a tile kernel and of the transforms with it, if any.
func count(t *tile, layers []work, with []winoForm) countRow {
	c := countRow{Kernel: t.Name, symbols: []string{t.Text}}
	for _, f := range with {
		for _, s := range []string{f.in.Text, f.out.Text} {
			if !slices.Contains(c.symbols, s) {
				c.symbols = append(c.symbols, s)
			}
		}
	}
	hot := int64(0)
	for i := range layers {
		w := &layers[i]
		n, products := w.instructions()
		c.Instructions += n
		c.Products += products
		if len(w.parts) == 0 {
			continue
		}
		c.MACs += w.MACs
		hot += int64(w.parts[2].times) * int64(len(t.hot))
	}
	c.PerMAC = float64(c.Instructions) / float64(c.MACs)
	c.Hot = 100 * float64(hot) / float64(c.Instructions)
	return c
}

// predict adds a board's row if this is the kernel it would run: of the quantised ones the one its core has.
func (r *report) predict(m *mca, t *tile, dtype string, b *board, layers []work) error {
	var c *core
	for i := range cores {
		if cores[i].Name == b.core {
			c = &cores[i]
		}
	}
	if c == nil || !c.runs(t.Name) || t.KR == 16 && c.DotProd {
		return nil
	}
	row := boardRow{Board: b.Name, Core: c.Name, GHz: b.GHz, DType: dtype, Kernel: t.Name, Ncnn: b.NcnnInt8}
	if dtype == "f32" {
		row.Ncnn, row.Note = b.NcnnF32, b.Note
	}
	for i := range layers {
		w := &layers[i]
		at, err := w.predict(m, c, b)
		if err != nil {
			return err
		}
		r.Layers = append(r.Layers, layerTiming{Board: b.Name, Core: c.Name, DType: dtype, Layer: w.Label, MACs: w.MACs,
			timing: at})
		row.Kernels += at.Kernels
		row.L2 += at.L2
		row.Memory += at.Memory
		row.Other += at.Other
	}
	row.Total = row.total()
	r.Boards = append(r.Boards, row)
	return nil
}

// executed prints what the emulator counted, in millions, if it did.
func (c *countRow) executed() string {
	if c.Executed == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(c.Executed)/1e6)
}

func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "Modelled by %s; nothing here was measured on ARM.\n\n", r.Model)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "hot loop\tcore\tinstructions\tcycles\tMAC/cycle\tpeak\tof peak, %\t")
	for _, k := range r.Kernels {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%.1f\t%.2f\t%.2f\t%.0f\t\n", k.Kernel, k.Core, k.Instructions, k.Cycles, k.PerCycle,
			k.Peak, k.Percent)
	}
	fmt.Fprintln(tw, "\nGoogLeNet's convolutions\tinstructions ×10⁶\texecuted ×10⁶\tproducts ×10⁶\tMAC ×10⁶\tinstructions/MAC\tin hot loop, %\t")
	for _, c := range r.Counts {
		fmt.Fprintf(tw, "%s\t%.1f\t%s\t%.1f\t%.1f\t%.4f\t%.0f\t\n", c.Kernel, float64(c.Instructions)/1e6, c.executed(),
			float64(c.Products)/1e6,
			float64(c.MACs)/1e6, c.PerMAC, c.Hot)
	}
	fmt.Fprintln(tw, "\nPREDICTED GoogLeNet, one thread\tcore\tGHz\ttype\tkernels ms\tL2 ms\tmemory ms\tother ms\ttotal ms\tncnn, measured ms\t")
	for _, b := range r.Boards {
		fmt.Fprintf(tw, "%s\t%s\t%.1f\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f\t%g\t\n", b.Board, b.Core, b.GHz, b.DType, b.Kernels,
			b.L2, b.Memory, b.Other, b.Total, b.Ncnn)
	}
	return tw.Flush()
}

// printMarkdown prints a line for each board, with both types.
func (r *report) printMarkdown(w io.Writer) error {
	fmt.Fprintln(w, "| board, core | float32, predicted ms | ncnn, measured | int8, predicted ms | ncnn, measured |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for _, f := range r.Boards {
		for _, q := range r.Boards {
			if f.DType == "f32" && q.DType == "int8" && f.Board == q.Board {
				note := ""
				if f.Note != "" {
					note = " (" + f.Note + ")"
				}
				fmt.Fprintf(w, "| %s, %s, %.1f GHz | %.0f | %g%s | %.0f | %g |\n", f.Board, f.Core, f.GHz, f.Total, f.Ncnn, note,
					q.Total, q.Ncnn)
			}
		}
	}
	return nil
}

func (r *report) printLayers(w io.Writer, core string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "PREDICTED layer\ttype\tMAC ×10⁶\tkernels ms\tL2 ms\tmemory ms\tother ms\tGMAC/s\t")
	n := 0
	for _, l := range r.Layers {
		if l.Core != core {
			continue
		}
		n++
		fmt.Fprintf(tw, "%s\t%s\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", l.Layer, l.DType, float64(l.MACs)/1e6, l.Kernels,
			l.L2, l.Memory, l.Other,
			float64(l.MACs)/1e6/l.total())
	}
	if n == 0 {
		return fmt.Errorf("no board with core %q", core)
	}
	return tw.Flush()
}
