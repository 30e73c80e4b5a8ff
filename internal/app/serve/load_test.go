package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// eventually waits for what other goroutines do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not so after 10 s", what)
		}
	}
}

// take takes all workers, as requests that run do, and returns what gives them back.
func take(t *testing.T, s *Server) (release func()) {
	t.Helper()
	var workers []*worker
	for range s.opts.Sessions {
		must(t, s.pool.enter())
		w, err := s.pool.get(context.Background(), s.models[0])
		must(t, err)
		workers = append(workers, w)
	}
	return sync.OnceFunc(func() {
		for _, w := range workers {
			s.pool.put(s.models[0], w)
			s.pool.leave()
		}
	})
}

// TestFull: with every session busy, as many requests wait as there are places; the next is refused at once, and the
// waiting ones are answered when a session is free.
func TestFull(t *testing.T) {
	s := newServer(t, Options{Sessions: 2, Queue: 3})
	frog := sampleNamed(t, "frog.png")
	release := take(t, s)
	defer release()
	codes := make(chan int, 3)
	for range 3 {
		go func() { codes <- do(s, "POST", "/api/classify", frog).Code }()
	}
	eventually(t, "three wait", func() bool { return s.pool.waiting() == 3 })
	if s.pool.busy() != 2 {
		t.Errorf("%d busy", s.pool.busy())
	}
	refused(t, do(s, "POST", "/api/classify", frog), 503, "queue is full")
	refused(t, do(s, "POST", inferPath, []byte("{}")), 503, "queue is full")
	if n := s.metrics.rejected.Load(); n != 2 {
		t.Errorf("%d counted as rejected", n)
	}
	if w := do(s, "GET", "/healthz", nil); w.Code != 200 {
		t.Errorf("health under load: %d", w.Code)
	}
	release()
	for range 3 {
		if code := <-codes; code != 200 {
			t.Errorf("a request that waited got status %d", code)
		}
	}
	if s.pool.busy() != 0 || len(s.pool.places) != 0 {
		t.Errorf("%d busy, %d places taken at the end", s.pool.busy(), len(s.pool.places))
	}
}

// TestTimeout: who waits too long for a session is told so; who goes away leaves his place.
func TestTimeout(t *testing.T) {
	s := newServer(t, Options{Timeout: time.Second})
	release := take(t, s)
	defer release()
	frog := sampleNamed(t, "frog.png")
	refused(t, do(s, "POST", "/api/classify", frog), 503, "longer than")

	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequestWithContext(ctx, "POST", "/api/classify", bytes.NewReader(frog))
	cancel()
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler { // without which net/http answers 200
				t.Errorf("the handler ended with %v", v)
			}
		}()
		s.Handler().ServeHTTP(w, r)
	}()
	if w.Body.Len() != 0 {
		t.Errorf("answer %q to nobody", w.Body)
	}
	e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
	must(t, err)
	if n := e.values[`gneiss_requests_total{route="/api/classify",code="499"}`]; n != 1 {
		t.Errorf("%v counted as gone", n)
	}
	if len(s.pool.places) != 1 { // that of take
		t.Errorf("%d places taken", len(s.pool.places))
	}
}

// listen serves on a free port of this machine; end asks for the end and returns what Serve did.
func listen(t *testing.T, s *Server) (url string, end func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	return listenOn(t, s, l)
}

func listenOn(t *testing.T, s *Server, l net.Listener) (url string, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- s.Serve(ctx, l) }()
	end = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-result:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("Serve does not end")
		}
	})
	t.Cleanup(func() { end() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return "http://127.0.0.1:" + port, end
}

// slowPost begins a request with a body of that length and sends the first byte; it is there when this returns.
func slowPost(t *testing.T, s *Server, url string, body []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	must(t, err)
	t.Cleanup(func() { c.Close() })
	before, _ := s.uploads.count()
	fmt.Fprintf(c, "POST /api/classify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body[:1])
	eventually(t, "the request is begun", func() bool { n, _ := s.uploads.count(); return n > before })
	return c
}

// TestShutdown: what has begun is finished, then the sessions end.
func TestShutdown(t *testing.T) {
	s := newServer(t, Options{})
	url, end := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	c := slowPost(t, s, url, frog)
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	eventually(t, "the server says that it is not ready",
		func() bool { return do(s, "GET", "/v2/health/ready", nil).Code == 503 })
	refused(t, do(s, "GET", "/healthz", nil), 503, "shutting down")
	if w := do(s, "GET", "/v2/health/live", nil); w.Code != 200 {
		t.Errorf("live: status %d", w.Code)
	}
	select {
	case err := <-ended:
		t.Fatalf("Serve ended with a request in progress: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	_, err := c.Write(frog[1:])
	must(t, err)
	answer, err := io.ReadAll(c)
	must(t, err)
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 ")) || !bytes.Contains(answer, []byte(`"frog"`)) {
		t.Errorf("the request in progress got %q", answer)
	}
	must(t, <-ended)
	refused(t, do(s, "POST", "/api/classify", frog), 503, "shutting down")
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		conn.Close()
		t.Error("the port is still open")
	}
}

// TestShutdownGivesUp: a request that does not end does not keep the server.
func TestShutdownGivesUp(t *testing.T) {
	s := newServer(t, Options{Drain: 50 * time.Millisecond})
	url, end := listen(t, s)
	slowPost(t, s, url, sampleNamed(t, "frog.png"))
	if err := end(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve returns %v", err)
	}
}

// TestSlowBody: a client that is slow with its body takes no place for sessions, and is not waited for for ever.
func TestSlowBody(t *testing.T) {
	s := newServer(t, Options{Timeout: time.Second})
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	c := slowPost(t, s, url, frog)
	if w := do(s, "POST", "/api/classify", frog); w.Code != 200 {
		t.Errorf("another client gets status %d meanwhile", w.Code)
	}
	must(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer, err := io.ReadAll(c)
	must(t, err)
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) {
		t.Errorf("answer %q", answer)
	}
	eventually(t, "the place is free", func() bool { n, bytes := s.uploads.count(); return n == 0 && bytes == 0 })
}

// TestListenerFails: Serve ends with the listener.
func TestListenerFails(t *testing.T) {
	s := newServer(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l.Close()
	if err := s.Serve(context.Background(), l); err == nil {
		t.Error("no error")
	}
}

// TestNoGrowth: after many requests of many clients, some of them refused, there are as many goroutines as before and
// about as much memory.
func TestNoGrowth(t *testing.T) {
	s := newServer(t, Options{Sessions: 2, Queue: 2})
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	burst := func() (ok, full int) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		codes := make(chan int, 200)
		var clients sync.WaitGroup
		for range 10 {
			clients.Go(func() {
				for range 20 {
					res, err := client.Post(url+"/api/classify?steps=1", "image/png", bytes.NewReader(frog))
					if err != nil {
						t.Error(err)
						return
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
					codes <- res.StatusCode
				}
			})
		}
		clients.Wait()
		close(codes)
		for code := range codes {
			switch code {
			case 200:
				ok++
			case 503:
				full++
			default:
				t.Errorf("status %d", code)
			}
		}
		return ok, full
	}
	heap := func() uint64 {
		goruntime.GC()
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	burst()
	quiet := goruntime.NumGoroutine()
	before := heap()
	for range 3 {
		ok, full := burst()
		t.Logf("%d answered, %d refused", ok, full)
		if ok == 0 || ok+full != 200 {
			t.Errorf("%d + %d of 200", ok, full)
		}
	}
	eventually(t, "the goroutines are gone", func() bool { return goruntime.NumGoroutine() <= quiet })
	if after := heap(); after > before+4<<20 {
		t.Errorf("heap of %d bytes, then %d", before, after)
	}
}
