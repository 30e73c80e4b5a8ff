package serve

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// A new connection that has said nothing for silence is the first to make way. Where there is no other, young is
// enough: its client has had the time to begin.
const (
	silence = time.Second
	young   = 100 * time.Millisecond
)

// conns are the connections of a listener. When there are as many as there may be, the next is let in and one that
// waits for its client is closed: a new one that has said nothing, or else the one that is idle the longest. Only
// when a request is in progress on every one of them does the next wait.
type conns struct {
	most int

	mu      sync.Mutex
	changed *sync.Cond // one is closed, or waits for its client
	all     map[*conn]struct{}
	evicted int64
	ended   bool
}

func newConns(most int) *conns {
	c := &conns{most: most, all: map[*conn]struct{}{}}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// conn is one connection. Its fields are guarded by the mutex of conns.
type conn struct {
	net.Conn
	of    *conns
	state http.ConnState
	since time.Time // the state began
}

// Close takes the connection off the list.
func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.all, c)
	c.of.changed.Broadcast()
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite is what net/http calls so that an answer arrives although the rest of the request is not read.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// note is the hook of [http.Server.ConnState].
func (cs *conns) note(nc net.Conn, state http.ConnState) {
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.state, c.since = state, time.Now()
	cs.changed.Broadcast()
}

// add lets a connection in, once there is room. It returns nil if the listener is closed meanwhile.
func (cs *conns) add(nc net.Conn) *conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for len(cs.all) >= cs.most && !cs.ended {
		if victim := cs.idlest(time.Now()); victim != nil {
			cs.evict(victim)
			continue
		}
		later := time.AfterFunc(young, cs.changed.Broadcast)
		cs.changed.Wait()
		later.Stop()
	}
	if cs.ended {
		return nil
	}
	c := &conn{Conn: nc, of: cs, state: http.StateNew, since: time.Now()}
	cs.all[c] = struct{}{}
	return c
}

func (cs *conns) evict(c *conn) {
	delete(cs.all, c)
	c.Conn.Close()
	cs.evicted++
}

// idlest is the connection to close first, or nil if all are in use or about to be.
func (cs *conns) idlest(now time.Time) *conn {
	var silent, idle *conn
	for c := range cs.all {
		switch {
		case c.state == http.StateNew && (silent == nil || c.since.Before(silent.since)):
			silent = c
		case c.state == http.StateIdle && (idle == nil || c.since.Before(idle.since)):
			idle = c
		}
	}
	if silent == nil {
		return idle
	}
	if age := now.Sub(silent.since); age > silence || idle == nil && age > young {
		return silent
	}
	return idle
}

// end closes what waits for its client; no more are let in.
func (cs *conns) end() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.ended = true
	for c := range cs.all {
		if c.state != http.StateActive {
			delete(cs.all, c)
			c.Conn.Close()
		}
	}
	cs.changed.Broadcast()
}

// count is how many connections there are, and how many had to make way.
func (cs *conns) count() (now int, evicted int64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.all), cs.evicted
}

// listen has l accept into the list.
func (cs *conns) listen(l net.Listener) net.Listener { return &listener{l, cs} }

type listener struct {
	net.Listener
	conns *conns
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if c := l.conns.add(nc); c != nil {
		return c, nil
	}
	nc.Close()
	return nil, net.ErrClosed
}

func (l *listener) Close() error {
	l.conns.end()
	return l.Listener.Close()
}
