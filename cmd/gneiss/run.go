package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/runtime"
)

// runFlags are the command's own.
type runFlags struct {
	inputs         []string
	output, expect string
	tolerance      float64
	strict         bool // the tolerance was given
	real, asJSON   bool
}

// ran is what is said of a run.
type ran struct {
	Model   string   `json:"model"`
	Source  string   `json:"source"`
	Note    string   `json:"note,omitempty"`
	ISA     string   `json:"isa"`
	Threads int      `json:"threads"`
	Ms      float64  `json:"ms"` // of the network alone
	Inputs  []ranPut `json:"inputs"`
	Outputs []ranPut `json:"outputs"`
	Beyond  int      `json:"beyond"` // outputs that are further off than is allowed
}

// ranPut is an input or output of a run.
type ranPut struct {
	tensorPort
	File   string          `json:"file,omitempty"` // it was read from, or is written to
	Least  *npy.Number     `json:"least,omitempty"`
	Most   *npy.Number     `json:"most,omitempty"`
	NaNs   int             `json:"nans,omitempty"`
	Expect string          `json:"expect,omitempty"` // the file that it was compared with
	Diff   *npy.Difference `json:"difference,omitempty"`
}

func runCommand() *cobra.Command {
	var mf modelFlags
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --model MODEL --input [NAME=]FILE.npy... [--output DIR]",
		Short: "Run a model on arrays of NumPy, and compare with what a framework gave",
		Long: `Run runs a model on .npy files, which have each input in the model's own shape, order and type, and writes each output as
DIR/0.npy, DIR/1.npy, and so on. Inputs are given by name, or in the model's order.

--expect compares each output with the file of that name in another folder, as the framework that the model comes from
gave it, and says where the largest difference is; the exit code is 1 if one is beyond --tolerance. --node gives values
inside the network too, to find where two runs part; each is written as DIR/NAME.npy, with what no file name should have
as "_".

Inputs and outputs of quantised models are levels, uint8 or int8 as the model has them. With --real they are numbers in
float32, converted by their scales; whole numbers are then numbers for an input of floats too.`,
		Example: `  gneiss run --model net.onnx --input photo.npy --output out
  gneiss run --model net.tflite --input photo.npy --expect reference
  gneiss run --model net.onnx --input left=l.npy --input right=r.npy --node conv1 --node conv2 --output out
  gneiss run --model net-int8.gneiss --input photo.npy --real --expect float --tolerance 0.05`,
		Args: atMost(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.strict = cmd.Flags().Changed("tolerance")
			switch {
			case !(f.tolerance >= 0):
				return usagef("--tolerance %v: want 0 or more", f.tolerance)
			case f.strict && f.expect == "":
				return usagef("--tolerance goes with --expect")
			}
			r, err := f.run(cmd, &mf)
			if err != nil {
				return err
			}
			if f.asJSON {
				err = writeJSON(cmd.OutOrStdout(), r)
			} else {
				r.print(cmd.OutOrStdout())
			}
			if err == nil && r.Beyond > 0 {
				err = fmt.Errorf("%d of %s beyond the tolerance of what %s has", r.Beyond,
					plural(len(r.Outputs), "output"), f.expect)
			}
			return err
		},
	}
	mf.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.inputs, "input", "i", nil,
		"`[NAME=]FILE` of an input, .npy; repeatable, by name or in the model's order")
	flags.StringVarP(&f.output, "output", "o", "", "`folder` to write outputs into; it is made if it is not there")
	flags.StringVar(&f.expect, "expect", "", "`folder` of outputs to compare with, named as --output names them")
	flags.Float64Var(&f.tolerance, "tolerance", 0,
		"largest difference allowed: of floats a share of the largest number expected, of levels their number; default: 1e-4 and 1")
	flags.StringArrayVar(&mf.nodes, "node", nil, "`name` of a tensor, node or layer whose values are given too; repeatable")
	flags.BoolVar(&f.real, "real", false, "inputs and outputs of quantised models are numbers, not levels")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

// run runs the model and does with its outputs what is asked for.
func (f *runFlags) run(cmd *cobra.Command, mf *modelFlags) (*ran, error) {
	m, err := f.open(mf)
	if err != nil {
		return nil, err
	}
	m.once = true
	sess, err := mf.compile(cmd.Context(), m)
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	if f.output != "" {
		if err := os.MkdirAll(f.output, 0o777); err != nil {
			return nil, runtime.InFile(f.output, err)
		}
	}
	p := sess.Plan()
	r := &ran{Model: m.Name, Source: m.Source, Note: m.Note, ISA: p.ISA().String(), Threads: p.Threads()}
	if r.Inputs, err = f.fill(sess); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := sess.RunContext(cmd.Context()); err != nil {
		return nil, err
	}
	r.Ms = ms(time.Since(start))
	return r, f.take(cmd, sess, r, mf.nodes)
}

// take reads, writes and compares the outputs, of which the last are the values of nodes.
func (f *runFlags) take(cmd *cobra.Command, sess *runtime.Session, r *ran, nodes []string) error {
	infos := sess.Plan().Outputs()
	files := outputFiles(len(infos)-len(nodes), nodes)
	of := npy.Of
	if f.real {
		of = npy.OfReal
	}
	for i, info := range infos {
		a, err := of(sess.Output(i))
		if err != nil {
			return err
		}
		o := ranPut{tensorPort: portOf(info)}
		if o.Type = a.Type(); f.real {
			o.Quant = nil
		}
		if n := i - len(infos) + len(nodes); n >= 0 {
			o.Name = nodes[n]
		}
		if lo, hi, nans := a.Range(); lo <= hi {
			o.Least, o.Most, o.NaNs = (*npy.Number)(&lo), (*npy.Number)(&hi), nans
		} else {
			o.NaNs = nans
		}
		if f.output != "" {
			o.File = filepath.Join(f.output, files[i])
			b, err := a.Encode()
			if err == nil {
				err = save(cmd, o.File, b)
			}
			if err != nil {
				return err
			}
		}
		if f.expect != "" {
			if err := f.compare(&o, a, files[i]); err != nil {
				return err
			}
			if o.Diff.Beyond > 0 {
				r.Beyond++
			}
		}
		r.Outputs = append(r.Outputs, o)
	}
	return nil
}

// compare sets an output beside the file that is expected.
func (f *runFlags) compare(o *ranPut, a *npy.Array, file string) error {
	o.Expect = filepath.Join(f.expect, file)
	want, err := npy.Open(o.Expect)
	if err != nil {
		return err
	}
	tolerance := f.tolerance
	if !f.strict {
		switch {
		case o.Quant != nil:
			tolerance = 1
		case a.Type() == "float32":
			tolerance = 1e-4
		}
	}
	diff, err := npy.Compare(a, want, tolerance)
	if errors.Is(err, runtime.ErrType) {
		err = f.advise(err, o.Quant != nil)
	}
	if err != nil {
		return runtime.InFile(o.Expect, fmt.Errorf("output %q: %w", o.Name, err))
	}
	o.Diff = &diff
	return nil
}

// advise adds to an error of types how the command line settles it.
func (f *runFlags) advise(err error, quantised bool) error {
	switch {
	case f.real:
		return fmt.Errorf("%w; without --real arrays are levels", err)
	case quantised:
		return fmt.Errorf("%w; --real takes and gives numbers in place of levels", err)
	}
	return fmt.Errorf("%w; --real takes numbers of another type, if they are the same in this", err)
}

func (r *ran) print(out io.Writer) {
	fmt.Fprintf(out, "%s (%s), %s, %s, %.2f ms\n", r.Model, r.Source, r.ISA, plural(r.Threads, "thread"), r.Ms)
	if r.Note != "" {
		fmt.Fprintf(out, "note: %s\n", r.Note)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, p := range r.Inputs {
		fmt.Fprintf(w, "input %d\t%s\t%v\t%s\n", i, p.Name, p.tensorPort, p.File)
	}
	for i, p := range r.Outputs {
		values := "no numbers"
		if p.Least != nil {
			values = fmt.Sprintf("%.6g … %.6g", float64(*p.Least), float64(*p.Most))
		}
		if p.NaNs > 0 {
			values += fmt.Sprintf(", %d NaN", p.NaNs)
		}
		fmt.Fprintf(w, "output %d\t%s\t%v\t%s\t%s\n", i, p.Name, p.tensorPort, values, p.File)
	}
	w.Flush()
	for i, p := range r.Outputs {
		if p.Diff == nil {
			continue
		}
		verdict := "ok"
		if p.Diff.Beyond > 0 {
			verdict = fmt.Sprintf("BEYOND the tolerance in %d", p.Diff.Beyond)
		}
		fmt.Fprintf(out, "%d %s: %v: %s\n", i, p.Name, *p.Diff, verdict)
	}
}
