package main

import (
	"encoding/json"
	"fmt"
	"io"
	goruntime "runtime"
	"time"
)

// stats counts what happened to frames. It belongs to the goroutine that looks at them.
type stats struct {
	start, last time.Time
	since       histogram // latencies since last
	total       histogram
	bad         int
	dropped     int // of the line before
}

// report is a line: of an interval, or of the whole run.
type report struct {
	Seconds  float64 `json:"seconds"` // since the start
	Final    bool    `json:"final"`
	Frames   int     `json:"frames"`   // that were looked at
	FPS      float64 `json:"fps"`      //
	P50      float64 `json:"p50_ms"`   // latency, from a complete frame to what it shows
	P95      float64 `json:"p95_ms"`   //
	P99      float64 `json:"p99_ms"`   //
	Dropped  int     `json:"dropped"`  // because a newer one came first
	Bad      int     `json:"bad"`      // that could not be read; since the start
	Reopened int     `json:"reopened"` // times that the camera was opened again; since the start
	Heap     float64 `json:"heap_mb"`  // in use
	RSS      float64 `json:"rss_mb"`   // of the process; 0 if unknown
	// user and system time of the process over its run, in per cent of one core; −1 if unknown
	CPU    float64 `json:"cpu_percent"`
	Class  string  `json:"class"` // of the last frame: the best, or "none"
	Score  float32 `json:"score"` // of a network that segments: the part of the frame that it has
	Things []thing `json:"things,omitempty"`
}

func newStats() *stats {
	now := time.Now()
	return &stats{start: now, last: now}
}

// frame counts one that was looked at.
func (s *stats) frame(latency time.Duration) { s.since.add(latency) }

// report sums up the time since the last report or, at the end, the whole run.
func (s *stats) report(dropped, reopened int, final bool) *report {
	now := time.Now()
	s.total.merge(&s.since)
	h, span, drops := &s.since, now.Sub(s.last), dropped-s.dropped
	if final {
		h, span, drops = &s.total, now.Sub(s.start), dropped
	}
	ms := func(p float64) float64 { return float64(h.quantile(p)) / float64(time.Millisecond) }
	var mem goruntime.MemStats
	goruntime.ReadMemStats(&mem)
	r := &report{
		Seconds: now.Sub(s.start).Seconds(), Final: final,
		Frames: h.count, FPS: float64(h.count) / max(span.Seconds(), 1e-9), P50: ms(0.5), P95: ms(0.95), P99: ms(0.99),
		Dropped: drops, Bad: s.bad, Reopened: reopened,
		Heap: float64(mem.HeapInuse) / 1e6, RSS: float64(residentBytes()) / 1e6, CPU: -1,
		Class: "none",
	}
	if used, ok := cpuTime(); ok {
		r.CPU = 100 * used.Seconds() / max(now.Sub(processStart).Seconds(), 1e-9)
	}
	s.last, s.dropped, s.since = now, dropped, histogram{}
	return r
}

// processStart is near enough to when the process began.
var processStart = time.Now()

// print writes the report in one line.
func (r *report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	what := r.what()
	if r.Final {
		what = fmt.Sprintf("%d frames in %.1f s", r.Frames, r.Seconds)
	}
	_, err := fmt.Fprintf(w, "%5.1f fps  latency p50 %.2f p95 %.2f p99 %.2f ms  dropped %d bad %d reopened %d  heap %.1f MB rss %.1f MB  cpu %.1f %%  %s\n",
		r.FPS, r.P50, r.P95, r.P99, r.Dropped, r.Bad, r.Reopened, r.Heap, r.RSS, r.CPU, what)
	return err
}
