package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/runtime"
)

// tuned is what tune prints as JSON.
type tuned struct {
	Model   string   `json:"model"`
	Output  string   `json:"output,omitempty"`
	CPU     string   `json:"cpu"`
	ISA     arch.ISA `json:"isa"`
	Threads int      `json:"threads"`
	*runtime.Tuning
}

func tuneCommand() *cobra.Command {
	var mf modelFlags
	var output string
	var rounds int
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "tune [flags] [MODEL]",
		Short: "Measure every way to compute each layer on this machine",
		Long: `Tune runs a model with every algorithm and tile for each of its convolutions, in turn with the ones that gneiss takes by itself, and
says which are faster here. With --output it writes a model file whose filters are packed for the fastest: programs that load it on
a machine of this tier use them. Filters packed for other tiers stay in the file.

An int8 model computes the same bytes tuned or not. Of a float one the last bits may differ. Tune on a machine that does nothing else.`,
		Example: `  gneiss tune net.gneiss
  gneiss tune googlenet -o googlenet.gneiss --threads 2`,
		Args: atMost(1, "a model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case rounds < 1 || rounds > 10_000:
				return usagef("--rounds %d: want 1…10000", rounds)
			case len(args) == 1 && mf.model != "":
				return usagef("a model both as argument and as --model")
			case len(args) == 1:
				mf.model = args[0]
			}
			if err := promised("--output", output, runtime.Ext); err != nil {
				return err
			}
			m, err := mf.open(output == "")
			if err != nil {
				return err
			}
			opts, err := mf.options()
			if err != nil {
				return err
			}
			progress := newProgress(cmd.ErrOrStderr(), -1, false, "plans")
			t, err := runtime.Tune(cmd.Context(), m.Graph, rounds, func(done, total int) {
				progress.Set(int64(done), int64(total))
			}, opts...)
			progress.Finish()
			if err != nil {
				return err
			}
			plan, err := runtime.CompileContext(cmd.Context(), m.Graph, append(opts, t.Option())...)
			if err != nil {
				return err
			}
			if output != "" {
				if err := saveTuned(cmd, output, m, plan.ISA(), t); err != nil {
					return err
				}
			}
			r := &tuned{Model: m.Name, Output: output, CPU: machine.Info().Brand, ISA: plan.ISA(), Threads: plan.Threads(),
				Tuning: t}
			if asJSON {
				return writeJSON(said(cmd, output), r)
			}
			r.print(said(cmd, output), all)
			return nil
		},
	}
	mf.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write, .gneiss; - is standard output")
	cmd.Flags().IntVarP(&rounds, "rounds", "n", 20, "runs of each plan")
	cmd.Flags().BoolVar(&all, "all", false, "show every choice of every layer, not only what changes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// saveTuned writes a model file with filters packed by the tuning, and what the model's own file has packed for other
// tiers.
func saveTuned(cmd *cobra.Command, output string, m *model, isa arch.ISA, t *runtime.Tuning) error {
	packed := runtime.WithPacked(isa, t.Option(), runtime.WithContext(cmd.Context()))
	opts := []runtime.WriteOption{packed, runtime.WithGolden(1)}
	opts, err := m.keepPacked(opts)
	if err != nil {
		return err
	}
	_, err = saveModel(cmd, output, m.Graph, opts...)
	return err
}

func (r *tuned) print(out io.Writer, all bool) {
	fmt.Fprintf(out, "%s on %s, %s, %s: %s, %d better computed otherwise than by the rule\n", r.Model, r.CPU, r.ISA,
		plural(r.Threads, "thread"),
		plural(len(r.Steps), "layer")+" with a choice", r.Changed())
	if r.Changed() > 0 || all {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "\n  ms\tgain\tchoice\tkernel\tlayer")
		for i := range r.Steps {
			s := &r.Steps[i]
			for k := range s.Choices {
				if k != 0 && k != s.Best && !all || s.Best == 0 && !all {
					continue
				}
				c, gain, mark := &s.Choices[k], "", " "
				if k != 0 {
					gain = fmt.Sprintf("%+.0f %%", 100*(1-float64(c.Time)/float64(s.Choices[0].Time)))
				}
				if k == s.Best {
					mark = "*"
				}
				fmt.Fprintf(w, "%s %.3f\t%s\t%s\t%s\t%s\n", mark, ms(c.Time), gain, c.Choice, c.Kernel, s.Name)
			}
		}
		w.Flush()
		fmt.Fprintln(out, "\n* is what was fastest; the first of a layer is the rule's.")
	}
	fmt.Fprintf(out, "A run: %.3f ms by the rule, %.3f ms tuned, at best.\n", ms(r.Rule), ms(r.Tuned))
	if r.Output != "" {
		fmt.Fprintf(out, "%s: filters packed for %s\n", r.Output, runtime.Target(r.ISA))
	}
}
