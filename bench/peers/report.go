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
	Time    time.Time     `json:"time"`
	CPU     machine.CPU   `json:"cpu"`
	Model   string        `json:"model"`
	MACs    int64         `json:"macs"`
	Rounds  int           `json:"rounds"`
	Runs    int           `json:"runs_per_round"`
	Peaks   []peak.Result `json:"peaks"`
	Results []result      `json:"results"`
	Absent  []absent      `json:"absent,omitempty"`
}

// result is one engine in one config.
type result struct {
	Engine  string `json:"engine"`
	Version string `json:"version"`
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
	MaxDiff float64 `json:"max_diff"` // of outputs, against the first engine of the config
}

// absent says why an engine is not in a config's rows.
type absent struct {
	Engine string `json:"engine"`
	config
	Why string `json:"why"`
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

// speedups fills in what threads gain.
func (r *report) speedups() {
	for i := range r.Results {
		x := &r.Results[i]
		one := x.config
		one.Threads = 1
		for _, y := range r.Results {
			if y.Engine == x.Engine && y.config == one {
				x.Speedup = y.MedianMs / x.MedianMs
			}
		}
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// print writes the table.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %.1f MMAC, on %s (%d processors, %s)\n", r.Model, float64(r.MACs)/1e6, r.CPU.Brand, r.CPU.Cores,
		r.CPU.ISA)
	fmt.Fprintf(w, "%d rounds of %d runs, engines in turn; ratio = median gneiss / median engine (least…most of the rounds)\n\n",
		r.Rounds, r.Runs)
	for i := range r.Peaks {
		fmt.Fprint(w, &r.Peaks[i])
	}
	var last config
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, x := range r.Results {
		if x.config != last {
			fmt.Fprintln(t)
			fmt.Fprintln(t, strings.Join([]string{x.DType, x.Cap, fmt.Sprintf("%d thread(s)", x.Threads)}, ", ")+
				"\tmedian ms\tmin ms\tgneiss/it\trounds\tspeed-up\tGMAC/s\t%peak\tpeak RSS MB\ttop-1\tmax diff\t")
			last = x.config
		}
		ratio, spread, speedup := "–", "–", "–"
		if x.Speedup > 0 && x.Threads > 1 {
			speedup = fmt.Sprintf("%.2f", x.Speedup)
		}
		if x.Ratio > 0 {
			ratio, spread = fmt.Sprintf("%.3f", x.Ratio), fmt.Sprintf("%.2f…%.2f", x.RatioLo, x.RatioHi)
		}
		fmt.Fprintf(t, "%s %s\t%.2f\t%.2f\t%s\t%s\t%s\t%.1f\t%.0f\t%.0f\t%d\t%.1e\t\n", x.Engine, x.Version, x.MedianMs,
			x.MinMs, ratio, spread, speedup,
			x.GMACs, 100*x.Peak, float64(x.RSS)/1e6, x.Top1, x.MaxDiff)
	}
	t.Flush()
	if len(r.Absent) > 0 {
		fmt.Fprintln(w, "\nNot compared:")
	}
	for _, a := range r.Absent {
		fmt.Fprintf(w, "  %s (%v): %s\n", a.Engine, a.config, a.Why)
	}
}
