package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

// report is all that the command prints.
type report struct {
	Model    string      `json:"model"` // the llvm-mca that was used
	Kernels  []kernelRow `json:"hot_loops"`
	Micro    []microRow  `json:"microbenchmarks"`
	Streams  []streamRow `json:"streams"`
	Others   []otherRow  `json:"ncnn_modelled"`
	Counts   []countRow  `json:"instructions"`
	Networks []netRow    `json:"predicted"`

	shapes *shapes
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

// netRow is a predicted network on a board.
type netRow struct {
	Network string  `json:"network"`
	DType   string  `json:"dtype"`
	Board   string  `json:"board"`
	Core    string  `json:"core"`
	GHz     float64 `json:"ghz"`
	MACs    int64   `json:"macs"`
	Total   float64 `json:"predicted_ms"`
	timing
	Generic float64   `json:"generic_ms"` // of that, in steps that portable Go code does
	By      []string  `json:"generic_by"` // those steps' kernels, the slowest first
	Ncnn    float64   `json:"ncnn_ms"`    // measured; 0: not published
	Half    bool      `json:"ncnn_half"`  // in fp16
	Steps   []stepRow `json:"steps,omitempty"`
}

// stepRow is a step of a netRow.
type stepRow struct {
	Name   string `json:"name"`
	Op     string `json:"op"`
	Kernel string `json:"kernel"`
	Choice string `json:"choice,omitempty"`
	MACs   int64  `json:"macs"`
	timing
}

func newReport(bin *disasm.Binary, m *mca) (r *report, err error) {
	r = &report{Model: m.path, Streams: streamRows()}
	if r.Kernels, err = hotLoops(bin, m); err != nil {
		return nil, err
	}
	if r.Micro, err = microRows(m); err != nil {
		return nil, err
	}
	r.shapes, err = newShapes(bin)
	return r, err
}

// add emulates a network as each CPU does it, and predicts it on the boards with those cores, or all.
func (r *report) add(t *tracer, m *mca, n network, only []string) error {
	g, err := n.graph()
	if err != nil {
		return err
	}
	byCPU := map[string]*run{}
	for i := range boards {
		b := &boards[i]
		if len(only) > 0 && !slices.Contains(only, b.core) {
			continue
		}
		c, err := coreNamed(b.core)
		if err != nil {
			return err
		}
		cpu := c.QEMU
		if n.dtype == "f32" {
			cpu = cores[0].QEMU // the same kernels everywhere
		}
		x := byCPU[cpu]
		if x == nil {
			if x, err = t.run(g, cpu); err != nil {
				return err
			}
			byCPU[cpu] = x
			if n.dtype == "f32" {
				if err := r.others(m, n.name, x.Plan); err != nil {
					return err
				}
			}
			count := r.shapes.count(x)
			count.Network, count.DType, count.CPU = n.name, n.dtype, cpu
			if count.Steps > 0 {
				r.Counts = append(r.Counts, count)
			}
		}
		row, err := x.on(m, b)
		if err != nil {
			return err
		}
		row.Network, row.DType = n.name, n.dtype
		if p, ok := b.Ncnn[n.name]; ok {
			row.Ncnn, row.Half = p.Int8, false
			if n.dtype != "int8" {
				row.Ncnn, row.Half = p.Default, b.Half
			}
		}
		r.Networks = append(r.Networks, row)
	}
	return nil
}

// on predicts a network on a board.
func (x *run) on(m *mca, b *board) (row netRow, err error) {
	times, err := x.predict(m, b)
	if err != nil {
		return row, err
	}
	row = netRow{Board: b.Name, Core: b.core, GHz: b.GHz, MACs: x.Plan.MACs}
	generic := map[string]float64{}
	for i, t := range times {
		s := &x.Plan.Steps[i]
		row.add(t)
		if strings.HasSuffix(s.Kernel, "__generic") {
			row.Generic += t.Other
			generic[s.Kernel] += t.Other
		}
		row.Steps = append(row.Steps, stepRow{Name: s.Name, Op: s.Op, Kernel: s.Kernel, Choice: s.Choice, MACs: s.MACs,
			timing: t})
	}
	row.Total = row.total()
	row.By = sortedKeys(generic)
	slices.SortStableFunc(row.By, func(a, b string) int {
		if generic[a] > generic[b] {
			return -1
		}
		return 1
	})
	return row, nil
}

func (r *report) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *report) print(w io.Writer, layers bool) error {
	fmt.Fprintf(w, "Modelled by %s; nothing here was measured on ARM but what is said to be.\n\n", r.Model)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "hot loop\tcore\tinstructions\tcycles\tMAC/cycle\tpeak\tof peak, %\t")
	for _, k := range r.Kernels {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%.1f\t%.2f\t%.2f\t%.0f\t\n", k.Kernel, k.Core, k.Instructions, k.Cycles, k.PerCycle,
			k.Peak, k.Percent)
	}
	fmt.Fprintln(tw, "\nmicrobenchmark of others\tcore\tsource\tmeasured MAC/cycle\tmodelled\toff, %\t")
	for _, b := range r.Micro {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.2f\t%.2f\t%+.1f\t\n", b.Loop, b.Core, b.Source, b.Measured, b.Modelled, b.Off)
	}
	fmt.Fprintln(tw, "\nmemory\tmeasured copy, GB/s\tmeasured fill\tmodelled\tof the copy, %\t")
	for _, s := range r.Streams {
		fmt.Fprintf(tw, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t\n", s.Board, s.Copy, s.Set, s.Modelled, 100*s.Share)
	}
	if mean, factor, n := r.bar(); n > 0 {
		fmt.Fprintln(tw, "\nncnn's own kernels, modelled\tboard\tmeasured ms\tmodelled\tratio\t")
		for _, o := range r.Others {
			fmt.Fprintf(tw, "%s\t%s\t%g\t%.1f\t%.2f\t\n", o.Network, o.Board, o.Measured, o.Modelled, o.Ratio)
		}
		fmt.Fprintf(tw, "error bar\t%s\t\t\t\t\n", barText(mean, factor, n))
	}
	fmt.Fprintln(tw, "\nconvolutions\ttype\temulated\tsteps\tof all MAC, %\tby shapes ×10⁶\texecuted ×10⁶\tinstructions/MAC\toff, %\t")
	for i := range r.Counts {
		fmt.Fprintln(tw, r.Counts[i].String())
	}
	fmt.Fprintln(tw, "\nPREDICTED, one thread\ttype\tboard\tcore\tGHz\tkernels ms\tL2\tmemory\tother\ttotal ms\tncnn, measured\tratio\tgeneric, %\tin\t")
	for i := range r.Networks {
		b := &r.Networks[i]
		ncnn, ratio := b.ncnn()
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t%s\t%.1f\t%s\t\n",
			b.Network, b.DType, b.Board,
			b.Core, b.GHz, b.Kernels, b.L2, b.Memory, b.Other, b.Total, ncnn, ratio, 100*b.Generic/b.Total,
			strings.Join(b.By[:min(3, len(b.By))], " "))
	}
	if layers {
		r.printSteps(tw)
	}
	return tw.Flush()
}

func barText(mean, factor float64, n int) string {
	return fmt.Sprintf("modelled / measured = %.2f, ×÷ %.2f, of %d", mean, factor, n)
}

func (b *netRow) ncnn() (ms, ratio string) {
	if b.Ncnn == 0 {
		return "–", "–"
	}
	ms = fmt.Sprintf("%g", b.Ncnn)
	if b.Half {
		ms += " (fp16)"
	}
	return ms, fmt.Sprintf("%.2f", b.Total/b.Ncnn)
}

func (r *report) printSteps(w io.Writer) {
	for i := range r.Networks {
		b := &r.Networks[i]
		fmt.Fprintf(w, "\nPREDICTED %s, %s, %s\tkernel\tMAC ×10⁶\tkernels ms\tL2\tmemory\tother\tGMAC/s\t\n", b.Network,
			b.DType, b.Board)
		for _, s := range b.Steps {
			fmt.Fprintf(w, "%s\t%s %s\t%.1f\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\t\n", s.Name, s.Kernel, s.Choice, float64(s.MACs)/1e6,
				s.Kernels, s.L2, s.Memory, s.Other, float64(s.MACs)/1e6/s.total())
		}
	}
}

// printMarkdown prints a line for each network and board, with both types, as README.md has it.
func (r *report) printMarkdown(w io.Writer) error {
	fmt.Fprintln(w, "| network | board, core | float32, predicted ms | ncnn, measured | int8, predicted ms | ncnn, measured |")
	fmt.Fprintln(w, "|---|---|--:|--:|--:|--:|")
	for i := range r.Networks {
		f := &r.Networks[i]
		for k := range r.Networks {
			q := &r.Networks[k]
			if f.DType != "f32" || q.DType != "int8" || f.Board != q.Board || f.Network != q.Network {
				continue
			}
			a, _ := f.ncnn()
			b, _ := q.ncnn()
			fmt.Fprintf(w, "| %s | %s, %s, %.1f GHz | %.3g | %s | %.3g | %s |\n", f.Network, f.Board, f.Core, f.GHz, f.Total, a,
				q.Total, b)
		}
	}
	if mean, factor, n := r.bar(); n > 0 {
		fmt.Fprintf(w, "\nError bar, by the model applied to ncnn's kernels: %s.\n", barText(mean, factor, n))
	}
	return nil
}
