// Package peak measures what one machine can do at best: multiply-accumulates that never leave the registers, the core
// clock, and the read bandwidth of each level of memory. Benchmarks report their rate as a share of it (%peak),
// measured in the same process, since clocks differ from machine to machine and from minute to minute.
//
//	r := peak.Measure(1)
//	r.For(kernels.F32, arch.AVX2) // GMAC/s of the best f32 loop at or below AVX2
//
// # Method
//
// Each loop runs in calls of about 100 µs; the rate is that of the tenth percentile of the calls' times, so that
// neither an interrupt nor a timer's hiccup counts. With n threads the loops run on n threads at once and the rates are
// added: on a machine whose processors share a core, two threads have less than twice the peak of one.
//
// # Contract
//
// amd64, arm64 and ARMv7 have loops of their own. Elsewhere, and with the tag purego, the float peak is that of a plain
// Go loop and stands for the generic tier only.
//
// # How to add a loop
//
// Write it in peak_GOARCH.s and add its row to loops.
package peak

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/kernels"
)

// loop is one register-only loop.
type loop struct {
	name     string
	dtype    kernels.DType // of the activations it could serve
	isa      arch.ISA
	requires arch.Feature
	macs     int // per pass
	run      func(n int)
}

// Rate is the measured rate of one loop.
type Rate struct {
	Name  string        `json:"name"`
	DType kernels.DType `json:"-"`
	ISA   arch.ISA      `json:"isa"`
	GMACs float64       `json:"gmacs"` // 10⁹ multiply-accumulates a second, all threads together
}

// Bandwidth is how fast one thread reads a buffer of that size again and again.
type Bandwidth struct {
	Level string  `json:"level"` // L1, L2, L3, DRAM
	Bytes int     `json:"bytes"`
	GBs   float64 `json:"gbs"` // 10⁹ bytes a second
}

// Result is what Measure found.
type Result struct {
	Threads  int         `json:"threads"`
	ClockGHz float64     `json:"clock_ghz"`            // under a light load; 0 when unknown
	HalfMACs float64     `json:"half_gmacs,omitempty"` // of float16 arithmetic; 0 where the CPU has none, or none known here
	Rates    []Rate      `json:"rates"`
	Read     []Bandwidth `json:"read,omitempty"` // only of MeasureMemory
}

const (
	callTime = 100 * time.Microsecond // of one call
	loopTime = 60 * time.Millisecond  // of one loop
)

// Measure times every loop this CPU can run, on n threads at once. It takes about half a second.
func Measure(threads int) Result {
	r := Result{Threads: max(threads, 1)}
	if run := runClock(); run != nil {
		r.ClockGHz = clockCycles * perNanosecond(run)
	}
	r.Rates = append(r.Rates, Rate{"f32_fma__generic", kernels.F32, arch.Generic, 8 * together(r.Threads, scalarLoop)})
	if run, macs := halfLoop(); run != nil {
		r.HalfMACs = float64(macs) * together(r.Threads, run)
	}
	for _, l := range loops {
		if arch.Features().Has(l.requires) {
			r.Rates = append(r.Rates, Rate{l.name, l.dtype, l.isa, float64(l.macs) * together(r.Threads, l.run)})
		}
	}
	return r
}

// MeasureMemory adds the read bandwidths of one thread to r. It takes about a second and 256 MiB.
func (r *Result) MeasureMemory() {
	cpu := machine.Info()
	sizes := []Bandwidth{{Level: "L1", Bytes: cpu.L1D * 3 / 4}, {Level: "L2", Bytes: cpu.L2 * 3 / 4}}
	largest := cpu.L2
	if cpu.L3 > 0 {
		sizes = append(sizes, Bandwidth{Level: "L3", Bytes: cpu.L3 / 2})
		largest = cpu.L3
	}
	sizes = append(sizes, Bandwidth{Level: "DRAM", Bytes: max(8*largest, 64<<20)})
	read := reader()
	for _, b := range sizes {
		b.Bytes &^= 255
		buf := make([]uint64, b.Bytes/8)
		for i := range buf {
			buf[i] = uint64(i) // one's own pages, not the kernel's page of zeros
		}
		p := unsafe.Pointer(unsafe.SliceData(buf))
		best := time.Duration(1 << 62)
		for start := time.Now(); time.Since(start) < 2*loopTime; {
			passes := max(1, (1<<20)/b.Bytes)
			t := time.Now()
			for range passes {
				for at := 0; at < b.Bytes; at += 1 << 20 { // calls short enough to be interrupted
					read(unsafe.Add(p, at), min(1<<20, b.Bytes-at))
				}
			}
			best = min(best, time.Since(t)/time.Duration(passes))
		}
		runtime.KeepAlive(buf)
		b.GBs = float64(b.Bytes) / float64(max(best, 1))
		r.Read = append(r.Read, b)
	}
}

// For returns the rate, in GMAC/s, of the best loop for activations of that type at or below the tier; 0 when there is
// none.
func (r *Result) For(dt kernels.DType, limit arch.ISA) float64 {
	best := 0.0
	for _, x := range r.Rates {
		if x.DType == dt && x.ISA <= limit {
			best = max(best, x.GMACs)
		}
	}
	return best
}

// String is a table of all rates.
func (r *Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "peak, %d thread(s), core clock %.2f GHz\n", r.Threads, r.ClockGHz)
	for _, x := range r.Rates {
		fmt.Fprintf(&b, "  %-20s %8.1f GMAC/s\n", x.Name, x.GMACs)
	}
	if r.HalfMACs > 0 {
		fmt.Fprintf(&b, "  %-20s %8.1f GMAC/s\n", "f16_fma", r.HalfMACs)
	}
	for _, x := range r.Read {
		fmt.Fprintf(&b, "  read %-4s %6d KiB    %8.1f GB/s\n", x.Level, x.Bytes>>10, x.GBs)
	}
	return b.String()
}

// together runs the loop on n threads at the same time and adds their passes per nanosecond.
func together(n int, run func(int)) float64 {
	rates := make([]float64, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait()
			rates[i] = perNanosecond(run)
		})
	}
	done.Wait()
	sum := 0.0
	for _, x := range rates {
		sum += x
	}
	return sum
}

// perNanosecond returns how many passes the loop makes in a nanosecond.
func perNanosecond(run func(int)) float64 {
	passes := 1
	for { // find the passes of one call; this also lets the clock rise
		t := time.Now()
		run(passes)
		if d := time.Since(t); d >= callTime {
			passes = max(1, int(float64(passes)*float64(callTime)/float64(d)))
			break
		}
		passes *= 2
	}
	var times []time.Duration
	for start := time.Now(); len(times) < 10 || time.Since(start) < loopTime; {
		t := time.Now()
		run(passes)
		times = append(times, time.Since(t))
	}
	slices.Sort(times)
	return float64(passes) / float64(max(times[len(times)/10], 1))
}

var sink float32

// scalarLoop makes eight multiply-accumulates a pass in plain Go, as the generic kernels do.
func scalarLoop(n int) {
	var a, b, c, d, e, f, g, h float32
	x, y := sink, float32(0.5)
	for range n {
		a = float32(a*y) + x
		b = float32(b*y) + x
		c = float32(c*y) + x
		d = float32(d*y) + x
		e = float32(e*y) + x
		f = float32(f*y) + x
		g = float32(g*y) + x
		h = float32(h*y) + x
	}
	discard(a + b + c + d + e + f + g + h)
}

//go:noinline
func discard(float32) {}

// readGeneric reads n bytes, a multiple of 256, in plain Go.
func readGeneric(p unsafe.Pointer, n int) {
	var a, b, c, d uint64
	for s := unsafe.Slice((*uint64)(p), n/8); len(s) >= 4; s = s[4:] {
		a, b, c, d = a|s[0], b|s[1], c|s[2], d|s[3]
	}
	discardInt(a | b | c | d)
}

//go:noinline
func discardInt(uint64) {}
