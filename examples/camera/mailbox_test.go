package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

func send(m *mailbox, b byte) {
	f := m.empty()
	f.data = append(f.data[:0], b)
	m.put(f)
}

func TestMailbox(t *testing.T) {
	m, ctx := newMailbox(), t.Context()
	for b := range byte(5) {
		send(m, b)
	}
	f, err := m.take(ctx)
	if err != nil || f.data[0] != 4 || m.drops() != 4 {
		t.Fatal(f, err, m.drops())
	}
	for b := byte(5); b < 9; b++ { // f stays what it is while others come
		send(m, b)
	}
	if f.data[0] != 4 || m.drops() != 7 {
		t.Fatal(f, m.drops())
	}
	m.release(f)
	m.close(io.EOF)
	if f, err = m.take(ctx); err != nil || f.data[0] != 8 { // the last frame is not lost
		t.Fatal(f, err)
	}
	m.release(f)
	if _, err = m.take(ctx); err != io.EOF {
		t.Fatal(err)
	}
}

func TestMailboxWaits(t *testing.T) {
	m := newMailbox()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := m.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	go send(m, 7)
	if f, err := m.take(t.Context()); err != nil || f.data[0] != 7 {
		t.Fatal(f, err)
	}
}

// TestMailboxRace: what is taken is whole, in order, and with the drops makes up what was put.
func TestMailboxRace(t *testing.T) {
	const n = 20000
	m := newMailbox()
	go func() {
		for i := range n {
			f := m.empty()
			f.data = append(f.data[:0], byte(i), byte(i>>8), byte(i), byte(i>>8))
			m.put(f)
		}
		m.close(io.EOF)
	}()
	last, taken := -1, 0
	for {
		f, err := m.take(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		i := int(f.data[0]) | int(f.data[1])<<8
		if i <= last || f.data[2] != f.data[0] || f.data[3] != f.data[1] {
			t.Fatal(f.data, last)
		}
		last, taken = i, taken+1
		m.release(f)
	}
	if last != n-1 || taken+m.drops() != n {
		t.Errorf("last %d, taken %d, dropped %d", last, taken, m.drops())
	}
}
