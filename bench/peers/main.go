// Peers compares gneiss with other inference engines: the same networks, weights and picture, in turn.
//
//	go run ./bench/peers                            # GoogLeNet, seeded weights, all engines that are installed
//	go run ./bench/peers --models zoo,family,net.onnx --dtype f32,int8 --threads 1 --json out.json --plot out.svg
//
// Every engine, gneiss too, is a process of its own that loads the network once and stays. Before anything is timed
// their outputs are compared. Then they run in rounds, A B C A B C, so that a drift of the machine hits all alike.
// bench/README.md tells how to read the tables. A peer that is not installed is named with the command that installs
// it.
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
)

type flags struct {
	setup
	models, json, plot, pack    string
	clock                       string
	threads, caps, dtypes, only string
	rounds, runs                int
	pause                       time.Duration
	install, child              bool
	tolerance, likeness         float64
}

func main() {
	var f flags
	flag.StringVar(&f.models, "models", seeded, "the networks, a `list`: googlenet (seeded weights), family, zoo, "+
		"ONNX or Caffe files, and folders of ONNX files")
	flag.Uint64Var(&f.seed, "seed", 1, "of the weights and the picture")
	flag.StringVar(&f.threads, "threads", "1,2", "threads, a `list`")
	flag.StringVar(&f.caps, "cap", "full,avx2", "instruction-set tiers to cap the engines at, a `list` (full: none)")
	flag.StringVar(&f.dtypes, "dtype", "f32", "f32, int8 or both, a `list`")
	flag.StringVar(&f.only, "engines", "", "engines to run, a `list` (default all)")
	flag.StringVar(&f.gneiss8, "gneiss-int8", "", "the quantised network for gneiss and ONNX Runtime, if there is one "+
		"network, a `file` (default: quantised by ranges from one run on the picture)")
	flag.IntVar(&f.rounds, "rounds", 10, "rounds")
	flag.IntVar(&f.runs, "runs", 8, "timed inferences of each engine in a round")
	flag.DurationVar(&f.pause, "pause", 100*time.Millisecond,
		"rest between engines, in which spinning threads of the last one go to sleep")
	flag.StringVar(&f.clock, "clock", "wall", "what to time by: wall, or cpu, the time that threads have run, which a "+
		"busy machine spoils less; it tells of one thread only")
	flag.Float64Var(&f.tolerance, "tolerance", 1e-4, "how far float outputs may differ, as a part of the largest "+
		"(of 1 if that is less)")
	flag.Float64Var(&f.likeness, "likeness", 0.9, "how well int8 outputs must correlate with float ones")
	flag.StringVar(&f.json, "json", "", "write all figures to this `file`")
	flag.StringVar(&f.plot, "plot", "", "draw how gneiss compares with the best of the others in this .svg `file`")
	flag.StringVar(&f.home, "home", defaultHome(), "where peers are installed, a `folder`")
	flag.BoolVar(&f.install, "install", false, "install the peers that are missing (apt-get, npm)")
	flag.StringVar(&f.dir, "input-dir", "", "export to this `folder`, and leave it (default: a temporary one)")
	flag.StringVar(&f.pack, "packed", "", "of --child: the compiled network, a `file`")
	flag.BoolVar(&f.child, "child", false, "serve inferences on stdin; used by this program itself")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(),
			"Compares gneiss with other engines on the same networks, weights and picture.\n\nusage: peers [flags]\n\n")
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
		return serveGneiss(f.pack, f.dir, configs[0], os.Stdin, os.Stdout)
	}
	if f.rounds < 1 || f.runs < 1 {
		return errors.New("--rounds and --runs must be at least 1")
	}
	if f.clock != "wall" && f.clock != cpuClock {
		return fmt.Errorf("--clock: %q is neither wall nor cpu", f.clock)
	}
	if err := os.Setenv(clockVariable, f.clock); err != nil { // for the children
		return err
	}
	chosen, err := f.engines()
	if err != nil {
		return err
	}
	if f.home, err = filepath.Abs(f.home); err != nil { // children may have another working folder
		return err
	}
	all, err := networks(f.models, f.home)
	if err != nil {
		return err
	}
	if f.gneiss8 != "" && len(all) > 1 {
		return fmt.Errorf("--gneiss-int8 is of one network, --models names %d", len(all))
	}
	r := report{Time: time.Now().UTC(), CPU: machine.Info(), Rounds: f.rounds, Runs: f.runs, Clock: f.clock}
	failed, err := f.compare(ctx, &r, all, configs, chosen)
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if wrote := f.write(&r); wrote != nil {
		return wrote
	}
	switch {
	case err != nil:
		return errors.New("interrupted; the table has what was finished")
	case failed:
		return errors.New("outputs do not agree; see the notes under the table")
	}
	return nil
}

// write prints the report and puts it into the files that were asked for.
func (f *flags) write(r *report) error {
	r.finish()
	r.print(os.Stdout)
	if f.json != "" {
		text, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if f.plot != "" {
		return r.draw(f.plot)
	}
	return nil
}

// compare runs the engines on all networks in all configs; failed tells of outputs that were wrong.
func (f *flags) compare(ctx context.Context, r *report, all []network, configs []config,
	chosen []engine) (bool, error) {
	failed := false
	parent := f.dir
	for i := range all {
		n := &all[i]
		var err error
		if n.file != "" {
			if n.file, err = filepath.Abs(n.file); err != nil {
				return failed, err
			}
		}
		if parent == "" {
			f.dir, err = os.MkdirTemp("", "gneiss-peers-")
		} else if f.dir, err = filepath.Abs(filepath.Join(parent, n.Name)); err == nil {
			err = os.MkdirAll(f.dir, 0o755)
		}
		if err != nil {
			return failed, err
		}
		ok, err := f.contests(ctx, r, n, configs, chosen)
		if parent == "" {
			os.RemoveAll(f.dir)
		}
		if err != nil {
			return failed, err
		}
		failed = failed || !ok
	}
	return failed, nil
}

func (f *flags) contests(ctx context.Context, r *report, n *network, configs []config, chosen []engine) (bool, error) {
	if err := f.export(n, slices.Contains(list(f.dtypes), "int8")); err != nil {
		return false, fmt.Errorf("%s: %w", n.Name, err)
	}
	r.Networks = append(r.Networks, *n)
	all := true
	for _, c := range configs {
		ok, err := f.contest(ctx, r, *n, c, chosen)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
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

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
