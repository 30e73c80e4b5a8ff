package board

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// Name is what the machine calls itself.
func (r *Report) Name() string {
	return cmp.Or(r.Board.Model, strings.TrimSpace(r.Board.Product+" "+r.CPU.Brand), r.CPU.Brand, "unknown")
}

// Markdown writes a summary to be pasted where people talk: the machine in a few lines, and a table.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**, %s\n\n", r.Name(), r.Time.Format("2 January 2006"))
	for _, why := range r.Emulated {
		fmt.Fprintf(&b, "**EMULATED**: %s. The times say nothing of hardware.\n\n", why)
	}
	var cores []string
	for _, c := range r.Board.Cores {
		cores = append(cores, fmt.Sprintf("%d × %s", c.Count, c.Name))
	}
	fmt.Fprintf(&b, "- %s; %s; %s; %d MiB\n",
		cmp.Or(strings.Join(cores, ", "), fmt.Sprintf("%d processors", r.CPU.Cores)), r.CPU.ISA, r.CPU.Features,
		r.Board.MemoryMiB)
	fmt.Fprintf(&b, "- gneiss %s, %s, %s/%s; %s; kernel %s\n", cmp.Or(r.Program.Commit, r.Program.Version), r.Program.Go,
		r.Program.OS, r.Program.Arch, cmp.Or(r.Board.System, "?"), cmp.Or(r.Board.Kernel, "?"))
	fmt.Fprintf(&b, "- clock: %.2f GHz measured before, %.2f after%s\n", r.Before.MeasuredGHz, r.After.MeasuredGHz,
		r.drives())
	for _, p := range r.Peaks {
		fmt.Fprintf(&b, "- at best on %s:", threads(p.Threads))
		for _, x := range p.Rates {
			fmt.Fprintf(&b, " %s %.3g,", x.Name, x.GMACs)
		}
		if p.HalfMACs > 0 {
			fmt.Fprintf(&b, " f16_fma %.3g,", p.HalfMACs)
		}
		b.WriteString(" GMAC/s")
		for _, m := range p.Read {
			fmt.Fprintf(&b, "; %s %.3g GB/s", m.Level, m.GBs)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| network | type | threads | median ms | least ms | GMAC/s | kernels | checksum |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|---|---|\n")
	for _, n := range r.Nets {
		if n.Error != "" {
			fmt.Fprintf(&b, "| %s | %s | %d | – | – | – | %s | |\n", n.Model, n.DType, n.Threads, cell(n.Error))
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %.4g | %.4g | %.3g | %s | `%s` |\n", cell(n.Model), n.DType, n.Threads, n.MedianMs,
			n.MinMs, float64(n.MACs)/n.MedianMs/1e6, n.ISA, n.Checksum)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell keeps a word inside its cell.
func cell(s string) string { return strings.NewReplacer("|", "/", "\n", " ").Replace(s) }

func threads(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// drives says what drives the clock, how warm it became, and whether it was held back.
func (r *Report) drives() string {
	var b strings.Builder
	for _, c := range r.After.Clocks {
		fmt.Fprintf(&b, "; processors %s: %s, %d of %d MHz", c.CPUs, cmp.Or(c.Governor, "?"), c.MHz, c.MaxMHz)
	}
	for i, h := range r.After.Celsius {
		before := ""
		if i < len(r.Before.Celsius) {
			before = fmt.Sprintf("%.0f → ", r.Before.Celsius[i].Celsius)
		}
		fmt.Fprintf(&b, "; %s %s%.0f °C", h.Zone, before, h.Celsius)
	}
	if t := r.After.Throttled; t != "" && t != "0" {
		fmt.Fprintf(&b, "; throttled: %s", t)
	}
	return b.String()
}
