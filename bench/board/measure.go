package board

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/bench/peak"
	"github.com/gneiss-go/gneiss/internal/built"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/family"
	"github.com/gneiss-go/gneiss/runtime"
)

// Options say what is measured.
type Options struct {
	Names    []string         // of the family's networks, and cifar10; nil: all
	Files    []string         // models beside them
	Each     time.Duration    // for the runs of one row; 0: two seconds
	Progress func(row string) // called before each row, if it is not nil
}

// checksumDigits are those of a checksum.
const checksumDigits = 16

// source is a network to be measured, in one type.
type source struct {
	name, dtype string
	build       func() (*runtime.Graph, error)
	options     []runtime.Option
	weights     int64 // about how many bytes it has; 0: not known
}

// Measure measures this machine. It returns an error only if the context ends or a name is unknown.
func Measure(ctx context.Context, o Options) (*Report, error) {
	start := time.Now()
	sources, err := o.sources()
	if err != nil {
		return nil, err
	}
	if o.Each <= 0 {
		o.Each = 2 * time.Second
	}
	progress := o.Progress
	if progress == nil {
		progress = func(string) {}
	}
	here := system{os.DirFS("/")}
	r := &Report{Schema: Schema, Time: start.UTC().Truncate(time.Second), Program: program(), Board: here.board(),
		CPU: machine.Info(), Before: here.state()}
	threads := []int{1}
	if n := goruntime.NumCPU(); n > 1 {
		threads = append(threads, n)
	}
	for _, n := range threads {
		progress(fmt.Sprintf("peaks, threads %d", n))
		r.Peaks = append(r.Peaks, peak.Measure(n))
	}
	progress("memory")
	r.Peaks[0].MeasureMemory()
	r.Before.MeasuredGHz = r.Peaks[0].ClockGHz
	r.Emulated = emulated(here, &r.Peaks[0])
	for i := range sources {
		for _, n := range threads {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			progress(fmt.Sprintf("%s, %s, threads %d", sources[i].name, sources[i].dtype, n))
			r.Nets = append(r.Nets, sources[i].measure(ctx, n, o.Each, here.memory("MemAvailable")))
			goruntime.GC()
		}
	}
	r.After = here.state()
	r.After.MeasuredGHz = peak.Measure(1).ClockGHz
	r.Seconds = time.Since(start).Seconds()
	return r, ctx.Err()
}

// emulated lists what speaks against hardware of its own. Vector arithmetic slower than one number at a time is no
// CPU's.
func emulated(s system, p *peak.Result) (why []string) {
	why = []string{}
	if f := s.foreign(goruntime.GOARCH); f != "" {
		why = append(why, f)
	}
	if one := p.For(kernels.F32, arch.Generic); arch.Best() != arch.Generic && vectorRate(p) < one {
		why = append(why, fmt.Sprintf("vector arithmetic is slower than scalar, %.2g of %.2g GMAC/s", vectorRate(p), one))
	}
	return why
}

// vectorRate is the best float rate of a loop of vectors.
func vectorRate(p *peak.Result) (best float64) {
	for _, x := range p.Rates {
		if x.DType == kernels.F32 && x.ISA != arch.Generic {
			best = max(best, x.GMACs)
		}
	}
	return best
}

func program() Program {
	p := Program{Go: goruntime.Version(), OS: goruntime.GOOS, Arch: goruntime.GOARCH}
	p.Version, p.Commit = built.From()
	return p
}

// sources lists what is measured: each network in each type.
func (o *Options) sources() (all []source, err error) {
	names := o.Names
	if names == nil {
		names = []string{"cifar10"}
		for _, n := range family.Networks {
			names = append(names, n.Name)
		}
	}
	for _, name := range names {
		if name == "cifar10" {
			all = append(all, inTypes(name, cifar10.Graph, cifar10.Int8, 2<<20)...)
			continue
		}
		n, err := family.Find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, inTypes(name, n.Float, n.Int8, 4*n.Weights)...)
	}
	for _, path := range o.Files {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		open := func() (*runtime.Graph, error) { return models.Open(path) }
		all = append(all, source{name: name, dtype: "file", build: open})
	}
	return all, nil
}

func inTypes(name string, float, int8 func() (*runtime.Graph, error), weights int64) []source {
	return []source{
		{name: name, dtype: "f32", build: float, weights: weights},
		{name: name, dtype: "half", build: float, options: []runtime.Option{runtime.WithHalf()}, weights: weights},
		{name: name, dtype: "int8", build: int8, weights: weights},
	}
}

// measure runs a network on some threads for some time. What it needs of memory, the graph's weights and the plan's,
// must be free twice.
func (s *source) measure(ctx context.Context, threads int, each time.Duration, freeMiB int) (n Net) {
	n = Net{Model: s.name, DType: s.dtype, Threads: threads}
	if need := 4 * s.weights >> 20; freeMiB > 0 && need > int64(freeMiB) {
		n.Error = fmt.Sprintf("skipped: takes %d MiB, %d are free", need, freeMiB)
		return n
	}
	if err := s.run(ctx, &n, each); err != nil {
		n.Error = err.Error()
	}
	return n
}

// maxRuns bounds the runs of a row.
const maxRuns = 200

func (s *source) run(ctx context.Context, n *Net, each time.Duration) error {
	g, err := s.build()
	if err != nil {
		return err
	}
	plan, err := runtime.CompileContext(ctx, g, append(slices.Clone(s.options), runtime.WithThreads(n.Threads))...)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	n.ISA, n.MACs, n.Arena, n.Weights = plan.ISA().String(), plan.MACs(), plan.ArenaSize(), plan.WeightBytes()
	var times []float64
	for start := time.Now(); len(times) < 3 || time.Since(start) < each && len(times) < maxRuns; {
		if err := fill(sess); err != nil {
			return err
		}
		t := time.Now()
		if err := sess.RunContext(ctx); err != nil {
			return err
		}
		times = append(times, float64(time.Since(t).Nanoseconds())/1e6)
	}
	n.Checksum = checksum(sess)
	times = times[1:] // the first one touches what the others find in place
	slices.Sort(times)
	n.Runs, n.MinMs, n.MedianMs, n.MaxMs = len(times), times[0], times[len(times)/2], times[len(times)-1]
	return nil
}

// fill writes the same numbers, from −2 to 2, on every machine.
func fill(sess *runtime.Session) error {
	for i, in := range sess.Plan().Inputs() {
		x := make([]float32, in.Shape.Elements())
		for k := range x {
			x[k] = float32(int32(uint32(k)*2654435761)>>24) / 64
		}
		if err := sess.Input(i).CopyFrom(x); err != nil {
			return err
		}
	}
	return nil
}

// checksum is that of all outputs' floats, lowest byte first.
func checksum(sess *runtime.Session) string {
	h := sha256.New()
	for i := range sess.Plan().Outputs() {
		out := sess.Output(i)
		x := make([]float32, sess.Plan().Outputs()[i].Shape.Elements())
		if err := out.CopyTo(x); err != nil {
			continue
		}
		for _, v := range x {
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:checksumDigits]
}
