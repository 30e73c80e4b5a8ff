package main

import (
	"strings"
	"testing"
	"time"
)

// TestProgress: the bar is drawn ten times a second at most, tells what is left, and goes when it is done.
func TestProgress(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	p := newProgress(&out, 4, false, "runs")
	p.Add(1)
	if out.Len() > 0 {
		t.Errorf("on what is no terminal: %q", &out)
	}
	p.w, p.now, p.start = &out, func() time.Time { return now }, now
	now = now.Add(2 * time.Second)
	p.Add(1)
	p.Add(1) // too soon after
	if want := "\rruns  50 % |" + strings.Repeat("█", 15) + strings.Repeat(" ", 15) + "| 2 of 4, 2s left"; out.String() != want {
		t.Errorf("%q, want %q", &out, want)
	}
	out.Reset()
	now = now.Add(time.Second)
	p.Set(4, -1)
	p.Finish()
	if s := out.String(); !strings.Contains(s, "100 %") || !strings.HasSuffix(s, "\r") || strings.Contains(s, "left") {
		t.Errorf("%q", s)
	}
	p = &progress{what: "googlenet", bytes: true, total: -1, done: 2_500_000, now: time.Now}
	if got := p.line(); got != "googlenet  2.5 MB" {
		t.Errorf("%q", got)
	}
	if p.Set(1, 10_000_000); !strings.Contains(p.line(), " 0.0 MB of 10.0 MB") {
		t.Errorf("%q", p.line())
	}
}
