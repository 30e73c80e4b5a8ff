package serve

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
)

func TestHosts(t *testing.T) {
	h, err := newHosts([]string{"Box.Example", "fd00::7", "10.1.2.3"})
	must(t, err)
	for header, want := range map[string]bool{
		"": true, "localhost": true, "localhost:8080": true, "LocalHost:1": true, "localhost.": true,
		"localhost.:8080": true, "localhost:": true,
		"127.0.0.1": true, "127.0.0.1:8080": true, "127.255.0.9": true, "[::1]": true,
		"[::1]:8080": true, "[0:0:0:0:0:0:0:1]:80": true,
		"[::ffff:127.0.0.1]:80": true, "box.example": true, "BOX.example.:80": true,
		"[fd00::7]:80": true, "[FD00:0::7]": true, "10.1.2.3:8080": true,

		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "evil.localhost": false,
		"127.0.0.1.evil.example": false,
		"128.0.0.1":              false, "0.0.0.0": false, "[::]": false, "[::2]:80": false, "::1": false, "[::1": false,
		"[::1]x":      false,
		"[::1%25lo]":  false,
		"[127.0.0.1]": false, "[localhost]": false, "localhost:x": false, "localhost:80:90": false,
		"localhost@evil.example": false,
		"localhost/":             false,
		"sub.box.example":        false, "10.1.2.4": false, ".": false, ":80": false, "localhost..": false,
		"2130706433": false, "127.1": false,
	} {
		if got := h.allow(header); got != want {
			t.Errorf("%q is allowed: %v", header, got)
		}
	}
	for _, bad := range []string{"", "box:80", "[::1]:80", "http://box", "a b", "[", "[box]", "."} {
		if err := CheckHosts([]string{bad}); err == nil {
			t.Errorf("%q is taken for a name", bad)
		}
	}
	must(t, CheckHosts([]string{"[::1]", "::1", "box"}))
}

// TestHostIsLookedAt: on a listener of this machine strangers' names are refused on every path, whatever the request
// says of its origin; on others only if there are names to compare with.
func TestHostIsLookedAt(t *testing.T) {
	frog := sampleNamed(t, "frog.png")
	ask := func(url, method, path, host string) int {
		t.Helper()
		c := dial(t, url)
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nSec-Fetch-Site: same-origin\r\n", method, path,
			host, host)
		fmt.Fprintf(c, "Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(frog), frog)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		must(t, err)
		return res.StatusCode
	}
	paths := map[string]string{"/": "GET", "/api/classify": "POST", "/api/model": "GET", "/metrics": "GET",
		"/healthz": "GET", "/v2": "GET", "/none": "GET"}
	s := newServer(t, Options{Hosts: []string{"box.example"}})
	url, _ := listen(t, s)
	for path, method := range paths {
		for _, host := range []string{"evil.example", "evil.example:8080"} {
			if code := ask(url, method, path, host); code != 403 {
				t.Errorf("%s of %s gets status %d", path, host, code)
			}
		}
	}
	if code := ask(url, "GET", "http://evil.example/metrics", "localhost"); code != 403 {
		t.Errorf("a stranger's name in the request line gets status %d", code)
	}
	for _, host := range []string{"localhost", "127.0.0.1:8080", "box.example"} {
		if code := ask(url, "POST", "/api/classify", host); code != 200 {
			t.Errorf("%s gets status %d", host, code)
		}
	}

	for _, c := range []struct {
		hosts []string
		want  int
	}{{nil, 200}, {[]string{"box.example"}, 403}} {
		s := newServer(t, Options{Hosts: c.hosts})
		l, err := net.Listen("tcp", ":0") // all addresses
		must(t, err)
		url, _ := listenOn(t, s, l)
		if code := ask(url, "GET", "/v2", "evil.example"); code != c.want {
			t.Errorf("on all addresses, with --host %q: status %d, want %d", c.hosts, code, c.want)
		}
	}
}
