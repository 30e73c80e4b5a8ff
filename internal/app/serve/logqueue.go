package serve

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what waits to be logged.
const (
	maxLogLines = 4096
	maxLogBytes = 1 << 20
)

// LogQueue is a writer of log lines that never waits. Lines go to another writer in their order; those for which
// there is no room, because that one stalls, and those it fails to write are counted and lost.
type LogQueue struct {
	lines   chan []byte
	bytes   atomic.Int64 // of the lines
	dropped atomic.Int64
	once    sync.Once
	closed  chan struct{}
	done    chan struct{} // all is written
}

// NewLogQueue starts a queue before w, to be ended by Close.
func NewLogQueue(w io.Writer) *LogQueue {
	q := &LogQueue{lines: make(chan []byte, maxLogLines), closed: make(chan struct{}), done: make(chan struct{})}
	go q.run(w)
	return q
}

// Write takes one line, or drops it. It never fails.
func (q *LogQueue) Write(line []byte) (int, error) {
	n := int64(len(line))
	select {
	case <-q.closed:
		q.dropped.Add(1)
		return len(line), nil
	default:
	}
	if q.bytes.Add(n) <= maxLogBytes {
		select {
		case q.lines <- bytes.Clone(line):
			return len(line), nil
		default:
		}
	}
	q.bytes.Add(-n)
	q.dropped.Add(1)
	return len(line), nil
}

// Dropped is how many lines are lost.
func (q *LogQueue) Dropped() int64 { return q.dropped.Load() }

// Close waits until the lines are written, at most that long. Lines that come later are lost.
func (q *LogQueue) Close(atMost time.Duration) {
	q.once.Do(func() { close(q.closed) })
	select {
	case <-q.done:
	case <-time.After(atMost):
	}
}

func (q *LogQueue) run(w io.Writer) {
	defer close(q.done)
	for {
		select {
		case line := <-q.lines:
			q.put(w, line)
			continue
		default:
		}
		select {
		case line := <-q.lines:
			q.put(w, line)
		case <-q.closed:
			if len(q.lines) == 0 {
				return
			}
		}
	}
}

func (q *LogQueue) put(w io.Writer, line []byte) {
	q.bytes.Add(-int64(len(line)))
	if _, err := w.Write(line); err != nil {
		q.dropped.Add(1)
	}
}
