package main

import (
	"io"
	"testing"
)

func send(m *mailbox, b byte) {
	f := m.empty()
	f.data = append(f.data[:0], b)
	m.put(f)
}

func TestMailbox(t *testing.T) {
	m := newMailbox()
	for b := range byte(5) {
		send(m, b)
	}
	f, err := m.take()
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
	if f, err = m.take(); err != nil || f.data[0] != 8 { // the last frame is not lost
		t.Fatal(f, err)
	}
	m.release(f)
	if _, err = m.take(); err != io.EOF {
		t.Fatal(err)
	}
}

func TestMailboxNews(t *testing.T) {
	m := newMailbox()
	if f, err := m.take(); f != nil || err != nil {
		t.Fatal(f, err)
	}
	go send(m, 7)
	<-m.news
	if f, err := m.take(); err != nil || f.data[0] != 7 {
		t.Fatal(f, err)
	}
	go m.close(io.EOF)
	<-m.news
	if _, err := m.take(); err != io.EOF {
		t.Fatal(err)
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
		f, err := m.take()
		if err == io.EOF {
			break
		}
		if f == nil {
			<-m.news
			continue
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
