package serve

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// buckets are the upper bounds of the histograms, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// histogram counts durations. It may be used by several goroutines.
type histogram struct {
	counts []atomic.Int64 // one per bucket, and one for what is above
	nanos  atomic.Int64
}

func newHistogram() *histogram { return &histogram{counts: make([]atomic.Int64, len(buckets)+1)} }

func (h *histogram) observe(d time.Duration) {
	i, _ := slices.BinarySearch(buckets, d.Seconds())
	h.counts[i].Add(1)
	h.nanos.Add(int64(d))
}

// outcome is what requests are counted by. Routes are the patterns of the server, so that their number is fixed.
type outcome struct {
	route string
	code  int
}

// metrics is what the server counts.
type metrics struct {
	start     time.Time
	inFlight  atomic.Int64
	rejected  atomic.Int64
	inference *histogram

	mu       sync.Mutex
	requests map[outcome]int64
	latency  map[string]*histogram // by route
}

func newMetrics() *metrics {
	return &metrics{start: time.Now(), inference: newHistogram(), requests: map[outcome]int64{},
		latency: map[string]*histogram{}}
}

// request counts one that has been answered.
func (m *metrics) request(route string, code int, took time.Duration) {
	m.mu.Lock()
	m.requests[outcome{route, code}]++
	h := m.latency[route]
	if h == nil {
		h = newHistogram()
		m.latency[route] = h
	}
	m.mu.Unlock()
	h.observe(took)
}

// gauge is a value that is asked for when metrics are. One whose name ends in _total is a counter.
type gauge struct {
	name, help string
	labels     []string
	value      float64
}

// write writes everything in the text format of Prometheus, version 0.0.4, sorted.
func (m *metrics) write(b *bytes.Buffer, gauges []gauge) {
	m.mu.Lock()
	requests, latency := maps.Clone(m.requests), maps.Clone(m.latency)
	m.mu.Unlock()

	writeFamily(b, "gneiss_requests_total", "Requests answered, by route and status.", "counter")
	for _, o := range slices.SortedFunc(maps.Keys(requests), func(a, b outcome) int {
		if c := strings.Compare(a.route, b.route); c != 0 {
			return c
		}
		return a.code - b.code
	}) {
		writeSample(b, "gneiss_requests_total", float64(requests[o]), "route", o.route, "code", strconv.Itoa(o.code))
	}
	writeFamily(b, "gneiss_request_duration_seconds", "Time from the headers of a request to its answer, by route.",
		"histogram")
	for _, route := range slices.Sorted(maps.Keys(latency)) {
		latency[route].write(b, "gneiss_request_duration_seconds", "route", route)
	}
	writeFamily(b, "gneiss_inference_duration_seconds", "Time of the network alone.", "histogram")
	m.inference.write(b, "gneiss_inference_duration_seconds")
	writeFamily(b, "gneiss_rejected_total", "Requests refused because the queue or the places for bodies were full.",
		"counter")
	writeSample(b, "gneiss_rejected_total", float64(m.rejected.Load()))
	writeFamily(b, "gneiss_requests_in_flight", "Requests in progress.", "gauge")
	writeSample(b, "gneiss_requests_in_flight", float64(m.inFlight.Load()))
	for i, g := range gauges {
		kind := "gauge"
		if strings.HasSuffix(g.name, "_total") {
			kind = "counter"
		}
		if i == 0 || gauges[i-1].name != g.name {
			writeFamily(b, g.name, g.help, kind)
		}
		writeSample(b, g.name, g.value, g.labels...)
	}
}

// write writes a histogram's samples: buckets add up, the last is all.
func (h *histogram) write(b *bytes.Buffer, name string, labels ...string) {
	var total int64
	for i := range h.counts {
		total += h.counts[i].Load()
		bound := "+Inf"
		if i < len(buckets) {
			bound = number(buckets[i])
		}
		writeSample(b, name+"_bucket", float64(total), append(slices.Clip(labels), "le", bound)...)
	}
	writeSample(b, name+"_sum", time.Duration(h.nanos.Load()).Seconds(), labels...)
	writeSample(b, name+"_count", float64(total), labels...)
}

// writeFamily writes the lines that introduce a metric.
func writeFamily(b *bytes.Buffer, name, help, kind string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, escapeHelp.Replace(help), name, kind)
}

// writeSample writes one line: name{key="value",…} number. Labels are keys and values in turn.
func writeSample(b *bytes.Buffer, name string, v float64, labels ...string) {
	b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(b, `%s="%s"`, labels[i], escapeLabel.Replace(labels[i+1]))
	}
	if len(labels) > 1 {
		b.WriteByte('}')
	}
	b.WriteByte(' ')
	b.WriteString(number(v))
	b.WriteByte('\n')
}

// What the text format has escaped.
var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// number writes a value as the format has it: infinities with their sign, the shortest decimal else.
func number(v float64) string {
	return strconv.FormatFloat(v, 'g', -1, 64)
}
