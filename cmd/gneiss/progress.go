package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress is a bar on the last line of a terminal. Its methods may be called from any goroutine.
type progress struct {
	mu    sync.Mutex
	w     io.Writer // nil: there is no terminal, and nothing is drawn
	what  string
	bytes bool // of a file, not things counted
	done  int64
	total int64 // −1 while it is unknown
	drawn time.Time
	wide  int // letters of the last drawing
	now   func() time.Time
	start time.Time
}

// newProgress is a progress bar on stderr if that is a terminal, and nothing otherwise. A total of −1 is unknown.
func newProgress(stderr io.Writer, total int64, bytes bool, what string) *progress {
	p := &progress{what: what, bytes: bytes, total: total, now: time.Now, start: time.Now()}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = stderr
	}
	return p
}

// Add counts n more, Set counts anew, of total where that is known by now (−1 leaves it).
func (p *progress) Add(n int64) { p.change(func() { p.done += n }) }

func (p *progress) Set(done, total int64) {
	p.change(func() {
		p.done = done
		if total > 0 {
			p.total = total
		}
	})
}

func (p *progress) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	if p.w == nil || p.now().Sub(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = p.now()
	line := p.line()
	wide := len([]rune(line))
	fmt.Fprint(p.w, "\r", line, strings.Repeat(" ", max(0, p.wide-wide)))
	p.wide = wide
}

// Finish takes the bar off the terminal.
func (p *progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wide > 0 {
		fmt.Fprint(p.w, "\r", strings.Repeat(" ", p.wide), "\r")
		p.wide = 0
	}
}

// line is what stands on the terminal: the name, the share that is done, and the time that is left at this rate.
func (p *progress) line() string {
	count := func(n int64) string {
		if p.bytes {
			return fmt.Sprintf("%.1f MB", float64(n)/1e6)
		}
		return fmt.Sprint(n)
	}
	if p.total <= 0 {
		return p.what + "  " + count(p.done)
	}
	share := min(1, float64(p.done)/float64(p.total))
	line := fmt.Sprintf("%s %3.0f %% |%s| %s of %s", p.what, 100*share, bar(share, 30), count(p.done), count(p.total))
	if spent := p.now().Sub(p.start); spent > time.Second && p.done > 0 && share < 1 {
		left := time.Duration(float64(spent) * (1 - share) / share)
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return line
}
