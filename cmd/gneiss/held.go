package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// heldFlags say what images are for beside calibration.
type heldFlags struct {
	correct, choose int
	none            bool // there is nothing to choose among
}

func (f *heldFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.correct, "correct", 16,
		"bring the means of layers back to float's by so many of the images, at most 64; 0 does not")
	cmd.Flags().IntVar(&f.choose, "choose", 16,
		"hold back so many of the images, a quarter and 64 at most, to choose among models by; 0 does not")
}

// split holds back images, spread evenly over all: at most a quarter; of what can be read once only, none.
func (f *heldFlags) split(images []source) (rest, held []source) {
	n := min(f.choose, len(images)/4, 64)
	if n <= 0 || f.none || slices.ContainsFunc(images, fromInput) {
		return images, nil
	}
	for i, s := range images {
		if i*n/len(images) != (i+1)*n/len(images) {
			held = append(held, s)
		} else {
			rest = append(rest, s)
		}
	}
	return rest, held
}

// fromInput reports whether an image comes from standard input.
func fromInput(s source) bool { return s.name == "-" }

// quantize makes the int8 graph. Of the images, if there are any that can be read again, some correct its biases, and
// those held back choose among several.
func (m *model) quantize(cmd *cobra.Command, st *quant.Stats, args []string, imf *imageFlags, f *heldFlags,
	opts []quant.Option) (*runtime.Graph, *quant.Report, error) {
	if len(args) == 0 {
		return quant.Quantize(m.Graph, st, opts...)
	}
	images, err := imf.sources(args, cmd.InOrStdin(), m)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(images, fromInput) {
		return quant.Quantize(m.Graph, st, opts...)
	}
	rest, held := f.split(images)
	layers := int64(0)
	for _, n := range m.Graph.Nodes {
		if _, ok := n.Op.(*runtime.Conv); ok {
			layers++
		}
	}
	if held != nil {
		opts = append(opts, quant.WithChoice(cmd.Context(), feed(held, m.Spec)))
		layers *= quant.MaxTrials
	}
	if f.correct > 0 {
		rest = rest[:min(len(rest), f.correct)]
		opts = append(opts, quant.WithCorrection(cmd.Context(), feed(rest, m.Spec)))
	}
	progress := newProgress(cmd.ErrOrStderr(), layers, false, "correcting")
	g, report, err := quant.Quantize(m.Graph, st,
		append(opts, quant.WithProgress(func(n int) { progress.Set(int64(n), -1) }))...)
	progress.Finish()
	return g, report, err
}
