package main

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// profile sets each step of a run beside what this machine can do.
type profile struct {
	benchmark
	Peak  peak.Result   `json:"peak"`
	Steps []profileStep `json:"steps"`

	Scaling []scaling `json:"scaling,omitempty"`

	tier arch.ISA
}

// profileStep is a step with its costs.
type profileStep struct {
	benchStep
	Bytes     int     `json:"bytes"`                   // activations read and written, and weights, once each
	Intensity float64 `json:"mac_per_byte,omitempty"`  // arithmetic intensity
	Peak      float64 `json:"share_of_peak,omitempty"` // of the register-only peak of the step's type
	GBs       float64 `json:"gb_per_s"`
}

func profileCommand() *cobra.Command {
	var mf modelFlags
	var runs, warmup, top int
	var asJSON, scale bool
	var roofline string
	cmd := &cobra.Command{
		Use:   "profile [flags]",
		Short: "Show where a model's time goes, beside what the machine can do",
		Long: `Profile runs a model on noise and prints for each step its time, its rate, that rate as a share of the register-only
peak measured in the same run, and the bytes it moves, the slowest first. --roofline draws the steps under the machine's
two roofs: multiply-accumulates and memory. Winograd does fewer multiplications than it is credited with, so its share
may exceed 100 %. --scaling adds what more threads could gain at most, by how each step divides.`,
		Example: `  gneiss profile --model googlenet
  gneiss profile --model net.onnx --roofline roofline.svg`,
		Args: atMost(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if runs < 1 || runs > 1_000_000 || warmup < 0 || warmup > 1_000_000 || top < 0 {
				return usagef("--runs %d, --warmup %d, --top %d: want 1…1000000, 0…1000000 and 0 or more", runs, warmup, top)
			}
			if scale && mf.threads != 1 {
				return usagef("--scaling starts from the times of one thread: leave --threads %d out", mf.threads)
			}
			if err := promised("--roofline", roofline, ".svg"); err != nil {
				return err
			}
			m, err := mf.open(true)
			if err != nil {
				return err
			}
			sess, err := mf.compile(cmd.Context(), m)
			if err != nil {
				return err
			}
			defer sess.Close()
			b, err := measure(cmd, m, sess, runs, warmup, true)
			if err != nil {
				return err
			}
			p := newProfile(b, sess.Plan())
			if scale {
				if p.Scaling, err = newScaling(cmd.Context(), m, mf, b.Steps); err != nil {
					return err
				}
			}
			if err := savePicture(cmd, roofline, p.writeRoofline); err != nil {
				return err
			}
			out := said(cmd, roofline)
			if asJSON {
				return writeJSON(out, p)
			}
			p.print(out, top)
			if scale {
				printScaling(out, p.Scaling, b.Steps, top)
			}
			return nil
		},
	}
	mf.add(cmd)
	cmd.Flags().IntVarP(&runs, "runs", "n", 20, "runs to measure")
	cmd.Flags().IntVar(&warmup, "warmup", 3, "runs before that")
	cmd.Flags().IntVar(&top, "top", 25, "steps to print; 0 means all")
	cmd.Flags().StringVar(&roofline, "roofline", "", "draw the steps under the machine's roofs into an SVG `file`")
	cmd.Flags().BoolVar(&scale, "scaling", false, "bound what 2, 4 and 8 threads gain")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// newProfile measures the machine and joins the steps' times with what they do.
func newProfile(b *benchmark, plan *runtime.Plan) *profile {
	p := &profile{benchmark: *b, Peak: peak.Measure(plan.Threads()), tier: plan.ISA()}
	p.Peak.MeasureMemory()
	report := plan.Report()
	for i, s := range b.Steps {
		r := &report.Steps[i]
		bytes, dtype := r.Weights, stepType(r.Kernel)
		for _, shapes := range [][]runtime.Shape{r.In, r.Out} {
			for _, shape := range shapes {
				bytes += shape.Elements() * dtype.Size()
			}
		}
		ps := profileStep{benchStep: s, Bytes: bytes}
		if s.Ms > 0 {
			ps.GBs = float64(bytes) / s.Ms / 1e6
		}
		if s.MACs > 0 {
			ps.Intensity = float64(s.MACs) / float64(bytes)
			if peak := p.Peak.For(dtype, plan.ISA()); peak > 0 {
				ps.Peak = s.GMACs / peak
			}
		}
		p.Steps = append(p.Steps, ps)
	}
	return p
}

// stepType is the type a kernel works on; its name begins with it.
func stepType(kernel string) kernels.DType {
	if strings.HasPrefix(kernel, "u8_") {
		return kernels.U8
	}
	return kernels.F32
}

// slowest returns the steps by time, the slowest first.
func (p *profile) slowest() []profileStep {
	return slices.SortedStableFunc(slices.Values(p.Steps), func(a, b profileStep) int { return cmp.Compare(b.Ms, a.Ms) })
}

func (p *profile) print(out io.Writer, top int) {
	head := p.benchmark
	head.Steps = nil
	head.print(out)
	fmt.Fprintf(out, "\n%s\n", p.Peak.String())
	steps := p.slowest()
	left := 0
	if top > 0 && len(steps) > top {
		left = len(steps) - top
		steps = steps[:top]
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ms\tshare\tGMAC/s\tof peak\tMB\tGB/s\tMAC/byte\t kernel, name")
	for _, s := range steps {
		rate, share, intensity := "", "", ""
		if s.MACs > 0 {
			rate, share, intensity = fmt.Sprintf("%.1f", s.GMACs), fmt.Sprintf("%.0f", 100*s.Peak),
				fmt.Sprintf("%.1f", s.Intensity)
		}
		fmt.Fprintf(w, "%.3f\t%.1f %%\t%s\t%s\t%.2f\t%.1f\t%s\t %s, %s\n", s.Ms, 100*s.Share, rate, share,
			float64(s.Bytes)/1e6, s.GBs, intensity, s.Kernel, s.Name)
	}
	w.Flush()
	if left > 0 {
		fmt.Fprintf(out, "and %s; --top 0 shows all\n", plural(left, "faster step"))
	}
}

// writeRoofline draws steps as dots, arithmetic intensity to the right and rate upwards, both logarithmic, under the
// peaks of float and int8 and the bandwidths of memory (Williams, Waterman, Patterson: Roofline, CACM 2009).
func (p *profile) writeRoofline(w io.Writer) error {
	const left, top, width, height = 70, 60, 760, 460
	const x0, x1, y0, y1 = -1.0, 3.0, -0.5, 3.0 // powers of ten
	x := func(v float64) float64 {
		return left + width*(min(max(math.Log10(max(v, 1e-9)), x0), x1)-x0)/(x1-x0)
	}
	y := func(v float64) float64 {
		return top + height*(1-(min(max(math.Log10(max(v, 1e-9)), y0), y1)-y0)/(y1-y0))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12" fill="#222">`+"\n", left+width+170, top+height+60)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600">%s under this machine's roofs</text>`+"\n",
		html.EscapeString(p.Model))
	fmt.Fprintf(&b, `<text x="16" y="43" fill="#666">%s, %s, %s; a dot is a step, its area the step's time</text>`+"\n",
		html.EscapeString(p.CPU), p.ISA, plural(p.Threads, "thread"))
	for e := x0; e <= x1; e++ {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#eee"/><text x="%.1f" y="%d" fill="#666" text-anchor="middle">%g</text>`+"\n", x(math.Pow(10, e)), top, x(math.Pow(10, e)), top+height, x(math.Pow(10, e)), top+height+16, math.Pow(10, e))
	}
	for e := 0.0; e <= y1; e++ {
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#eee"/><text x="%d" y="%.1f" fill="#666" text-anchor="end">%g</text>`+"\n", left, y(math.Pow(10, e)), left+width, y(math.Pow(10, e)), left-6, y(math.Pow(10, e))+4, math.Pow(10, e))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#666" text-anchor="middle">MAC per byte of activations and weights</text>`+"\n", left+width/2, top+height+38)
	fmt.Fprintf(&b, `<text transform="translate(22 %d) rotate(-90)" fill="#666" text-anchor="middle">GMAC/s</text>`+"\n",
		top+height/2)
	highest := 0.0
	for _, r := range p.Peak.Rates {
		highest = max(highest, r.GMACs)
	}
	for _, r := range p.Peak.Read { // a byte a time: the slanted roofs
		end := highest / r.GBs
		start := math.Pow(10, x0)
		if low := math.Pow(10, y0) / r.GBs; low > start {
			start = low
		}
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#8a8a8a" stroke-dasharray="4 3"/><text x="%.1f" y="%.1f" fill="#666">%s %.0f GB/s</text>`+"\n",
			x(start), y(start*r.GBs), x(end), y(highest), x(start)+4, y(start*r.GBs)-6, r.Level, r.GBs)
	}
	for _, roof := range []struct {
		name   string
		dtype  kernels.DType
		colour string
	}{{"float32", kernels.F32, "#4a7fb5"}, {"int8", kernels.U8, "#d9963a"}} {
		if v := p.Peak.For(roof.dtype, p.tier); v > 0 {
			fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="%s" stroke-width="2"/><text x="%d" y="%.1f" fill="%s">%s %.0f GMAC/s</text>`+"\n",
				left, y(v), left+width, y(v), roof.colour, left+width+6, y(v)+4, roof.colour, roof.name, v)
		}
	}
	longest := 0.0
	for _, s := range p.Steps {
		longest = max(longest, s.Ms)
	}
	for _, s := range p.slowest() {
		if s.MACs == 0 {
			continue
		}
		colour := "#4a7fb5"
		if stepType(s.Kernel) == kernels.U8 {
			colour = "#d9963a"
		}
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" fill-opacity="0.45" stroke="%s"><title>%s: %.3f ms, %.1f GMAC/s, %.0f %% of peak, %.1f MAC/byte</title></circle>`+"\n",
			x(s.Intensity), y(s.GMACs), 3+14*math.Sqrt(s.Ms/longest), colour, colour, html.EscapeString(s.Name), s.Ms, s.GMACs,
			100*s.Peak, s.Intensity)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
