package mutate_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/memory"
	"github.com/gneiss-go/gneiss/internal/test/guard"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/ncnn"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/models/tflite"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	files = flag.Int("files", number("GNEISS_MUTATIONS", 3000), "files to try")
	seed  = flag.Int("seed", 1, "of the first file: a range of seeds goes on where another ended")
	keep  = flag.String("keep", "", "folder for files that fail; a temporary one by default")
)

// number is what an environment variable says, or another number.
func number(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return or
}

// What a file may take, whatever is in it. Times are those of a processor.
const (
	mostTime   = 2 * time.Second // of loading, of compiling, and of a run whose context ends
	mostMemory = 1 << 29         // bytes allocated in all
	patience   = 300 * time.Millisecond
)

// tight are limits under which the files that are refused cost nothing and those that are not little.
var tight = runtime.Limits{MaxNodes: 200, MaxElements: 1 << 16, MaxWeights: 1 << 17, MaxMACs: 1 << 26}

// outcome is how far a file came.
type outcome int

const (
	refused outcome = iota // by the importer
	uncompiled
	tooLarge // to be run here
	interrupted
	ran
	outcomes
)

func (o outcome) String() string {
	return [...]string{"refused at load", "refused at compile", "too large to run", "interrupted", "ran"}[o]
}

// TestMutations tries files that were good: each is refused with an error that says why, or runs, within what a file
// may take and within its memory.
func TestMutations(t *testing.T) {
	d := driver{t: t, corpora: corpora(t), dir: *keep}
	if d.dir == "" {
		d.dir = filepath.Join(os.TempDir(), "gneiss-mutations")
	}
	workers := goruntime.GOMAXPROCS(0)
	var all sync.WaitGroup
	finished := make(chan struct{})
	start := time.Now()
	for range workers {
		w := &worker{driver: &d, arena: guard.Bytes(t, guard.End, 1<<20), file: guard.Bytes(t, guard.End, 1<<18)}
		d.workers = append(d.workers, w)
	}
	go d.watch(finished)
	restore := memory.New
	memory.New = d.memory
	defer func() { memory.New = restore }()
	for _, w := range d.workers {
		all.Go(w.work)
	}
	all.Wait()
	close(finished)
	took := time.Since(start)
	t.Logf("seeds %d to %d: %d files in %.1f s, %.0f a second on each of %d threads", *seed, *seed+*files-1, *files,
		took.Seconds(),
		float64(*files)/took.Seconds()/float64(workers), workers)
	for f, counts := range d.counts {
		t.Logf("%-10s %v", kind(f), counts)
	}
	t.Logf("the slowest: %v of seed %d", d.slowest, d.slowSeed)
	if *files >= 1000 && d.counts.of(ran) < *files/20 {
		t.Errorf("only %d of %d files ran: mutations no longer reach what is behind the importers", d.counts.of(ran), *files)
	}
}

type driver struct {
	t       testing.TB
	corpora *corpus
	dir     string
	workers []*worker
	next    atomic.Int64

	alone    sync.RWMutex // held by a worker that measures what a file takes
	making   sync.Mutex   // of a session, for maker
	maker    *worker
	mu       sync.Mutex // of what follows
	counts   tally
	slowest  time.Duration
	slowSeed int
	failed   int
}

type tally [kinds]counts
type counts [outcomes]int

func (c counts) String() string {
	s := ""
	for o, n := range c {
		s += fmt.Sprintf("%6d %v; ", n, outcome(o))
	}
	return s
}

func (t *tally) of(o outcome) (n int) {
	for _, c := range t {
		n += c[o]
	}
	return n
}

type worker struct {
	*driver
	arena, file []byte // between inaccessible pages
	side        guard.Side
	seed        atomic.Int64
	since       atomic.Int64 // when the file at hand was begun
	phase       atomic.Pointer[string]
}

// memory is a session's: of the worker that makes it, at one end of what it has.
func (d *driver) memory(n int) []byte {
	w := d.maker
	// pointers are checked only where Go allocates; pages end where an allocation does
	if n > len(w.arena) || slowdown > 1 {
		const page = 8 << 10
		buf := make([]byte, (n+page-1)/page*page+4*page)
		return buf[len(buf)-n:]
	}
	b := w.arena[:n:n]
	if w.side == guard.End {
		b = w.arena[len(w.arena)-n:]
	}
	clear(b)
	return b
}

// watch reports files that take far too long, which may never end.
func (d *driver) watch(finished <-chan struct{}) {
	for {
		select {
		case <-finished:
			return
		case <-time.After(time.Second):
		}
		for _, w := range d.workers {
			if since := w.since.Load(); since != 0 && time.Since(time.Unix(0, since)) > 5*time.Minute {
				debug.SetTraceback("all")
				panic(fmt.Sprintf("seed %d: %s does not end", w.seed.Load(), *w.phase.Load()))
			}
		}
	}
}

func (w *worker) work() {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	debug.SetPanicOnFault(true)
	for {
		i := int(w.next.Add(1)) - 1
		if i >= *files || w.t.Failed() && w.failed >= 20 {
			return
		}
		w.alone.RLock()
		before := allocated()
		k, o, took := w.try(*seed + i)
		used := allocated() - before
		w.alone.RUnlock()
		if used > mostMemory { // or other workers did
			w.alone.Lock()
			before = allocated()
			w.try(*seed + i)
			if used = allocated() - before; used > mostMemory {
				w.fail(*seed+i, nil, "%d MiB were allocated", used>>20)
			}
			w.alone.Unlock()
		}
		w.mu.Lock()
		w.counts[k][o]++
		if took > w.slowest {
			w.slowest, w.slowSeed = took, *seed+i
		}
		w.mu.Unlock()
	}
}

// allocated is how many bytes have been allocated since the beginning.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func (w *worker) fail(seed int, file []byte, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed++
	path := ""
	if file != nil {
		path = filepath.Join(w.dir, strconv.Itoa(seed))
		if err := os.MkdirAll(w.dir, 0o755); err != nil {
			w.t.Error(err)
		} else if err := os.WriteFile(path, file, 0o644); err != nil {
			w.t.Error(err)
		}
	}
	w.t.Errorf("seed %d: %s %s", seed, fmt.Sprintf(format, args...), path)
}

// try makes the file of a seed and uses it.
func (w *worker) try(seed int) (k kind, o outcome, took time.Duration) {
	r := rand.New(rand.NewPCG(uint64(seed), 77))
	k = kind(r.IntN(int(kinds)))
	w.seed.Store(int64(seed))
	w.since.Store(time.Now().UnixNano())
	defer w.since.Store(0)
	making := "making a file"
	w.phase.Store(&making)
	o, took = w.use(k, seed, w.corpora.make(k, r, uint64(seed)))
	return k, o, took
}

// use does with a file what a program does: loads, compiles and runs it, with options that the seed chooses.
func (w *worker) use(k kind, seed int, file []byte) (o outcome, took time.Duration) {
	r := rand.New(rand.NewPCG(uint64(seed), 78))
	w.side = guard.Sides[r.IntN(2)]
	defer func() {
		if fault := recover(); fault != nil {
			w.fail(seed, file, "%v\n%s", fault, debug.Stack())
		}
	}()
	timed := func(phase string, do func()) {
		w.phase.Store(&phase)
		start := cpuTime()
		do()
		d := cpuTime() - start
		took += d
		if d > mostTime*slowdown {
			w.fail(seed, file, "%s took %v", phase, d)
		}
	}
	limits := tight
	if r.IntN(16) == 0 && k != kindPrototxt { // which is given as many random weights as it asks for
		limits = runtime.DefaultLimits
	}
	opts := []runtime.Option{runtime.WithISA(pick(r, arch.Supported())), runtime.WithThreads(1),
		runtime.WithLimits(limits)}
	if r.IntN(4) == 0 {
		opts = append(opts, runtime.WithMemory(runtime.Small))
	}
	var g *runtime.Graph
	var p *runtime.Plan
	var err error
	switch {
	case k == kindGneiss && r.IntN(2) == 0:
		timed("loading a plan", func() { p, err = runtime.Load(w.guarded(file), opts...) })
	case k == kindGneiss && r.IntN(2) == 0:
		timed("loading a model", func() {
			var m *models.Model
			if m, err = models.Load(w.guarded(file), opts...); err == nil {
				p = m.Plan
			}
		})
	default:
		timed("loading", func() { g, err = w.load(k, file, limits) })
		if err == nil && k != kindGneiss { // what is in a .gneiss file is not for ReadGraph to judge
			if _, err := card.Decode(g.Card); err != nil {
				w.fail(seed, file, "an importer's card: %v", err)
			}
		}
	}
	if err != nil {
		if !typed(err) {
			w.fail(seed, file, "an error of no type: %v", err)
		}
		return refused, took
	}
	if p == nil {
		timed("compiling", func() { p, err = runtime.Compile(g, opts...) })
		if err != nil {
			if !typed(err) {
				w.fail(seed, file, "an error of no type: %v", err)
			}
			return uncompiled, took
		}
	}
	if p.ArenaSize() > 1<<26 {
		return tooLarge, took
	}
	timed("running", func() { o = w.run(seed, file, p, uint64(seed)) })
	return o, took
}

// guarded is a copy of a file at one end of memory between inaccessible pages, if it fits.
func (w *worker) guarded(file []byte) []byte {
	if len(file) > len(w.file) {
		return file
	}
	b := w.file[:len(file):len(file)]
	if w.side == guard.End {
		b = w.file[len(w.file)-len(file):]
	}
	copy(b, file)
	return b
}

func (w *worker) load(k kind, file []byte, limits runtime.Limits) (*runtime.Graph, error) {
	b := w.guarded(file)
	switch k {
	case kindONNX:
		g, err := onnx.Load(b, onnx.WithLimits(limits))
		if errors.Is(err, runtime.ErrShape) { // an open size, it may be; an option that nothing asks for is an error
			return onnx.Load(b, onnx.WithLimits(limits), onnx.WithInputShape(3, 8, 8))
		}
		return g, err
	case kindCaffe:
		return caffe.Load(b, nil, caffe.WithLimits(limits))
	case kindPrototxt:
		return caffe.Load(nil, b, caffe.WithLimits(limits), caffe.WithRandomWeights(1))
	case kindTFLite:
		return tflite.Load(b, tflite.WithLimits(limits))
	case kindNCNN:
		text, weights, _ := bytes.Cut(b, []byte{0})
		return ncnn.Load(text, weights, ncnn.WithLimits(limits))
	}
	return runtime.ReadGraph(b, runtime.WithLimits(limits))
}

// run runs a plan for a while.
func (w *worker) run(seed int, file []byte, p *runtime.Plan, noise uint64) outcome {
	w.making.Lock()
	w.maker = w
	s, err := p.NewSession()
	w.making.Unlock()
	if err != nil {
		w.fail(seed, file, "no session: %v", err)
		return tooLarge
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(noise, 1))
	for i := range p.Inputs() {
		in := s.Input(i).Float32()
		for k := range in {
			in[k] = r.Float32()*2 - 1
		}
	}
	const enough = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), enough)
	defer cancel()
	start := cpuTime()
	err = s.RunContext(ctx)
	if took := cpuTime() - start; took > (enough+patience)*slowdown {
		w.fail(seed, file, "a run for %v took %v", enough, took)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return interrupted
	case err != nil:
		w.fail(seed, file, "running: %v", err)
	}
	return ran
}

// typed reports whether an error says what kind of error it is.
func typed(err error) bool {
	var unsupported *runtime.UnsupportedError
	if errors.As(err, &unsupported) {
		return true
	}
	for _, of := range []error{runtime.ErrShape, runtime.ErrCorrupt, runtime.ErrLimit, runtime.ErrGraph,
		caffe.ErrNoWeights} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}
