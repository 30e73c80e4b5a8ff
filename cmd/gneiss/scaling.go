package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/runtime"
)

// scaling is what threads gain at most, by how steps divide: their times on one thread and the largest share of each.
type scaling struct {
	runtime.Balance
	Ms        float64 `json:"ms"` // of the steps, at best
	BarrierUs float64 `json:"barrier_us"`
}

// scalingThreads are the numbers of threads that --scaling looks at.
var scalingThreads = []int{1, 2, 4, 8}

// newScaling compiles the model for each number of threads, since the units of a step may depend on it. steps are
// those of one thread.
func newScaling(ctx context.Context, m *model, mf modelFlags, steps []benchStep) ([]scaling, error) {
	total := 0.0
	for _, s := range steps {
		total += s.Ms
	}
	each := reportUs()
	var all []scaling
	for _, n := range scalingThreads {
		mf.threads = n
		sess, err := mf.compile(ctx, m)
		if err != nil {
			return nil, err
		}
		us := each * float64(n-1)
		b := sess.Balance(func(i int) float64 {
			if i < len(steps) {
				return steps[i].Ms
			}
			return 0
		}, us/1e3)
		sess.Close()
		if len(b.Steps) != len(steps) {
			return nil, fmt.Errorf("%d steps with %d threads, %d with one: they cannot be compared", len(b.Steps), n, len(steps))
		}
		all = append(all, scaling{Balance: b, Ms: total / b.Speedup, BarrierUs: us})
	}
	return all, nil
}

// reportUs is what one worker adds to the cost of a step's end, in µs: workers report one after the other. It is
// measured with as many as this machine has processors for, so that it can be said of more.
func reportUs() float64 {
	n := min(goruntime.NumCPU(), scalingThreads[len(scalingThreads)-1])
	if n < 2 {
		return 0
	}
	return float64(runtime.MeasureBarrier(n).Nanoseconds()) / 1e3 / float64(n-1)
}

// printScaling prints the bounds and, for the last two numbers of threads, the steps that lose most by dividing
// unevenly: top of them, or all with 0.
func printScaling(out io.Writer, all []scaling, steps []benchStep, top int) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nthreads\tspeed-up at most\tms at least\tbarrier µs\t")
	for _, s := range all {
		fmt.Fprintf(w, "%d\t%.2f\t%.3f\t%.2f\t\n", s.Threads, s.Speedup, s.Ms, s.BarrierUs)
	}
	w.Flush()
	for _, s := range all[max(len(all)-2, 0):] {
		lost := func(i int) float64 { return steps[i].Ms * (s.Steps[i].Uneven - 1) / float64(s.Threads) }
		order := make([]int, 0, len(steps))
		for i := range steps {
			if lost(i) > 0 {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost(b), lost(a)) })
		if top > 0 && len(order) > top {
			order = order[:top]
		}
		fmt.Fprintf(out, "\nuneven on %d threads\n", s.Threads)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "ms lost\tms on one\tunits\tlargest share over mean\t kernel, name")
		for _, i := range order {
			fmt.Fprintf(w, "%.3f\t%.3f\t%d\t%.2f\t %s, %s\n", lost(i), steps[i].Ms, s.Steps[i].Units, s.Steps[i].Uneven,
				steps[i].Kernel, steps[i].Name)
		}
		w.Flush()
	}
}
