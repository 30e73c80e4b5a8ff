package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/kernels"
)

// contestant is an engine that runs.
type contestant struct {
	*child
	result
}

// errWrong: an engine's output is not to be trusted.
var errWrong = fmt.Errorf("%w be trusted", errCannot)

// contest runs the engines on a network in one config and appends their rows; ok is false if an output was wrong.
func (f *flags) contest(ctx context.Context, r *report, n network, c config, chosen []engine) (ok bool, err error) {
	fmt.Fprintf(os.Stderr, "%s, %v:", n.Name, c)
	defer fmt.Fprintln(os.Stderr)
	i := slices.IndexFunc(r.Peaks, func(p peak.Result) bool { return p.Threads == c.Threads })
	if i < 0 {
		i = len(r.Peaks)
		r.Peaks = append(r.Peaks, peak.Measure(c.Threads))
	}
	best := r.Peaks[i].For(map[string]kernels.DType{"f32": kernels.F32, "int8": kernels.U8}[c.DType], c.limit())
	var all []*contestant
	defer func() {
		for _, x := range all {
			x.stop()
		}
	}()
	ok = true
	for _, e := range chosen {
		if ctx.Err() != nil {
			return false, context.Canceled
		}
		x, err := f.enter(e, n, c)
		if err != nil {
			ok = ok && !errors.Is(err, errWrong)
			if !errors.Is(err, errCannot) && e.how != "" {
				err = fmt.Errorf("%w; to install: %s", err, e.how)
			}
			r.Absent = append(r.Absent, absent{e.name, n.Name, c, oneLine(err)})
			fmt.Fprintf(os.Stderr, " no %s", e.name)
			continue
		}
		all = append(all, x)
		fmt.Fprintf(os.Stderr, " %s", e.name)
	}
	for round := range f.rounds {
		for _, x := range all {
			select {
			case <-ctx.Done():
				return false, context.Canceled
			case <-time.After(f.pause):
			}
			times, err := x.run(f.runs)
			if err != nil {
				return false, fmt.Errorf("%s: %w", x.Engine, err)
			}
			ms := make([]float64, len(times))
			for i, t := range times {
				ms[i] = float64(t) / 1e6
			}
			x.Times = append(x.Times, ms)
		}
		fmt.Fprintf(os.Stderr, " %d", round+1)
	}
	for _, x := range all {
		x.RSS = x.peakRSS()
		x.summarise(n.MACs, best)
		if all[0].Engine == ours {
			x.compare(&all[0].result)
		}
		r.Results = append(r.Results, x.result)
	}
	return ok, nil
}

// enter starts an engine and looks at its outputs.
func (f *flags) enter(e engine, n network, c config) (*contestant, error) {
	cmd, err := e.command(&f.setup, c)
	if err != nil && !errors.Is(err, errCannot) && f.install && e.install != nil {
		if err = e.install(&f.setup); err == nil {
			cmd, err = e.command(&f.setup, c)
		}
	}
	if err != nil {
		return nil, err
	}
	ch, err := start(cmd)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCannot, err)
	}
	x := &contestant{ch, result{Engine: e.name, Version: ch.version, Model: n.Name, config: c}}
	out, err := ch.output(f.dir)
	if err == nil {
		x.Top1 = argmax(out)
		x.MaxDiff, x.Like, err = f.agree(c, f.want[e.order(&f.setup, c)], out)
	}
	if err != nil {
		ch.stop()
		return nil, fmt.Errorf("%w: %w", errWrong, err)
	}
	return x, nil
}

// agree compares an engine's outputs with all, the float ones of gneiss, whatever the config. In float each number may
// be off by the tolerance of the largest of its output; in int8 each output must correlate with the float one. It
// returns the largest difference and the least correlation of an output.
func (f *flags) agree(c config, all, got []float32) (diff, like float64, err error) {
	if len(got) != len(all) {
		return 0, 0, fmt.Errorf("%d numbers, want %d", len(got), len(all))
	}
	like = 1
	for i, at := 0, 0; i < len(f.sizes); i++ {
		want, got := all[at:at+f.sizes[i]], got[at:at+f.sizes[i]]
		at += f.sizes[i]
		worst, largest := 0.0, 1.0
		for j := range got {
			d := math.Abs(float64(got[j]) - float64(want[j]))
			if math.IsNaN(d) {
				return d, 0, fmt.Errorf("number %d of output %d is none", j, i)
			}
			worst, largest = max(worst, d), max(largest, math.Abs(float64(want[j])))
		}
		diff, like = max(diff, worst), min(like, correlation(want, got))
		if c.DType == "f32" && worst > f.tolerance*largest {
			return diff, like, fmt.Errorf("output %d differs by %g of %g, more than --tolerance allows", i, worst,
				largest)
		}
	}
	if c.DType == "int8" && like < f.likeness {
		return diff, like, fmt.Errorf("an output correlates with the float one by %.3f, less than --likeness", like)
	}
	return diff, like, nil
}

// correlation is Pearson's, of outputs that vary: 1 for those that hardly do.
func correlation(a, b []float32) float64 {
	var sa, sb, saa, sbb, sab float64
	n := float64(len(a))
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	va, vb := saa/n-sa*sa/n/n, sbb/n-sb*sb/n/n
	if va < 1e-9*max(1, saa/n) {
		return 1
	}
	if vb <= 0 {
		return 0
	}
	return (sab/n - sa*sb/n/n) / math.Sqrt(va*vb)
}

func argmax(v []float32) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}
