// Peers compares gneiss with other inference engines: one network, one set of weights, one picture, in turn.
//
//	go run ./bench/peers                            # GoogLeNet, seeded weights, all engines that are installed
//	go run ./bench/peers --model x.caffemodel --threads 1,2 --cap full,avx2 --json out.json --plot out.svg
//
// Every engine, gneiss too, is a process of its own that loads the network once and stays. Before anything is timed
// their outputs are compared. Then they run in rounds, A B C A B C, so that a drift of the machine hits all alike.
// bench/README.md tells how to read the table. A peer that is not installed is named with the command that installs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

type flags struct {
	setup
	scales, json, plot, pack    string
	threads, caps, dtypes, only string
	rounds, runs                int
	pause                       time.Duration
	install, child              bool
	tolerance                   float64
}

func main() {
	var f flags
	flag.StringVar(&f.model, "model", "",
		"the network: a .caffemodel or .onnx `file`; without it GoogLeNet with seeded weights")
	flag.Uint64Var(&f.seed, "seed", 1, "of the weights and the picture")
	flag.StringVar(&f.threads, "threads", "1,2", "threads, a `list`")
	flag.StringVar(&f.caps, "cap", "full,avx2", "instruction-set tiers to cap the engines at, a `list` (full: none)")
	flag.StringVar(&f.dtypes, "dtype", "f32", "f32, int8 or both, a `list`")
	flag.StringVar(&f.only, "engines", "", "engines to run, a `list` (default all)")
	flag.StringVar(&f.gneiss8, "gneiss-int8", "",
		"the quantised network for gneiss, a `file` (default: quantised by ranges from one run on the picture)")
	flag.StringVar(&f.scales, "scales", "",
		"activation scales for oneDNN in int8, a `file` of lines \"name scale\" (default: from one run on the picture)")
	flag.StringVar(&f.qdq, "onnx-int8", "", "the quantised network for ONNX Runtime, an .onnx `file` with QDQ nodes")
	flag.IntVar(&f.rounds, "rounds", 10, "rounds")
	flag.IntVar(&f.runs, "runs", 8, "timed inferences of each engine in a round")
	flag.DurationVar(&f.pause, "pause", 100*time.Millisecond,
		"rest between engines, in which spinning threads of the last one go to sleep")
	flag.Float64Var(&f.tolerance, "tolerance", 1e-4, "how far float outputs may differ")
	flag.StringVar(&f.json, "json", "", "write all figures to this `file`")
	flag.StringVar(&f.plot, "plot", "", "draw the medians as bars in this .svg `file`")
	flag.StringVar(&f.home, "home", defaultHome(), "where peers are installed, a `folder`")
	flag.BoolVar(&f.install, "install", false, "install the peers that are missing (apt-get, npm)")
	flag.StringVar(&f.dir, "input-dir", "", "export to this `folder`, and leave it (default: a temporary one)")
	flag.StringVar(&f.pack, "packed", "", "of --child: the compiled network, a `file`")
	flag.BoolVar(&f.child, "child", false, "serve inferences on stdin; used by this program itself")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(),
			"Compares gneiss with other engines on the same network, weights and picture.\n\nusage: peers [flags]\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := f.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func defaultHome() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "gneiss-peers")
}

func (f *flags) run(ctx context.Context) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	configs, err := f.configs()
	if err != nil {
		return err
	}
	if f.child {
		return serveGneiss(f.model, f.pack, f.seed, configs[0], os.Stdin, os.Stdout)
	}
	if f.rounds < 1 || f.runs < 1 {
		return errors.New("--rounds and --runs must be at least 1")
	}
	chosen, err := f.engines()
	if err != nil {
		return err
	}
	g, err := openGraph(f.model, f.seed)
	if err != nil {
		return err
	}
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "gneiss-peers-"); err != nil {
			return err
		}
		defer os.RemoveAll(f.dir)
	} else if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	// children may have another working folder
	for _, p := range []*string{&f.dir, &f.home, &f.model, &f.qdq, &f.gneiss8} {
		if *p != "" {
			if *p, err = filepath.Abs(*p); err != nil {
				return err
			}
		}
	}
	if err := f.export(g, f.scales, slices.Contains(list(f.dtypes), "int8")); err != nil {
		return err
	}
	r := report{Time: time.Now().UTC(), CPU: machine.Info(), Model: modelName(g, f.model), MACs: bench.MACs(g),
		Rounds: f.rounds, Runs: f.runs}
	failed := false
	for _, c := range configs {
		ok, err := f.contest(ctx, &r, c, chosen)
		if errors.Is(err, context.Canceled) {
			r.print(os.Stdout) // what there is
			return errors.New("interrupted; the table has what was finished")
		}
		if err != nil {
			return err
		}
		failed = failed || !ok
	}
	r.speedups()
	r.print(os.Stdout)
	if f.json != "" {
		text, err := json.MarshalIndent(&r, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if f.plot != "" {
		if err := r.draw(f.plot); err != nil {
			return err
		}
	}
	if failed {
		return errors.New("outputs do not agree; see the notes under the table")
	}
	return nil
}

// contestant is an engine that runs.
type contestant struct {
	*child
	result
}

// errWrong: an engine's output is not to be trusted.
var errWrong = fmt.Errorf("%w be trusted", errCannot)

// contest runs the engines in one config and appends their rows; ok is false if an output was wrong.
func (f *flags) contest(ctx context.Context, r *report, c config, chosen []engine) (ok bool, err error) {
	fmt.Fprintf(os.Stderr, "%v:", c)
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
	var first []float32
	ok = true
	for _, e := range chosen {
		x, err := f.enter(e, c, &first)
		if err != nil {
			ok = ok && !errors.Is(err, errWrong)
			if !errors.Is(err, errCannot) && e.how != "" {
				err = fmt.Errorf("%w; to install: %s", err, e.how)
			}
			r.Absent = append(r.Absent, absent{e.name, c, oneLine(err)})
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
		x.summarise(r.MACs, best)
	}
	for _, x := range all {
		if all[0].Engine == "gneiss" {
			x.compare(&all[0].result)
		}
		r.Results = append(r.Results, x.result)
	}
	return ok, nil
}

// enter starts an engine and compares its output with the first engine's, or makes that the first.
func (f *flags) enter(e engine, c config, first *[]float32) (*contestant, error) {
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
	x := &contestant{ch, result{Engine: e.name, Version: ch.version, config: c}}
	out, err := ch.output(f.dir)
	if err == nil && *first == nil {
		*first = out
	}
	if err == nil {
		x.Top1 = argmax(out)
		x.MaxDiff, err = f.agree(c, *first, out)
	}
	if err != nil {
		ch.stop()
		return nil, fmt.Errorf("%w: %w", errWrong, err)
	}
	return x, nil
}

// agree compares an engine's output with the first one's: the same best class and, for float, the same numbers.
func (f *flags) agree(c config, want, got []float32) (float64, error) {
	if len(got) != len(want) {
		return 0, fmt.Errorf("%d outputs, the first engine has %d", len(got), len(want))
	}
	diff := 0.0
	for i := range got {
		d := float64(got[i]) - float64(want[i])
		if d != d {
			return d, fmt.Errorf("output %d is not a number", i)
		}
		diff = max(diff, max(d, -d))
	}
	if a, b := argmax(got), argmax(want); a != b {
		return diff, fmt.Errorf("best class %d, the first engine's is %d", a, b)
	}
	if c.DType == "f32" && diff > f.tolerance {
		return diff, fmt.Errorf("outputs differ by %g, more than %g", diff, f.tolerance)
	}
	return diff, nil
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

// configs is every combination of --dtype, --cap and --threads.
func (f *flags) configs() ([]config, error) {
	var all []config
	for _, dtype := range list(f.dtypes) {
		if dtype != "f32" && dtype != "int8" {
			return nil, fmt.Errorf("--dtype: %q is neither f32 nor int8", dtype)
		}
		for _, limit := range list(f.caps) {
			if limit != "full" {
				if _, err := arch.ParseISA(limit); err != nil {
					return nil, fmt.Errorf("--cap: %w", err)
				}
			}
			for _, threads := range list(f.threads) {
				n, err := strconv.Atoi(threads)
				if err != nil || n < 1 {
					return nil, fmt.Errorf("--threads: %q is not a positive number", threads)
				}
				all = append(all, config{dtype, limit, n})
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("nothing to compare: --dtype, --cap or --threads is empty")
	}
	return all, nil
}

// engines are those that --engines names, in the order of the table.
func (f *flags) engines() ([]engine, error) {
	want := list(f.only)
	var all []engine
	for _, e := range engines {
		if len(want) == 0 || slices.Contains(want, e.name) {
			all = append(all, e)
		}
	}
	for _, w := range want {
		if !slices.ContainsFunc(all, func(e engine) bool { return e.name == w }) {
			return nil, fmt.Errorf("--engines: there is no %q", w)
		}
	}
	return all, nil
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func modelName(g *runtime.Graph, file string) string {
	if file == "" {
		return g.Name + " (seeded weights)"
	}
	return filepath.Base(file)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
