package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/runtime"
)

// inspection is what is said of a model.
type inspection struct {
	Name      string    `json:"name"`
	Source    string    `json:"source"`
	Note      string    `json:"note,omitempty"`
	Card      card.Card `json:"card"`
	prepared  string
	Inputs    []port             `json:"inputs"`
	Outputs   []port             `json:"outputs"`
	Nodes     []models.NodeStats `json:"nodes"`
	Params    int                `json:"params"`
	MACs      int64              `json:"macs"`
	Published []published        `json:"published,omitempty"`
	Plan      *runtime.Report    `json:"plan,omitempty"`
}

// port is an input or output as the model has it, and as kernels see it.
type port struct {
	tensorPort
	Shape runtime.Shape `json:"shape"`
}

// published sets a block of GoogLeNet beside the paper's table.
type published struct {
	Block           string `json:"block"`
	Params          int    `json:"params"`
	PublishedParams int    `json:"published_params"`
	MACs            int64  `json:"macs"`
	PublishedMACs   int64  `json:"published_macs"`
	Note            string `json:"note,omitempty"`
}

func inspectCommand() *cobra.Command {
	var mf modelFlags
	var plan, asJSON bool
	var memory, chartFile, network string
	var compare []string
	cmd := &cobra.Command{
		Use:   "inspect [flags] [MODEL]",
		Short: "Show a model's nodes, sizes and costs",
		Long: `Inspect lists a model's nodes with their shapes, parameters and multiply-accumulates (those of convolutions and fully
connected layers, counted directly). For GoogLeNet it sets them beside the table of the paper. MODEL is a file, or
googlenet, which needs no download for this; without it the built-in model is shown. --plan adds what this CPU would
do, step by step, and the place of every tensor in memory; --memory draws that place over time, and --graph the network:
point at an operation for its detail.`,
		Example: `  gneiss inspect googlenet
  gneiss inspect --plan net.onnx
  gneiss inspect --graph net.svg net.onnx
  gneiss inspect --small --memory arena.svg googlenet
  gneiss inspect --json deploy.prototxt
  gneiss inspect --compare googlenet,alexnet,nin,naive --chart costs.svg`,
		Args: atMost(1, "MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(promised("--memory", memory, ".svg"), promised("--chart", chartFile, ".svg"),
				promised("--graph", network, ".svg")); err != nil {
				return err
			}
			if len(compare) > 0 {
				if len(args) > 0 || mf.model != "" || plan || memory != "" || network != "" {
					return usagef("--compare goes with neither MODEL nor --plan nor --memory nor --graph")
				}
				return inspectCosts(cmd, compare, mf, chartFile, asJSON)
			}
			if chartFile != "" {
				return usagef("--chart draws what --compare compares")
			}
			if err := mf.positional(args); err != nil {
				return err
			}
			m, err := mf.open(true)
			if err != nil {
				return err
			}
			in := inspect(m)
			if plan || memory != "" {
				sess, err := mf.compile(cmd.Context(), m)
				if err != nil {
					return err
				}
				defer sess.Close()
				report := sess.Plan().Report()
				if plan {
					in.Plan = report
				}
				if err := savePicture(cmd, memory, func(w io.Writer) error { return writeMemory(w, report) }); err != nil {
					return err
				}
			}
			if err := savePicture(cmd, network, func(w io.Writer) error { return writeGraph(w, m) }); err != nil {
				return err
			}
			if asJSON {
				return writeJSON(said(cmd, memory, network), in)
			}
			in.print(said(cmd, memory, network))
			return nil
		},
	}
	mf.add(cmd)
	cmd.Flags().BoolVar(&plan, "plan", false, "add this CPU's plan and its memory")
	cmd.Flags().StringVar(&network, "graph", "", "draw the network into an SVG `file`: what feeds what, with sizes and costs")
	cmd.Flags().StringVar(&memory, "memory", "", "draw the arena over time into an SVG `file`")
	cmd.Flags().StringSliceVar(&compare, "compare", nil,
		"compare the costs of `networks`: googlenet, alexnet, nin, nin-cifar10, naive (Inception without reductions) or files")
	cmd.Flags().StringVar(&chartFile, "chart", "", "draw the comparison into an SVG `file`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// inspectCosts sets the costs of networks beside each other.
func inspectCosts(cmd *cobra.Command, names []string, mf modelFlags, chartFile string, asJSON bool) error {
	costs, err := compareNetworks(names, func(name string) (*model, error) {
		mf.model = name
		return mf.open(true)
	})
	if err != nil {
		return err
	}
	if err := savePicture(cmd, chartFile, func(w io.Writer) error { return writeCosts(w, costs) }); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(said(cmd, chartFile), costs)
	}
	printCosts(said(cmd, chartFile), costs)
	return nil
}

func inspect(m *model) *inspection {
	in := &inspection{Name: m.Name, Source: m.Source, Note: m.Note, Card: m.Card, prepared: m.input(),
		Nodes: models.Stats(m.Graph)}
	for _, v := range m.Graph.Inputs {
		in.Inputs = append(in.Inputs, port{portOfValue(v), v.Shape})
	}
	for _, v := range m.Graph.Outputs {
		in.Outputs = append(in.Outputs, port{portOfValue(v), v.Shape})
	}
	in.Params, in.MACs = models.Total(in.Nodes, "")
	if models.IsGoogLeNet(m.Graph) {
		for _, r := range googlenet.Paper {
			p, macs := models.Total(in.Nodes, r.Prefix)
			in.Published = append(in.Published, published{r.Block, p, r.Params, macs, r.MACs, r.Note})
		}
	}
	return in
}

func (in *inspection) print(out io.Writer) {
	fmt.Fprintf(out, "%s (%s)\n", in.Name, in.Source)
	if in.Note != "" {
		fmt.Fprintf(out, "note: %s\n", in.Note)
	}
	for _, p := range in.Inputs {
		fmt.Fprintf(out, "input %s %v\n", p.Name, p.tensorPort)
	}
	for _, p := range in.Outputs {
		fmt.Fprintf(out, "output %s %v\n", p.Name, p.tensorPort)
	}
	if in.Card.Task != "" {
		fmt.Fprintf(out, "task %s\n", in.Card.Task)
	}
	if in.Card.Input != nil {
		fmt.Fprintf(out, "images %s\n", in.prepared)
	}
	if n := len(in.Card.Labels); n > 0 {
		fmt.Fprintf(out, "labels %d: %s\n", n, some(in.Card.Labels))
	}
	fmt.Fprintf(out, "%s, %s parameters, %.1f MMAC\n\n", plural(len(in.Nodes), "node"), thousands(in.Params),
		float64(in.MACs)/1e6)

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%11s  %8s\toutput\top\tname\n", "params", "MMAC")
	for _, n := range in.Nodes {
		params, macs := "", ""
		if n.Params > 0 {
			params = thousands(n.Params)
		}
		if n.MACs > 0 {
			macs = fmt.Sprintf("%.3f", float64(n.MACs)/1e6)
		}
		fmt.Fprintf(w, "%11s  %8s\t%v\t%s\t%s\n", params, macs, n.Out, n.Op, n.Name)
	}
	w.Flush()

	if len(in.Published) > 0 {
		fmt.Fprintln(out, "\nbeside table 1 of \"Going deeper with convolutions\" (K = 1000):")
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "K params\tpaper\tMMAC\tpaper\t block")
		notes := []string{}
		for _, p := range in.Published {
			mark := ""
			if p.Note != "" {
				notes = append(notes, p.Note)
				mark = fmt.Sprintf(" [%d]", len(notes))
			}
			fmt.Fprintf(w, "%.1f\t%.1f\t%.1f\t%.0f\t %s%s\n", float64(p.Params)/1e3, float64(p.PublishedParams)/1e3,
				float64(p.MACs)/1e6, float64(p.PublishedMACs)/1e6, p.Block, mark)
		}
		w.Flush()
		for i, n := range notes {
			fmt.Fprintf(out, "[%d] %s\n", i+1, n)
		}
	}
	if in.Plan != nil {
		fmt.Fprintf(out, "\nplan of %s", in.Plan)
	}
}
