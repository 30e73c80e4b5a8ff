package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// checked models: whether each runs, and what it needs.
type checkedModels struct {
	Models  []*checkedModel `json:"models"`
	Run     int             `json:"run"`
	Refused int             `json:"refused"`
}

type checkedModel struct {
	File    string    `json:"file"`
	Runs    bool      `json:"runs"`
	Note    string    `json:"note,omitempty"`
	Reasons []refusal `json:"reasons,omitempty"` // why it does not run, each once

	Inputs  []tensorPort `json:"inputs,omitempty"`
	Outputs []tensorPort `json:"outputs,omitempty"`
	Nodes   int          `json:"nodes,omitempty"`
	Params  int          `json:"params,omitempty"`
	MACs    int64        `json:"macs,omitempty"`

	Quantised int     `json:"quantised,omitempty"` // nodes that compute on integers
	Float     []group `json:"float,omitempty"`     // and those of a quantised model that do not, by their operation

	ISA         string `json:"isa,omitempty"`
	ArenaBytes  int    `json:"arena_bytes,omitempty"`
	WeightBytes int    `json:"weight_bytes,omitempty"` // packed
}

// refusal is a reason why a model does not run.
type refusal struct {
	Op     string   `json:"op,omitempty"` // in the model's own words
	Reason string   `json:"reason,omitempty"`
	Count  int      `json:"count"`
	Nodes  []string `json:"nodes,omitempty"`
}

// group are operations of one kind.
type group struct {
	Op    string `json:"op"`
	Count int    `json:"count"`
}

func checkCommand() *cobra.Command {
	var mf modelFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [flags] MODEL...",
		Short: "Say whether models run here, and what they need",
		Long: `Check opens models and makes their plans, without running them. It says of each whether it runs, or every reason why it
does not; what of a quantised model is computed in float; its inputs and outputs; and what a run needs: the arena,
packed weights, multiply-accumulates. Of several models it says a line each. The exit code is 1 if one does not run.`,
		Example: `  gneiss check net.onnx
  gneiss check --input-shape images=1x3x320x320 yolo.onnx
  gneiss check --json models/*.tflite`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if mf.model != "" {
				args = append([]string{mf.model}, args...)
			}
			if len(args) == 0 {
				return usagef("no model is given")
			}
			all := &checkedModels{}
			for _, path := range args {
				mf.model = path
				c, err := check(cmd.Context(), &mf)
				if err != nil {
					return err
				}
				all.Models = append(all.Models, c)
				if c.Runs {
					all.Run++
				} else {
					all.Refused++
				}
			}
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				if err := writeJSON(out, all); err != nil {
					return err
				}
			case len(args) == 1:
				all.Models[0].print(out)
			default:
				all.print(out)
			}
			if all.Refused > 0 {
				return errReported
			}
			return nil
		},
	}
	mf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// check looks at one model. Its error is that of the command line or the context.
func check(ctx context.Context, mf *modelFlags) (*checkedModel, error) {
	c := &checkedModel{File: mf.model}
	m, err := mf.open(true)
	var usage *usageError
	if errors.As(err, &usage) {
		return nil, err
	}
	if err == nil {
		c.describe(m)
		err = c.plan(ctx, mf, m)
	}
	if errors.As(err, &usage) || ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	c.Runs, c.Reasons = err == nil, refusals(err)
	return c, nil
}

// describe says what the graph tells.
func (c *checkedModel) describe(m *model) {
	g := m.Graph
	c.Note, c.Nodes = m.Note, len(g.Nodes)
	for _, v := range g.Inputs {
		c.Inputs = append(c.Inputs, portOfValue(v))
	}
	for _, v := range g.Outputs {
		c.Outputs = append(c.Outputs, portOfValue(v))
	}
	c.Params, c.MACs = models.Total(models.Stats(g), "")
	if slices.ContainsFunc(g.Nodes, func(n *runtime.Node) bool { return n.Out.DType == runtime.U8 }) {
		if s, err := runtime.Simplify(g); err == nil { // as it is computed: what is done to single elements is a table
			g = s
		}
	}
	float := map[string]int{}
	for _, n := range g.Nodes {
		switch n.Op.(type) {
		case *runtime.Quantize, *runtime.Dequantize:
			continue
		}
		switch {
		case runtime.FormOf(n.Op) == runtime.Moves:
		case takes(n, runtime.U8):
			c.Quantised++
		case takes(n, runtime.F32):
			float[n.Op.Kind()]++
		}
	}
	if c.Quantised > 0 {
		c.Float = groups(float)
	}
}

// takes reports whether a node has an input of that type.
func takes(n *runtime.Node, dt runtime.DType) bool {
	return slices.ContainsFunc(n.In, func(v *runtime.Value) bool { return v.DType == dt })
}

// plan says what the plan tells.
func (c *checkedModel) plan(ctx context.Context, mf *modelFlags, m *model) error {
	sess, err := mf.compile(ctx, m)
	if err != nil {
		return err
	}
	defer sess.Close()
	p := sess.Plan()
	c.ISA, c.ArenaBytes, c.WeightBytes = p.ISA().String(), p.ArenaSize(), p.WeightBytes()
	return nil
}

// groups lists counts, the largest first.
func groups(counts map[string]int) []group {
	var all []group
	for op, n := range counts {
		all = append(all, group{op, n})
	}
	slices.SortFunc(all, func(a, b group) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Op, b.Op)
	})
	return all
}

// refusals are the reasons in an error: those of each operation that is not supported, or the error itself.
func refusals(err error) []refusal {
	if err == nil {
		return nil
	}
	var unsupported *runtime.UnsupportedError
	var node *runtime.NodeError
	var file *runtime.FileError
	switch {
	case errors.As(err, &unsupported) && len(unsupported.Ops) > 0:
		var all []refusal
		for _, g := range unsupported.Groups() {
			all = append(all, refusal{Op: g.Op, Reason: g.Reason, Count: len(g.Nodes), Nodes: g.Nodes})
		}
		return all
	case errors.As(err, &node):
		return []refusal{{Op: node.Op, Reason: node.Err.Error(), Count: 1, Nodes: []string{node.Node}}}
	case errors.As(err, &file):
		err = file.Err
	}
	return []refusal{{Reason: err.Error(), Count: 1}}
}

// String returns "Erf ×12", with the reason if there is one.
func (r refusal) String() string {
	switch {
	case r.Op == "":
		return r.Reason
	case r.Reason == "":
		return fmt.Sprintf("%s ×%d", r.Op, r.Count)
	}
	return fmt.Sprintf("%s ×%d: %s", r.Op, r.Count, r.Reason)
}

func list[T fmt.Stringer](of []T, most int) string {
	var words []string
	for _, x := range of[:min(len(of), most)] {
		words = append(words, x.String())
	}
	if len(of) > most {
		words = append(words, fmt.Sprintf("and %d more", len(of)-most))
	}
	return strings.Join(words, ", ")
}

func (g group) String() string { return fmt.Sprintf("%s ×%d", g.Op, g.Count) }

// needs says what a run takes.
func (c *checkedModel) needs() string {
	return fmt.Sprintf("%.1f MMAC, arena %s, packed weights %s", float64(c.MACs)/1e6, kib(c.ArenaBytes),
		kib(c.WeightBytes))
}

func kib(n int) string { return thousands((n+1023)/1024) + " KiB" }

// print tells all of one model.
func (c *checkedModel) print(out io.Writer) {
	if !c.Runs {
		fmt.Fprintf(out, "%s does not run:\n", c.File)
		for _, r := range c.Reasons {
			fmt.Fprintf(out, "  %v\n", r)
			if r.Op != "" {
				names := r.Nodes[:min(len(r.Nodes), 5)]
				more := ""
				if len(r.Nodes) > len(names) {
					more = fmt.Sprintf(" and %d more", len(r.Nodes)-len(names))
				}
				fmt.Fprintf(out, "    %q%s\n", names, more)
			}
		}
	} else {
		fmt.Fprintf(out, "%s runs\n", c.File)
	}
	if c.Note != "" {
		fmt.Fprintf(out, "note: %s\n", c.Note)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range c.Inputs {
		fmt.Fprintf(w, "input\t%s\t%v\n", p.Name, p)
	}
	for _, p := range c.Outputs {
		fmt.Fprintf(w, "output\t%s\t%v\n", p.Name, p)
	}
	w.Flush()
	if c.Quantised > 0 {
		fmt.Fprintf(out, "quantised: %s on integers", plural(c.Quantised, "operation"))
		if len(c.Float) > 0 {
			fmt.Fprintf(out, ", in float %s", list(c.Float, 20))
		}
		fmt.Fprintln(out)
	}
	if c.Nodes > 0 {
		fmt.Fprintf(out, "%s, %s parameters\n", plural(c.Nodes, "node"), thousands(c.Params))
	}
	if c.Runs {
		fmt.Fprintf(out, "a run on %s: %s\n", c.ISA, c.needs())
	}
}

// print tells a line of each model, and how many run.
func (all *checkedModels) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range all.Models {
		if c.Runs {
			how := c.needs()
			if len(c.Float) > 0 {
				how += ", in float " + list(c.Float, 3)
			}
			fmt.Fprintf(w, "runs\t%s\t%s\n", c.File, how)
		} else {
			fmt.Fprintf(w, "refused\t%s\t%s\n", c.File, strings.ReplaceAll(list(c.Reasons, 5), "\n", " "))
		}
	}
	w.Flush()
	fmt.Fprintf(out, "%s: %d run, %d refused\n", plural(len(all.Models), "model"), all.Run, all.Refused)
}
