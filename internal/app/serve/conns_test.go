package serve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// dial connects to a server; the connection is closed at the end of the test.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return c
}

// askHealth asks over a connection, which is kept, and returns the answer's status.
func askHealth(c net.Conn) (int, error) {
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// busy is how many connections have a request in progress.
func (cs *conns) busy() (n int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.all {
		if c.state == http.StateActive {
			n++
		}
	}
	return n
}

// isClosed waits for the server to close a connection.
func isClosed(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// TestIdleMakesWay: at the limit the connection that is idle the longest is closed for the next; one that has said
// nothing for a while goes before it.
func TestIdleMakesWay(t *testing.T) {
	s := newServer(t, Options{Connections: 3})
	url, _ := listen(t, s)
	ask := func(c net.Conn) {
		t.Helper()
		if code, err := askHealth(c); code != 200 {
			t.Fatalf("status %d, %v", code, err)
		}
		eventually(t, "it is idle", func() bool { return s.conns.busy() == 0 }) // the answer comes first
	}
	first, second, silent := dial(t, url), dial(t, url), dial(t, url)
	ask(first)
	ask(second)
	ask(first)                        // second is idle the longest
	time.Sleep(silence + time.Second) // a busy machine may have been late to accept it
	ask(dial(t, url))
	if !isClosed(silent) {
		t.Error("the silent connection is still open")
	}
	ask(dial(t, url))
	if !isClosed(second) {
		t.Error("the connection that is idle the longest is still open")
	}
	ask(first)
	if now, evicted := s.conns.count(); now > 3 || evicted != 2 {
		t.Errorf("%d connections, %d evicted", now, evicted)
	}
	e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
	must(t, err)
	const evictions = "gneiss_connections_evicted_total"
	if n := e.values[evictions]; n != 2 || e.types[evictions] != "counter" {
		t.Errorf("%v counted", n)
	}
}

// TestConnectionsInUse: connections with a request in progress are not closed; the next waits until one ends.
func TestConnectionsInUse(t *testing.T) {
	s := newServer(t, Options{Connections: 2, Uploads: 2})
	release := take(t, s)
	defer release()
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	inUse := []net.Conn{dial(t, url), dial(t, url)}
	for i, c := range inUse {
		fmt.Fprintf(c, "POST /api/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(frog), frog)
		eventually(t, "it waits for a session", func() bool { return s.pool.waiting() == i+1 })
	}
	third := dial(t, url)
	asked := make(chan int, 1)
	go func() { code, _ := askHealth(third); asked <- code }()
	select {
	case code := <-asked:
		t.Fatalf("a third connection is served: %d", code)
	case <-time.After(100 * time.Millisecond):
	}
	release()
	if code := <-asked; code != 200 {
		t.Errorf("the third gets status %d", code)
	}
	answered := 0
	for _, c := range inUse {
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode == 200 {
			answered++
		}
	}
	if answered != 2 {
		t.Errorf("%d of the requests in progress were answered", answered)
	}
}

// TestEndClosesIdle: connections that wait for their clients do not hold up the end.
func TestEndClosesIdle(t *testing.T) {
	s := newServer(t, Options{})
	url, end := listen(t, s)
	c := dial(t, url)
	if _, err := askHealth(c); err != nil {
		t.Fatal(err)
	}
	silent, half := dial(t, url), dial(t, url)
	fmt.Fprint(half, "GET /healthz HTTP/1.1\r\nHo")
	eventually(t, "all are accepted", func() bool { n, _ := s.conns.count(); return n == 3 })
	start := time.Now()
	must(t, end())
	if took := time.Since(start); took > s.opts.Drain/2 {
		t.Errorf("the end took %v", took)
	}
	for _, c := range []net.Conn{c, silent, half} {
		if !isClosed(c) {
			t.Error("a connection is still open")
		}
	}
}

// TestAdmin: health and metrics are on a listener of their own, and nothing else.
func TestAdmin(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := newServer(t, Options{Admin: l})
	_, end := listen(t, s)
	url := "http://" + l.Addr().String()
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/v2/health/live": 200,
		"/v2/health/ready": 200,
		"/":                404, "/api/model": 404, "/api/classify": 404, "/v2": 404} {
		res, err := http.Get(url + path)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, want)
		}
	}
	r, err := http.NewRequest("GET", url+"/metrics", nil)
	must(t, err)
	r.Host = "evil.example"
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != 403 {
		t.Errorf("a stranger's name gets status %d", res.StatusCode)
	}
	must(t, end())
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is still open")
	}
}
