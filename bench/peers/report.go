package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/bench/peak"
)

// report is all that a run of this program found; --json writes it as it is.
type report struct {
	Time     time.Time     `json:"time"`
	CPU      machine.CPU   `json:"cpu"`
	Rounds   int           `json:"rounds"`
	Runs     int           `json:"runs_per_round"`
	Networks []network     `json:"networks"`
	Peaks    []peak.Result `json:"peaks"`
	Results  []result      `json:"results"`
	Absent   []absent      `json:"absent,omitempty"`
	Contests []outcome     `json:"contests"`
	Means    []mean        `json:"means"`
}

// result is one engine on one network in one config.
type result struct {
	Engine  string `json:"engine"`
	Version string `json:"version"`
	Model   string `json:"model"`
	config
	MedianMs float64     `json:"median_ms"`
	MinMs    float64     `json:"min_ms"`
	Times    [][]float64 `json:"times_ms"` // of each round
	GMACs    float64     `json:"gmacs"`    // a second, by the median
	Peak     float64     `json:"peak"`     // GMACs over the register-only peak
	Ratio    float64     `json:"ratio"`    // median of gneiss over this median; 0 when gneiss did not run
	RatioLo  float64     `json:"ratio_lo"` // the same of single rounds: the least
	RatioHi  float64     `json:"ratio_hi"` // and the most
	// median of the same engine on one thread over this median; 0 when that did not run
	Speedup float64 `json:"speedup"`
	RSS     int64   `json:"peak_rss"` // bytes
	Top1    int     `json:"top1"`
	MaxDiff float64 `json:"max_diff"` // of outputs, against gneiss's float ones
	Like    float64 `json:"likeness"` // the least correlation of an output with gneiss's float one
}

// absent says why an engine is not in a config's rows.
type absent struct {
	Engine string `json:"engine"`
	Model  string `json:"model"`
	config
	Why string `json:"why"`
}

// outcome is gneiss beside the fastest of the others.
type outcome struct {
	Model string `json:"model"`
	Group string `json:"group"`
	config
	Best    string  `json:"best"`  // the engine with the least median
	Ratio   float64 `json:"ratio"` // median of gneiss over the median of Best
	Minimum float64 `json:"ratio_of_minima"`
}

// mean is the geometric mean of the outcomes of a group; all groups together are "all".
type mean struct {
	Group string `json:"group"`
	config
	Networks int     `json:"networks"`
	Ratio    float64 `json:"ratio"`
	Minimum  float64 `json:"ratio_of_minima"`
}

// summarise fills in what follows from Times.
func (r *result) summarise(macs int64, peaks float64) {
	all := slices.Concat(r.Times...)
	r.MedianMs, r.MinMs = median(all), slices.Min(all)
	r.GMACs = float64(macs) / r.MedianMs / 1e6
	if peaks > 0 {
		r.Peak = r.GMACs / peaks
	}
}

// compare fills in the ratio to gneiss. Rounds are compared one by one for its spread: what made the machine slow for
// one engine in a round made it slow for the other.
func (r *result) compare(g *result) {
	r.Ratio = g.MedianMs / r.MedianMs
	r.RatioLo, r.RatioHi = math.Inf(1), 0
	for i := range r.Times {
		x := median(g.Times[i]) / median(r.Times[i])
		r.RatioLo, r.RatioHi = min(r.RatioLo, x), max(r.RatioHi, x)
	}
}

// finish fills in what threads gain, the outcomes and their means.
func (r *report) finish() {
	for i := range r.Results {
		x := &r.Results[i]
		one := x.config
		one.Threads = 1
		if y := r.result(x.Model, x.Engine, one); y != nil {
			x.Speedup = y.MedianMs / x.MedianMs
		}
	}
	for _, c := range r.configs() {
		var of []outcome
		for _, n := range r.Networks {
			if o, ok := r.outcome(n, c); ok {
				of = append(of, o)
			}
		}
		r.Contests = append(r.Contests, of...)
		groups := []string{"all"}
		for _, o := range of {
			if !slices.Contains(groups, o.Group) {
				groups = append(groups, o.Group)
			}
		}
		if len(groups) == 2 { // there is but one
			groups = groups[1:]
		}
		for _, group := range groups {
			r.Means = append(r.Means, meanOf(group, c, of))
		}
	}
}

func (r *report) result(model, engine string, c config) *result {
	for i := range r.Results {
		if x := &r.Results[i]; x.Model == model && x.Engine == engine && x.config == c {
			return x
		}
	}
	return nil
}

// configs are those of the results, in their order.
func (r *report) configs() (all []config) {
	for _, x := range r.Results {
		if !slices.Contains(all, x.config) {
			all = append(all, x.config)
		}
	}
	return all
}

// engines are those of the results, in their order, with their versions.
func (r *report) engines() (names, titles []string) {
	for _, x := range r.Results {
		if !slices.Contains(names, x.Engine) {
			title := x.Engine
			if title != ours {
				title += " " + x.Version
			}
			names, titles = append(names, x.Engine), append(titles, title)
		}
	}
	return names, titles
}

// outcome compares gneiss with the fastest of the others; ok is false if there is none, or no gneiss.
func (r *report) outcome(n network, c config) (o outcome, ok bool) {
	var best *result
	least := math.Inf(1)
	for i := range r.Results {
		if x := &r.Results[i]; x.Model == n.Name && x.config == c && x.Engine != ours {
			if best == nil || x.MedianMs < best.MedianMs {
				best = x
			}
			least = min(least, x.MinMs)
		}
	}
	g := r.result(n.Name, ours, c)
	if best == nil || g == nil {
		return o, false
	}
	return outcome{n.Name, n.Group, c, best.Engine, g.MedianMs / best.MedianMs, g.MinMs / least}, true
}

// meanOf is the mean of a group's outcomes.
func meanOf(group string, c config, of []outcome) mean {
	m := mean{Group: group, config: c}
	var logs, minima float64
	for _, o := range of {
		if group == "all" || o.Group == group {
			m.Networks++
			logs, minima = logs+math.Log(o.Ratio), minima+math.Log(o.Minimum)
		}
	}
	m.Ratio, m.Minimum = math.Exp(logs/float64(m.Networks)), math.Exp(minima/float64(m.Networks))
	return m
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// print writes the tables: of one network all that was measured, of several the times and ratios.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s (%d processors, %s); %d rounds of %d runs, engines in turn; medians, ms\n\n", r.CPU.Brand,
		r.CPU.Cores, r.CPU.ISA, r.Rounds, r.Runs)
	for i := range r.Peaks {
		fmt.Fprint(w, &r.Peaks[i])
	}
	if len(r.Networks) == 1 {
		r.printOne(w)
	} else {
		r.printAll(w)
	}
	if len(r.Absent) > 0 {
		fmt.Fprintln(w, "\nNot compared:")
	}
	for _, a := range r.Absent {
		fmt.Fprintf(w, "  %s (%s, %v): %s\n", a.Engine, a.Model, a.config, a.Why)
	}
}

func (r *report) printAll(w io.Writer) {
	names, titles := r.engines()
	for _, c := range r.configs() {
		fmt.Fprintf(w, "\n%v\n", c)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "group\tnetwork\t%s\tgneiss/best\tof minima\tbest\t\n", strings.Join(titles, "\t"))
		for _, n := range r.Networks {
			fmt.Fprintf(t, "%s\t%s\t", n.Group, n.Name)
			for _, e := range names {
				if x := r.result(n.Name, e, c); x != nil {
					fmt.Fprintf(t, "%.2f\t", x.MedianMs)
				} else {
					fmt.Fprint(t, "–\t")
				}
			}
			i := slices.IndexFunc(r.Contests, func(o outcome) bool { return o.Model == n.Name && o.config == c })
			if i < 0 {
				fmt.Fprintln(t, "–\t–\t–\t")
				continue
			}
			o := r.Contests[i]
			fmt.Fprintf(t, "%.2f\t%.2f\t%s\t\n", o.Ratio, o.Minimum, o.Best)
		}
		for _, m := range r.Means {
			if m.config == c {
				fmt.Fprintf(t, "%s\tmean of %d\t%s%.2f\t%.2f\t\t\n", m.Group, m.Networks, strings.Repeat("\t", len(names)),
					m.Ratio, m.Minimum)
			}
		}
		t.Flush()
	}
}

func (r *report) printOne(w io.Writer) {
	fmt.Fprintf(w, "\n%s, %.1f MMAC\n", r.Networks[0].Name, float64(r.Networks[0].MACs)/1e6)
	var last config
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, x := range r.Results {
		if x.config != last {
			fmt.Fprintln(t)
			fmt.Fprintf(t, "%v\tmedian ms\tmin ms\tgneiss/it\trounds\tspeed-up\tGMAC/s\t%%peak\tpeak RSS MB\ttop-1\tmax diff\t"+
				"like\t\n", x.config)
			last = x.config
		}
		ratio, spread, speedup := "–", "–", "–"
		if x.Speedup > 0 && x.Threads > 1 {
			speedup = fmt.Sprintf("%.2f", x.Speedup)
		}
		if x.Ratio > 0 {
			ratio, spread = fmt.Sprintf("%.3f", x.Ratio), fmt.Sprintf("%.2f…%.2f", x.RatioLo, x.RatioHi)
		}
		fmt.Fprintf(t, "%s %s\t%.2f\t%.2f\t%s\t%s\t%s\t%.1f\t%.0f\t%.0f\t%d\t%.1e\t%.3f\t\n", x.Engine, x.Version, x.MedianMs,
			x.MinMs, ratio, spread, speedup, x.GMACs, 100*x.Peak, float64(x.RSS)/1e6, x.Top1, x.MaxDiff, x.Like)
	}
	t.Flush()
}
