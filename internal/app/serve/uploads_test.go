package serve

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// statusOf reads an answer over a connection.
func statusOf(t *testing.T, c net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)
	return res.StatusCode
}

// TestTrickle: who sends less than the least rate is told so soon after patience ends, long before the request's time.
func TestTrickle(t *testing.T) {
	s := newServer(t, Options{})
	url, _ := listen(t, s)
	start := time.Now()
	c := dial(t, url)
	fmt.Fprint(c, postHead(1_000_000))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				c.Write([]byte{0})
			}
		}
	}()
	if code := statusOf(t, c); code != 408 {
		t.Errorf("status %d", code)
	}
	if took := time.Since(start); took < patience || took > s.opts.Timeout/2 {
		t.Errorf("told after %v", took)
	}
}

// TestSlowSendersKeepNobody: more slow senders than there are places for sessions leave all of these to others, and
// when they have all places for bodies they make way.
func TestSlowSendersKeepNobody(t *testing.T) {
	s := newServer(t, Options{Uploads: 8})
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	var slow []net.Conn
	for range 8 {
		slow = append(slow, slowPost(t, s, url, frog))
	}
	time.Sleep(hush + 50*time.Millisecond)
	for range 3 {
		var got seen
		decode(t, do(s, "POST", "/api/classify", frog), 200, &got)
	}
	made := 0
	for _, c := range slow {
		if statusOf(t, c) == 408 {
			made++
		}
	}
	if n, bytes := s.uploads.count(); made != 8 || n != 0 || bytes != 0 {
		t.Errorf("%d were told; %d are left, with %d bytes", made, n, bytes)
	}
}

// TestUploadBytes: bodies have a bounded memory together, and one that does not come on makes way.
func TestUploadBytes(t *testing.T) {
	s := newServer(t, Options{MaxBody: 1 << 20, UploadBytes: 1 << 20})
	url, _ := listen(t, s)
	big := dial(t, url)
	fmt.Fprint(big, postHead(1<<20))
	_, err := big.Write(make([]byte, 1<<20-1))
	must(t, err)
	eventually(t, "most of it is there", func() bool { _, n := s.uploads.count(); return n == 1<<20 })
	frog := sampleNamed(t, "frog.png")
	time.Sleep(hush + 50*time.Millisecond)
	var got seen
	decode(t, do(s, "POST", "/api/classify", frog), 200, &got)
	if code := statusOf(t, big); code != 408 {
		t.Errorf("the one that did not come on gets status %d", code)
	}

	up, err := s.uploads.begin(httpNobody{}, mustRequest(t))
	must(t, err)
	must(t, up.grow(1<<20))
	refused(t, do(s, "POST", "/api/classify", frog), 503, "being received") // it came just now
	up.drop()
	decode(t, do(s, "POST", "/api/classify", frog), 200, &got)
	if n, bytes := s.uploads.count(); n != 0 || bytes != 0 {
		t.Errorf("%d are left, with %d bytes", n, bytes)
	}
}

// httpNobody is a writer without a connection.
type httpNobody struct{ http.ResponseWriter }

func mustRequest(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", "http://localhost/", nil)
	must(t, err)
	return r
}

// TestChunks: a body without a length is read to its end, and counted.
func TestChunks(t *testing.T) {
	s := newServer(t, Options{MaxBody: 1 << 20})
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	for _, c := range []struct {
		body []byte
		want int
	}{{frog, 200}, {make([]byte, 1<<20+1), 413}, {nil, 400}} {
		res, err := http.Post(url+"/api/classify", "image/png", struct{ io.Reader }{bytes.NewReader(c.body)})
		must(t, err)
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%d bytes in chunks: status %d, want %d", len(c.body), res.StatusCode, c.want)
		}
	}
}

// TestAnnounced: a length that is announced takes no memory.
func TestAnnounced(t *testing.T) {
	s := newServer(t, Options{MaxBody: 1 << 30, UploadBytes: 1 << 20})
	url, _ := listen(t, s)
	for range 8 {
		c := dial(t, url)
		fmt.Fprintf(c, "%s%s", postHead(1<<30), "x")
	}
	eventually(t, "all have begun", func() bool { n, _ := s.uploads.count(); return n == 8 })
	if _, n := s.uploads.count(); n > 8*2*int64(piece) {
		t.Errorf("%d bytes for 8", n)
	}
}

// TestUnreadBody: a body that nobody wants does not hold up the answer for long.
func TestUnreadBody(t *testing.T) {
	s := newServer(t, Options{})
	url, _ := listen(t, s)
	for _, head := range []string{"GET /healthz", "POST /none", "POST /api/classify?top=x",
		"POST /v2/models/other/infer"} {
		c := dial(t, url)
		start := time.Now()
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx", head)
		statusOf(t, c)
		if took := time.Since(start); took > s.opts.Timeout/2 {
			t.Errorf("%s: answered after %v", head, took)
		}
	}
}

// TestHalfClose: a client that ends its sending, with all of its request or half of it, is answered or cut off, and
// never told that all is well with nothing to show. While the server has nothing else to do, it is answered.
func TestHalfClose(t *testing.T) {
	s := newServer(t, Options{})
	url, _ := listen(t, s)
	frog := sampleNamed(t, "frog.png")
	for range 30 {
		for _, part := range []int{len(frog), len(frog) / 2} {
			c := dial(t, url)
			fmt.Fprintf(c, "%s%s", postHead(len(frog)), frog[:part])
			must(t, c.(*net.TCPConn).CloseWrite())
			status, body := replied(c)
			if part == len(frog) && (status != 200 || !strings.Contains(string(body), `"frog"`)) ||
				part < len(frog) && (status != 400 || !strings.Contains(string(body), "too early")) {
				t.Fatalf("%d of %d bytes: status %d, %q", part, len(frog), status, body)
			}
			c.Close()
		}
	}
	release := take(t, s)
	defer release()
	c := dial(t, url)
	fmt.Fprintf(c, "%s%s", postHead(len(frog)), frog)
	must(t, c.(*net.TCPConn).CloseWrite())
	if text, err := io.ReadAll(c); len(text) > 0 {
		t.Errorf("who would have had to wait gets %q, %v", text, err)
	}
	eventually(t, "its place is free", func() bool { return s.pool.waiting() == 0 })
}

// TestDeaf: a client that takes no answers does not keep its connection for long.
func TestDeaf(t *testing.T) {
	if testing.Short() {
		t.Skip("short: a client that takes no answers")
	}
	s := newServer(t, Options{})
	url, _ := listen(t, s)
	c := dial(t, url)
	go func() {
		for range 10_000 {
			if _, err := io.WriteString(c, "GET /app.js HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				return
			}
		}
	}()
	eventually(t, "it is there", func() bool { n, _ := s.conns.count(); return n == 1 })
	start := time.Now()
	eventually(t, "it is cut off", func() bool { n, _ := s.conns.count(); return n == 0 })
	t.Logf("after %v", time.Since(start))
	e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
	must(t, err)
	for series := range e.values {
		if strings.Contains(series, `code="500"`) {
			t.Errorf("counted as %s", series)
		}
	}
}
