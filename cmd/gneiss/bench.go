package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/runtime"
)

// benchmark is the result of a measurement.
type benchmark struct {
	Model       string      `json:"model"`
	Source      string      `json:"source"`
	Note        string      `json:"note,omitempty"`
	CPU         string      `json:"cpu"`
	ISA         string      `json:"isa"`
	Threads     int         `json:"threads"`
	Runs        int         `json:"runs"`
	MedianMs    float64     `json:"median_ms"`
	MinMs       float64     `json:"min_ms"`
	MACs        int64       `json:"macs"`
	GMACs       float64     `json:"gmac_per_s"` // by the median
	ArenaBytes  int         `json:"arena_bytes"`
	WeightBytes int         `json:"weight_bytes"`
	Steps       []benchStep `json:"steps,omitempty"`
}

type benchStep struct {
	Name   string  `json:"name"`
	Op     string  `json:"op"`
	Kernel string  `json:"kernel"`
	Ms     float64 `json:"median_ms"`
	Share  float64 `json:"share"`
	MACs   int64   `json:"macs"`
	GMACs  float64 `json:"gmac_per_s"`
}

func benchCommand() *cobra.Command {
	var mf modelFlags
	var runs, warmup int
	var steps, asJSON bool
	cmd := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure how fast a model runs here",
		Long: `Bench runs a model on noise and prints the median and the least time of a run, without preparing images. GMAC/s count
the multiply-accumulates of direct convolution, whatever the kernels do. Close other programs first. --model googlenet
needs no download: its speed does not depend on the weights.`,
		Example: `  gneiss bench
  gneiss bench --model googlenet --runs 50 --steps
  gneiss bench --model net.onnx --isa generic --threads 0 --json`,
		Args: atMost(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if runs < 1 || runs > 1_000_000 || warmup < 0 || warmup > 1_000_000 {
				return usagef("--runs %d, --warmup %d: want 1…1000000 and 0…1000000", runs, warmup)
			}
			m, err := mf.open(true)
			if err != nil {
				return err
			}
			m.once = true
			sess, err := mf.compile(cmd.Context(), m)
			if err != nil {
				return err
			}
			defer sess.Close()
			b, err := measure(cmd, m, sess, runs, warmup, steps)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), b)
			}
			b.print(cmd.OutOrStdout())
			return nil
		},
	}
	mf.add(cmd)
	cmd.Flags().IntVarP(&runs, "runs", "n", 20, "runs to measure")
	cmd.Flags().IntVar(&warmup, "warmup", 3, "runs before that")
	cmd.Flags().BoolVar(&steps, "steps", false, "add the time of each step")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func measure(cmd *cobra.Command, m *model, sess *runtime.Session, runs, warmup int, steps bool) (*benchmark, error) {
	plan := sess.Plan()
	var report *runtime.Report
	var stepTimes [][]time.Duration
	if steps {
		report = plan.Report()
		stepTimes = make([][]time.Duration, len(report.Steps))
		for i := range stepTimes {
			stepTimes[i] = make([]time.Duration, 0, runs+warmup)
		}
		sess.SetHook(func(s runtime.StepInfo, d time.Duration) { stepTimes[s.Index] = append(stepTimes[s.Index], d) })
	}
	noise := make([][]float32, len(plan.Inputs()))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = make([]float32, plan.Inputs()[i].Shape.Elements())
		for j := range noise[i] {
			noise[i][j] = 256*rng.Float32() - 128
		}
	}
	progress := newProgress(cmd.ErrOrStderr(), int64(runs), false, "runs")
	times := make([]time.Duration, 0, runs)
	for i := range warmup + runs {
		for j := range noise {
			if err := sess.Input(j).CopyFrom(noise[j]); err != nil {
				return nil, err
			}
		}
		start := time.Now()
		if err := sess.RunContext(cmd.Context()); err != nil {
			return nil, err
		}
		if i >= warmup {
			times = append(times, time.Since(start))
			progress.Add(1)
		}
	}
	progress.Finish()
	b := &benchmark{Model: m.Name, Source: m.Source, Note: m.Note, CPU: machine.Info().Brand, ISA: plan.ISA().String(),
		Threads: plan.Threads(), Runs: runs,
		MedianMs: ms(median(times)), MinMs: ms(slices.Min(times)), MACs: plan.MACs(), ArenaBytes: plan.ArenaSize(),
		WeightBytes: plan.WeightBytes()}
	b.GMACs = rate(b.MACs, b.MedianMs)
	if steps {
		total := 0.0
		for i, s := range report.Steps {
			t := ms(median(stepTimes[i][warmup:]))
			total += t
			b.Steps = append(b.Steps, benchStep{Name: s.Name, Op: s.Op, Kernel: s.Kernel, Ms: t, MACs: s.MACs,
				GMACs: rate(s.MACs, t)})
		}
		for i := range b.Steps {
			if total > 0 {
				b.Steps[i].Share = b.Steps[i].Ms / total
			}
		}
	}
	return b, nil
}

// rate is in GMAC/s.
func rate(macs int64, ms float64) float64 {
	if ms <= 0 {
		return 0
	}
	return float64(macs) / ms / 1e6
}

func (b *benchmark) print(out io.Writer) {
	fmt.Fprintf(out, "%s (%s)\n", b.Model, b.Source)
	if b.Note != "" {
		fmt.Fprintf(out, "note: %s\n", b.Note)
	}
	fmt.Fprintf(out, "%s, %s, %s\n", b.CPU, b.ISA, plural(b.Threads, "thread"))
	fmt.Fprintf(out, "%s: median %.3f ms, least %.3f ms\n", plural(b.Runs, "run"), b.MedianMs, b.MinMs)
	fmt.Fprintf(out, "%.1f MMAC, %.1f GMAC/s; arena %.2f MiB, weights %.2f MiB\n", float64(b.MACs)/1e6, b.GMACs,
		float64(b.ArenaBytes)/(1<<20), float64(b.WeightBytes)/(1<<20))
	if len(b.Steps) == 0 {
		return
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%9s  %7s  %7s\top\tkernel\tname\n", "ms", "share", "GMAC/s")
	for _, s := range b.Steps {
		speed := ""
		if s.MACs > 0 {
			speed = fmt.Sprintf("%.1f", s.GMACs)
		}
		fmt.Fprintf(w, "%9.3f  %5.1f %%  %7s\t%s\t%s\t%s\n", s.Ms, 100*s.Share, speed, s.Op, s.Kernel, s.Name)
	}
	w.Flush()
}
