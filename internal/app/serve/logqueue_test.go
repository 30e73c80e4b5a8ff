package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate is a writer that waits until it is opened, and may fail.
type gate struct {
	open chan struct{}
	fail error
	mu   sync.Mutex
	text strings.Builder
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return 0, g.fail
	}
	return g.text.Write(p)
}

func TestLogQueue(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	q := NewLogQueue(g)
	const lines = 3 * maxLogLines
	for i := range lines {
		fmt.Fprintf(q, "line %d\n", i)
	}
	dropped := q.Dropped()
	if dropped < lines-maxLogLines-1 || dropped >= lines {
		t.Errorf("%d of %d lines dropped", dropped, lines)
	}
	start := time.Now()
	q.Close(20 * time.Millisecond)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("waited %v for a stalled log", took)
	}
	close(g.open)
	q.Close(10 * time.Second)
	fmt.Fprint(q, "late\n")
	g.mu.Lock()
	defer g.mu.Unlock()
	got := strings.Split(strings.TrimSuffix(g.text.String(), "\n"), "\n")
	if int64(len(got)) != lines-dropped || q.Dropped() != dropped+1 {
		t.Errorf("%d lines written, %d dropped of %d", len(got), q.Dropped(), lines)
	}
	last := -1
	for _, line := range got {
		var n int
		if _, err := fmt.Sscanf(line, "line %d", &n); err != nil || n <= last {
			t.Fatalf("%q after line %d", line, last)
		}
		last = n
	}
}

func TestLogQueueBytes(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	q := NewLogQueue(g)
	for range 64 {
		q.Write(make([]byte, maxLogBytes/16))
	}
	if d := q.Dropped(); d < 46 || d > 48 { // one line is being written
		t.Errorf("%d of 64 lines dropped, 16 fit", d)
	}
	if n, err := q.Write(make([]byte, 2*maxLogBytes)); n != 2*maxLogBytes || err != nil {
		t.Errorf("a line that never fits: %d, %v", n, err)
	}
	close(g.open)
	q.Close(10 * time.Second)
}

func TestLogQueueFails(t *testing.T) {
	g := &gate{open: make(chan struct{}), fail: errors.New("broken pipe")}
	close(g.open)
	q := NewLogQueue(g)
	for range 5 {
		fmt.Fprintln(q, "line")
	}
	q.Close(10 * time.Second)
	if d := q.Dropped(); d != 5 {
		t.Errorf("%d lines dropped", d)
	}
}

// TestStalledLog: a log that takes nothing delays no answer; the metrics say how much it has lost.
func TestStalledLog(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	q := NewLogQueue(g)
	defer close(g.open)
	s := newServer(t, Options{Log: slog.New(slog.NewTextHandler(q, nil)), LogDropped: q.Dropped})
	long := "/" + strings.Repeat("x", 10_000)
	for range maxLogLines + 100 {
		if w := do(s, "GET", long, nil); w.Code != 404 {
			t.Fatalf("status %d", w.Code)
		}
	}
	e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
	must(t, err)
	if n := e.values["gneiss_log_dropped_total"]; n < 99 || e.types["gneiss_log_dropped_total"] != "counter" {
		t.Errorf("%v lines dropped", n)
	}
	if n := q.bytes.Load(); n > maxLogBytes {
		t.Errorf("%d bytes wait to be logged", n)
	}
}
