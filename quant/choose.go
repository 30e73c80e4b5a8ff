package quant

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Choice of the ratio from which on channels are unlike. Factors give small channels more levels, and large weights to
// what follows: which of the two weighs more is the network's. So the graph is made by each ratio, corrections and all,
// and the one whose outputs are nearest to float's is taken, by inputs that it was not made by.

// ratios are what is tried, the fewest factors first: on equal terms fewer tables are read.
var ratios = [MaxTrials]float64{math.Inf(1), 8, 4, unlikeFrom}

// MaxTrials is the greatest number of graphs that [Quantize] makes with [WithChoice].
const MaxTrials = 4

// Trial is a graph that [WithChoice] had made.
type Trial struct {
	From float64 `json:"from"` // channels are unlike if the widest range is so many times the median; 0: none are
	SQNR float64 `json:"sqnr"` // signal to noise, dB: the mean over the outputs
}

// inputs are what a source gives to Quantize.
type inputs struct {
	ctx  context.Context
	next Source
	of   [][]float32
}

// maxInputs is the greatest number of inputs that are held.
const maxInputs = 64

// read takes them from the source.
func (in *inputs) read(g *runtime.Graph) error {
	size := 0
	for _, v := range g.Inputs {
		size += v.Shape.Elements()
	}
	for len(in.of) < maxInputs {
		x := make([]float32, size)
		if err := in.next(x); err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("input %d: %w", len(in.of), err)
		}
		in.of = append(in.of, x)
	}
	if len(in.of) == 0 {
		return ErrNoInputs
	}
	return nil
}

// choose makes a graph by each ratio that changes anything, and returns the best.
func choose(g *runtime.Graph, s *Stats, o *options) (*runtime.Graph, *Report, error) {
	if err := o.choose.read(g); err != nil {
		return nil, nil, err
	}
	want, err := o.outputs(g)
	if err != nil {
		return nil, nil, err
	}
	var best, last *rewriter
	var trials []Trial
	corrected, most := 0, math.Inf(-1)
	for _, ratio := range ratios {
		each := *o
		each.progress = func(n int) { o.progress(corrected + n) }
		r, err := plan(g, s, &each, ratio)
		if err != nil {
			return nil, nil, err
		}
		if last != nil && r.alike(last) {
			continue
		}
		if err := r.finish(); err != nil {
			return nil, nil, err
		}
		got, err := o.outputs(r.out)
		if err != nil {
			return nil, nil, err
		}
		t := Trial{ratio, nearness(want, got)}
		if t.SQNR != t.SQNR {
			return nil, nil, fmt.Errorf("an output: %w", ErrNotFinite)
		}
		if math.IsInf(ratio, 1) {
			t.From = 0
		}
		trials, last, corrected = append(trials, t), r, corrected+r.report.Corrected
		if t.SQNR > most {
			best, most = r, t.SQNR
			best.report.UnlikeFrom = t.From
		}
	}
	best.report.Trials = trials
	return best.out, best.report, nil
}

// alike reports whether the same values have factors in both.
func (r *rewriter) alike(o *rewriter) bool {
	if len(r.factors) != len(o.factors) {
		return false
	}
	for v := range r.factors {
		if o.factors[v] == nil {
			return false
		}
	}
	return true
}

// outputs are what a graph gives for each of the inputs to choose by: [output][input]numbers.
func (o *options) outputs(g *runtime.Graph) ([][][]float32, error) {
	r, err := newRunner(o.choose.ctx, g, false, o.compile)
	if err != nil {
		return nil, err
	}
	defer r.close()
	of := make([][][]float32, len(r.outputs))
	for _, in := range o.choose.of {
		if err := r.run(o.choose.ctx, in); err != nil {
			return nil, err
		}
		for i, at := range r.outputs {
			of[i] = append(of[i], append([]float32(nil), r.float(at)...))
		}
	}
	return of, nil
}

// nearness is the mean over the outputs of signal to noise, dB.
func nearness(want, got [][][]float32) (mean float64) {
	for i := range want {
		var p pair
		for k := range want[i] {
			p.add(want[i][k], got[i][k])
		}
		mean += decibels(p.xx, p.dd) / float64(len(want))
	}
	return mean
}
