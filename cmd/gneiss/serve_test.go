package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// logLine is a line of gneiss serve --json.
type logLine struct {
	Level, Msg, URL, Addr, Model, Path, Error string
	Status                                    int
}

// served is gneiss serve in this process, and its log.
type served struct {
	t      *testing.T
	lines  chan logLine
	exit   chan int
	stderr bytes.Buffer
}

func startServe(t *testing.T, args ...string) *served {
	s := &served{t: t, lines: make(chan logLine, 16), exit: make(chan int, 1)}
	ours, theirs := io.Pipe()
	go func() {
		s.exit <- run(append([]string{"serve", "--json"}, args...), strings.NewReader(""), theirs, &s.stderr)
		theirs.Close()
	}()
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(ours); in.Scan(); {
			var l logLine
			if err := json.Unmarshal(in.Bytes(), &l); err != nil {
				l.Msg = fmt.Sprintf("not JSON: %s", in.Text())
			}
			s.lines <- l
		}
	}()
	return s
}

// next is the next line of the log, which has to be msg.
func (s *served) next(msg string) logLine {
	s.t.Helper()
	select {
	case l, ok := <-s.lines:
		if !ok || l.Msg != msg {
			s.t.Fatalf("%+v, want %s; stderr %q", l, msg, s.stderr.String())
		}
		return l
	case <-time.After(20 * time.Second):
		s.t.Fatalf("no line %s", msg)
		panic("not reached")
	}
}

// post asks for a picture to be classified.
func post(t *testing.T, url string, body []byte) (status int, answer string) {
	t.Helper()
	res, err := http.Post(url+"api/classify", "image/png", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// TestServe: the command serves the built-in network, logs in JSON and ends well by either signal.
func TestServe(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("NOT TESTED: gneiss serve; Windows cannot signal this process")
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := startServe(t, "--addr", "127.0.0.1:0", "--sessions", "2", "--threads", "2")
		up := s.next("listening")
		if up.Model != "cifar-10-googlenet,scenes" || up.URL != "http://"+up.Addr+"/" {
			t.Errorf("%+v", up)
		}
		for _, p := range samples.All() {
			if status, answer := post(t, up.URL, p.Data); status != 200 || !strings.Contains(answer, `"top":[{`) {
				t.Errorf("%s: %d %s", p.Name, status, answer)
			}
			if l := s.next("request"); l.Status != 200 || l.Path != "/api/classify" || l.Level != "INFO" {
				t.Errorf("%+v", l)
			}
		}
		if status, _ := post(t, up.URL, []byte("x")); status != 400 {
			t.Errorf("status %d", status)
		}
		if l := s.next("request"); l.Status != 400 || l.Level != "WARN" || l.Error == "" {
			t.Errorf("%+v", l)
		}
		http.DefaultClient.CloseIdleConnections()
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if err := self.Signal(sig); err != nil {
			t.Fatal(err)
		}
		s.next("ended")
		if code := <-s.exit; code != exitOK || s.stderr.Len() > 0 {
			t.Errorf("%v: exit %d, stderr %q", sig, code, s.stderr.String())
		}
	}
}

func TestServeErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"--sessions", "0"}, exitUsage, "--sessions 0"},
		{[]string{"--queue", "-1"}, exitUsage, "--queue -1"},
		{[]string{"--connections", "0"}, exitUsage, "--connections 0"},
		{[]string{"--max-mib", "0"}, exitUsage, "--max-mib 0"},
		{[]string{"--max-pixels", "0"}, exitUsage, "--max-pixels 0"},
		{[]string{"--host", "box.example:80"}, exitUsage, "--host"},
		{[]string{"--admin-addr", "nonsense", "--addr", "127.0.0.1:0"}, exitFailure, "--admin-addr nonsense"},
		{[]string{"--timeout", "0s"}, exitUsage, "--timeout 0s"},
		{[]string{"--threads", "-1"}, exitUsage, "--threads -1"},
		{[]string{"photo.jpg"}, exitUsage, "unexpected argument"},
		{[]string{"--addr", "nonsense"}, exitFailure, "--addr nonsense"},
		{[]string{"--addr", l.Addr().String()}, exitFailure, "in use"},
		{[]string{"--model", "missing.onnx"}, exitFailure, "missing.onnx"},
	} {
		code, out, stderr := try(strings.NewReader(""), append([]string{"serve"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(stderr, c.words) {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", c.args, code, out, stderr)
		}
	}
}

func TestReachable(t *testing.T) {
	for a, want := range map[string]string{"[::]:80": "localhost:80", "0.0.0.0:1": "localhost:1",
		"127.0.0.1:8080": "127.0.0.1:8080", "[::1]:5": "[::1]:5"} {
		addr, err := net.ResolveTCPAddr("tcp", a)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(addr); got != want {
			t.Errorf("%s is reached at %s, want %s", a, got, want)
		}
	}
}

// TestServeWithoutReader: a log that is closed, as by | head -1, or that nobody reads stops neither answers nor the
// end.
func TestServeWithoutReader(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("NOT TESTED: gneiss serve without a reader of its log; Windows has no SIGTERM")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("NOT TESTED: gneiss serve without a reader of its log; there is no go command here")
	}
	bin := filepath.Join(t.TempDir(), "gneiss")
	if out, err := gotool.Command("build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	frog := samples.All()[0].Data
	for _, closed := range []bool{true, false} {
		cmd := exec.Command(bin, "serve", "--json", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0")
		log, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill() })
		line, err := bufio.NewReaderSize(log, 16).ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var up struct{ URL, Admin string }
		if err := json.Unmarshal(line, &up); err != nil {
			t.Fatal(err)
		}
		if closed {
			log.Close()
		}
		client := &http.Client{Timeout: 20 * time.Second}
		ask := func(method, path string, body []byte, want int) {
			t.Helper()
			r, err := http.NewRequest(method, up.URL+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := client.Do(r)
			if err != nil {
				t.Fatalf("with the log closed (%v): %v", closed, err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != want {
				t.Fatalf("%s: status %d", path, res.StatusCode)
			}
		}
		for range 300 { // more than a pipe takes
			ask("GET", strings.Repeat("x", 1000), nil, 404)
		}
		for range 3 {
			ask("POST", "api/classify", frog, 200)
		}
		res, err := client.Get("http://" + up.Admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(text), "\ngneiss_log_dropped_total ") {
			t.Errorf("metrics %.100q, %v", text, err)
		}
		if lost := !strings.Contains(string(text), "\ngneiss_log_dropped_total 0\n"); lost != closed {
			t.Errorf("lines are lost: %v; the log is closed: %v", lost, closed)
		}
		client.CloseIdleConnections()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("it ended with %v, stderr %q", err, stderr.String())
		}
	}
}

// TestServeModels: several models are served, each by its name; flags that are for one are refused.
func TestServeModels(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("NOT TESTED: gneiss serve; Windows cannot signal this process")
	}
	faces, net := zooFile(t, "yunet_n_320"), filepath.Join(t.TempDir(), "things.gneiss")
	must(t, "compile", "-o", net)
	s := startServe(t, "--addr", "127.0.0.1:0", "--model", faces, "--model", net)
	up := s.next("listening")
	if up.Model != "yunet_n_320,cifar-10-googlenet" {
		t.Errorf("models %q", up.Model)
	}
	photo, err := os.ReadFile(photograph("faces.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(up.URL+"api/detect", "image/jpeg", bytes.NewReader(photo))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || bytes.Count(body, []byte(`"label":"face"`)) < 5 {
		t.Errorf("%d, %s", res.StatusCode, body)
	}
	if code, text := post(t, up.URL, samples.All()[0].Data); code != 200 || !strings.Contains(text, "cifar-10-googlenet") {
		t.Errorf("%d, %s", code, text)
	}
	for range 2 {
		s.next("request")
	}
	http.DefaultClient.CloseIdleConnections()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.next("ended")
	<-s.exit
	for _, args := range []string{"--labels coco", "--head yolov8", "--mean 3"} {
		words := append([]string{"serve", "-m", faces, "-m", net}, strings.Fields(args)...)
		code, _, stderr := try(strings.NewReader(""), words...)
		if code != exitUsage || !strings.Contains(stderr, "is for one model") {
			t.Errorf("%s: exit %d, %q", args, code, stderr)
		}
	}
}
