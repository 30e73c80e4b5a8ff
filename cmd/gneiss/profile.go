package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/internal/app/chart"
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
		Use:   "profile [flags] [MODEL]",
		Short: "Show where a model's time goes, beside what the machine can do",
		Long: `Profile runs a model on noise and prints for each step its time, its rate, that rate as a share of the register-only
peak measured in the same run, and the bytes it moves, the slowest first. --roofline draws the steps under the machine's
two roofs: multiply-accumulates and memory. Winograd does fewer multiplications than it is credited with, so its share
may exceed 100 %. --scaling adds what more threads could gain at most, by how each step divides.`,
		Example: `  gneiss profile googlenet
  gneiss profile net.onnx --roofline roofline.svg`,
		Args: atMost(1, "a model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := mf.positional(args); err != nil {
				return err
			}
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
	const left, top, width, height = 64, 66, 520, 420
	const x0, x1, y0, y1 = -1.0, 3.0, -0.5, 3.0 // powers of ten
	x := func(v float64) float64 {
		return left + width*(min(max(math.Log10(max(v, 1e-9)), x0), x1)-x0)/(x1-x0)
	}
	y := func(v float64) float64 {
		return top + height*(1-(min(max(math.Log10(max(v, 1e-9)), y0), y1)-y0)/(y1-y0))
	}
	on := chart.New(p.Model+" under this machine's roofs", fmt.Sprintf(
		"%s, %s, %s; a dot is a step, its area the step's time", p.CPU, p.ISA, plural(p.Threads, "thread")),
		chart.Width, top+height+54)
	for e := x0; e <= x1; e++ {
		on.Path(fmt.Sprintf("M%.1f %dv%d", x(math.Pow(10, e)), top, height), chart.Grid)
		on.Text(x(math.Pow(10, e)), top+height+16, chart.Dim+" "+chart.Middle, fmt.Sprint(math.Pow(10, e)))
	}
	for e := 0.0; e <= y1; e++ {
		on.Path(fmt.Sprintf("M%d %.1fh%d", left, y(math.Pow(10, e)), width), chart.Grid)
		on.Text(left-6, y(math.Pow(10, e))+4, chart.Dim+" "+chart.End, fmt.Sprint(math.Pow(10, e)))
	}
	on.Text(left+width/2, top+height+38, chart.Dim+" "+chart.Middle, "MAC per byte of activations and weights")
	on.Upwards(20, top+height/2, chart.Dim+" "+chart.Middle, "GMAC/s")
	highest := 0.0
	for _, r := range p.Peak.Rates {
		highest = max(highest, r.GMACs)
	}
	free := float64(top)            // a name may begin here: below those of faster memory
	for _, r := range p.Peak.Read { // a byte a time: the slanted roofs
		start := max(math.Pow(10, x0), math.Pow(10, y0)/r.GBs)
		free = max(free, y(start*r.GBs)-6)
		on.Path(fmt.Sprintf("M%.1f %.1fL%.1f %.1f", x(start), y(start*r.GBs), x(highest/r.GBs), y(highest)), chart.Dashed)
		on.Text(x(start)+4, free, chart.Dim, fmt.Sprintf("%s %s GB/s", r.Level, chart.Number(r.GBs)))
		free += 15
	}
	for _, roof := range []struct {
		name   string
		dtype  kernels.DType
		colour chart.Colour
	}{{"float32", kernels.F32, chart.Blue}, {"int8", kernels.U8, chart.Orange}} {
		if v := p.Peak.For(roof.dtype, p.tier); v > 0 {
			on.Path(fmt.Sprintf("M%d %.1fh%d", left, y(v), width), "thick "+roof.colour.Line())
			on.Text(left+width+6, y(v)+4, roof.colour.Fill(), fmt.Sprintf("%s %s GMAC/s", roof.name, chart.Number(v)))
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
		colour := chart.Blue
		if stepType(s.Kernel) == kernels.U8 {
			colour = chart.Orange
		}
		on.Dot(x(s.Intensity), y(s.GMACs), 3+12*math.Sqrt(s.Ms/longest), "see "+colour.Fill()+" "+colour.Line(), fmt.Sprintf(
			"%s: %.3f ms, %.1f GMAC/s, %.0f %% of peak, %.1f MAC/byte", s.Name, s.Ms, s.GMACs, 100*s.Peak, s.Intensity))
	}
	_, err := on.WriteTo(w)
	return err
}
