package serve

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// exposition is what a scraper makes of the text format: values by series, types by family.
type exposition struct {
	values map[string]float64
	types  map[string]string
}

var (
	metaLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)$`)
)

// parseExposition reads the format strictly: samples follow the TYPE of their family, no series comes twice.
func parseExposition(text string) (*exposition, error) {
	e := &exposition{map[string]float64{}, map[string]string{}}
	family := ""
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			return nil, fmt.Errorf("the last line is not ended: %q", line)
		}
		line = strings.TrimSuffix(line, "\n")
		if m := metaLine.FindStringSubmatch(line); m != nil {
			if m[1] == "TYPE" {
				if e.types[m[2]] != "" {
					return nil, fmt.Errorf("two types of %s", m[2])
				}
				family, e.types[m[2]] = m[2], m[3]
			}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("no line of the format: %q", line)
		}
		name := m[1]
		if e.types[family] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				name = strings.TrimSuffix(name, suffix)
			}
		}
		if name != family {
			return nil, fmt.Errorf("%q stands under %q", line, family)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		series := m[1] + m[2]
		if _, twice := e.values[series]; twice {
			return nil, fmt.Errorf("%s comes twice", series)
		}
		e.values[series] = v
	}
	return e, nil
}

func TestMetricsText(t *testing.T) {
	m := newMetrics()
	m.request("/a", 200, 2*time.Millisecond)
	m.request("/a", 200, 2500*time.Microsecond) // a bound belongs to its bucket
	m.request("/a", 503, time.Minute)
	m.request(`/b"\`+"\n", 200, 0)
	m.inFlight.Add(2)
	m.rejected.Add(1)
	var b bytes.Buffer
	m.write(&b, []gauge{{"gneiss_x", "A \\ value\nin two lines.", []string{"k", `v"`}, math.Inf(1)}})
	e, err := parseExposition(b.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	for series, want := range map[string]float64{
		`gneiss_requests_total{route="/a",code="200"}`:                         2,
		`gneiss_requests_total{route="/a",code="503"}`:                         1,
		`gneiss_requests_total{route="/b\"\\\n",code="200"}`:                   1,
		`gneiss_request_duration_seconds_bucket{route="/a",le="0.001"}`:        0,
		`gneiss_request_duration_seconds_bucket{route="/a",le="0.0025"}`:       2,
		`gneiss_request_duration_seconds_bucket{route="/a",le="10"}`:           2,
		`gneiss_request_duration_seconds_bucket{route="/a",le="+Inf"}`:         3,
		`gneiss_request_duration_seconds_count{route="/a"}`:                    3,
		`gneiss_request_duration_seconds_sum{route="/a"}`:                      60.0045,
		`gneiss_request_duration_seconds_bucket{route="/b\"\\\n",le="0.0005"}`: 1,
		`gneiss_inference_duration_seconds_count`:                              0,
		`gneiss_rejected_total`:                                                1,
		`gneiss_requests_in_flight`:                                            2,
		`gneiss_x{k="v\""}`:                                                    math.Inf(1),
	} {
		if got, ok := e.values[series]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", series, got, ok, want)
		}
	}
	if want := `# HELP gneiss_x A \\ value\nin two lines.`; !strings.Contains(b.String(), want) {
		t.Errorf("no line %q", want)
	}
	if e.types["gneiss_requests_total"] != "counter" || e.types["gneiss_inference_duration_seconds"] != "histogram" ||
		e.types["gneiss_x"] != "gauge" {
		t.Errorf("types %v", e.types)
	}
}

// TestExpositionParser: the test's own reader refuses what a scraper would.
func TestExpositionParser(t *testing.T) {
	for _, bad := range []string{"a 1\n", "# TYPE a gauge\na 1", "# TYPE a gauge\na x\n", "# TYPE a gauge\na 1\na 1\n",
		"# TYPE a gauge\na{b=\"\"\"} 1\n", "# TYPE a gauge\na{b=\"\\q\"} 1\n",
		"# TYPE a gauge\n# TYPE a gauge\n", "# TYPE a gauge\n\n"} {
		if _, err := parseExposition(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
