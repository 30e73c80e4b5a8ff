package main

import (
	"sync"
	"time"
)

// frame is one picture from a source.
type frame struct {
	data []byte    // used again for later frames
	at   time.Time // when it was complete
}

// mailbox hands the latest frame from the goroutine that captures to the one that classifies. A frame that nobody took
// before the next one came is dropped, so that a slow network sees fresh pictures and not a growing queue.
//
// There are three frames: one is being filled, one waits, one is being looked at. None is ever made anew.
type mailbox struct {
	mu      sync.Mutex
	waiting *frame
	free    []*frame
	dropped int
	err     error         // why no more frames come
	news    chan struct{} // has an element when there is something to take
}

func newMailbox() *mailbox {
	return &mailbox{free: []*frame{{}, {}, {}}, news: make(chan struct{}, 1)}
}

// empty returns a frame to fill. The caller puts or releases it before it asks for another.
func (m *mailbox) empty() *frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.free) - 1
	f := m.free[last]
	m.free = m.free[:last]
	return f
}

// put makes f the latest frame.
func (m *mailbox) put(f *frame) {
	m.mu.Lock()
	if m.waiting != nil {
		m.free = append(m.free, m.waiting)
		m.dropped++
	}
	m.waiting = f
	m.mu.Unlock()
	m.notify()
}

// take returns the frame that waits, or nil. After close it returns the frame that still waits, if any, and then the
// error of close. The caller releases the frame before it takes another, and waits for news when there is none.
func (m *mailbox) take() (*frame, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.waiting
	m.waiting = nil
	if f == nil {
		return nil, m.err
	}
	return f, nil
}

// release gives a frame back.
func (m *mailbox) release(f *frame) {
	m.mu.Lock()
	m.free = append(m.free, f)
	m.mu.Unlock()
}

// close says why no more frames come.
func (m *mailbox) close(err error) {
	m.mu.Lock()
	m.err = err
	m.mu.Unlock()
	m.notify()
}

// drops returns the number of frames that nobody took.
func (m *mailbox) drops() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dropped
}

func (m *mailbox) notify() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}
