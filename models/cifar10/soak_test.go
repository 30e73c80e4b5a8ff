package cifar10_test

import (
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/runtime"
)

// soakRuns is the number of inferences: GNEISS_SOAK, or the usual.
func soakRuns(t *testing.T, usual int) int {
	if v := os.Getenv("GNEISS_SOAK"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("GNEISS_SOAK=%q is no number of inferences", v)
		}
		return n
	}
	if testing.Short() {
		return usual / 10
	}
	return usual
}

// soakInput is the same pixels for the same picture.
func soakInput(dst []float32, picture int) {
	for i := range dst {
		dst[i] = float32((i*7919+picture*104729)%251)/64 - 2
	}
}

// resident returns the process's resident memory, and false where the system does not say.
func resident() (int, bool) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, after, ok := strings.Cut(string(b), "VmRSS:")
	if !ok {
		return 0, false
	}
	var kb int
	_, err = fmt.Sscan(after, &kb)
	return kb << 10, err == nil
}

// settled is what the heap holds once all garbage is gone, and the goroutines.
func settled() (heap, goroutines int) {
	for range 50 { // workers of closed sessions are on their way out
		if goruntime.NumGoroutine() <= 3 {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	var m goruntime.MemStats
	heap = math.MaxInt
	for range 10 { // what cleanups let go is garbage of the next collection
		debug.FreeOSMemory()
		goruntime.ReadMemStats(&m)
		if int(m.HeapAlloc) >= heap {
			break
		}
		heap = int(m.HeapAlloc)
		time.Sleep(2 * time.Millisecond)
	}
	return heap, goruntime.NumGoroutine()
}

// Eight goroutines run a session each and now and then close it and open another, of one or two threads. Every answer
// is that of the first, and neither memory nor goroutines grow.
func TestSoak(t *testing.T) {
	const sessions, pictures = 8, 5
	runs := soakRuns(t, 4000)
	g, err := cifar10.Int8()
	if err != nil {
		t.Fatal(err)
	}
	var plans []*runtime.Plan
	for threads := 1; threads <= 2; threads++ {
		p, err := runtime.Compile(g, runtime.WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	open := func(i int) *runtime.Session {
		s, err := plans[i%len(plans)].NewSession()
		if err != nil {
			t.Error(err)
			return nil
		}
		return s
	}
	var want [pictures][]float32
	s := open(0)
	for i := range want {
		soakInput(s.Input(0).Float32(), i)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		want[i] = slices.Clone(s.Output(0).Float32())
	}
	s.Close()
	heap, goroutines := settled()
	var done atomic.Int64
	var all sync.WaitGroup
	for id := range sessions {
		all.Go(func() {
			s := open(id)
			for n := 0; s != nil && done.Add(1) <= int64(runs); n++ {
				if n%211 == 210 {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
					if s = open(id + n); s == nil {
						return
					}
				}
				k := (id + n) % pictures
				soakInput(s.Input(0).Float32(), k)
				if err := s.Run(); err != nil {
					t.Error(err)
					break
				}
				if got := s.Output(0).Float32(); !slices.Equal(got, want[k]) {
					t.Errorf("session %d, run %d: %v, want %v", id, n, got, want[k])
					break
				}
			}
			if s != nil {
				s.Close()
			}
		})
	}
	all.Wait()
	heapAfter, goroutinesAfter := settled()
	t.Logf("%d inferences in %d sessions: heap %d → %d bytes, goroutines %d → %d", runs, sessions, heap, heapAfter,
		goroutines, goroutinesAfter)
	if heapAfter > heap+256<<10 || goroutinesAfter > goroutines {
		t.Error("something grew")
	}
}

// Loading, running and dropping the model again and again leaves nothing behind.
func TestSoakReload(t *testing.T) {
	loads := max(soakRuns(t, 10_000)/200, 5)
	once := func() {
		g, err := cifar10.Int8()
		if err != nil {
			t.Fatal(err)
		}
		p, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		soakInput(s.Input(0).Float32(), 1)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	for range 5 {
		once()
	}
	heap, goroutines := settled()
	before, known := resident()
	for range loads {
		once()
	}
	heapAfter, goroutinesAfter := settled()
	after, _ := resident()
	t.Logf("%d loads: heap %d → %d bytes, resident %d → %d, goroutines %d → %d", loads, heap, heapAfter, before, after,
		goroutines, goroutinesAfter)
	if heapAfter > heap+256<<10 || goroutinesAfter > goroutines || known && after > before+4<<20 {
		t.Error("something grew")
	}
}
